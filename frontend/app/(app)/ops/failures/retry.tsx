'use client';

import { useEffect, useRef, useState } from 'react';
import { Button, ButtonLink, inputClass } from '@/components/controls';
import { Dialog } from '@/components/dialog';
import { FormFault, SelectField } from '@/components/field';
import { Skeleton } from '@/components/panel';
import { useAnnounce, useToast } from '@/components/toast';
import { api, type RetryAnswer, type RetryFilterRequest, type RunBody } from '@/lib/api';
import { formatCount, formatDuration } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi, useChange } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { ProgressBar, ProgressWords } from '../_parts/marks';
import { useOps } from '../_parts/words';
import { isOpen } from '../runs/run';
import { RunState } from '../runs/words';
import { restOf, secondsFor, typedAbove, type Totals } from './cause';
import { useText } from './words';

/** Which failures a retry is about. */
export type Which = RetryFilterRequest;

interface Counted {
  answer: RetryAnswer;
  totals: Totals;
}

interface Props {
  which: Which;
  /** Counts all that match, also what cannot be retried. */
  count: () => Promise<Totals>;
  onOrdered: (run: RunBody) => void;
  onClose: () => void;
}

/** Counts first, by a dry run whose snapshot the order then is about; asks with the numbers; orders. */
export function RetryDialog({ open, ...props }: Props & { open: boolean }) {
  const t = useText();
  return (
    <Dialog open={open} onClose={props.onClose} title={t.retry.title}>
      <Steps {...props} />
    </Dialog>
  );
}

function Steps({ which, count, onOrdered, onClose }: Props) {
  const t = useText();
  const toast = useToast();
  const counting = useChange(async (): Promise<Counted> => {
    const answer = await api.postFailuresRetry({ dry_run: true, filter: which });
    return { answer, totals: await count() };
  });
  const [counted, setCounted] = useState<Counted | null>(null);
  const order = useChange(({ snapshot, pace }: { snapshot: number; pace: number }) => api.postFailuresRetry({ snapshot, per_second: pace > 0 ? pace : undefined }), {
    invalidates: [['tasks'], ['failures']],
    onDone: (answer) => {
      if (!answer.run) return;
      toast(t.retry.ordered(answer.run.id));
      onOrdered(answer.run);
      onClose();
    },
  });
  const recount = async () => {
    setCounted(null);
    setCounted((await counting.run(undefined)) ?? null);
  };
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    void recount();
  });
  if (counting.fault) {
    return (
      <div className="space-y-3">
        <FormFault fault={counting.fault} />
        <Button onClick={() => void recount()}>{t.retry.recount}</Button>
      </div>
    );
  }
  if (!counted) return <Skeleton rows={3} />;
  return <Ask counted={counted} busy={order.busy} fault={order.fault} onRecount={() => void recount()} onOrder={(pace) => void order.run({ snapshot: counted.answer.snapshot, pace })} onClose={onClose} />;
}

interface AskProps {
  counted: Counted;
  busy: boolean;
  fault: Parameters<typeof FormFault>[0]['fault'];
  onRecount: () => void;
  onOrder: (pace: number) => void;
  onClose: () => void;
}

function Ask({ counted: { answer, totals }, busy, fault, onRecount, onOrder, onClose }: AskProps) {
  const t = useText();
  const ops = useOps();
  const common = useCommon();
  const locale = useLocale();
  const [pace, setPace] = useState('5');
  const [typed, setTyped] = useState('');
  const n = (value: number) => formatCount(value);
  const matching = Math.max(totals.count, answer.count);
  const rest = restOf(totals, answer.count);
  const needsTyping = answer.count > typedAbove;
  const ready = answer.count > 0 && (!needsTyping || typed.trim().replaceAll(',', '') === String(answer.count));
  return (
    <form
      className="space-y-4"
      onSubmit={(e) => {
        e.preventDefault();
        if (ready && !busy) onOrder(Number(pace));
      }}
    >
      <dl className="grid grid-cols-3 gap-3 rounded-control bg-sunken px-3 py-2.5">
        {(
          [
            [t.retry.match, matching],
            [t.retry.eligible, answer.count],
            [t.retry.rest, matching - answer.count],
          ] as const
        ).map(([label, value]) => (
          <div key={label}>
            <dt className="text-xs text-muted">{label}</dt>
            <dd className="tabular text-xl font-semibold">{n(value)}</dd>
          </div>
        ))}
      </dl>
      {rest.length > 0 ? (
        <ul className="list-disc space-y-0.5 pl-5 text-xs">
          {rest.map((r) => (
            <li key={r.reason}>{t.retry.reasons[r.reason](n(r.count))}</li>
          ))}
        </ul>
      ) : null}
      {answer.count === 0 ? (
        <p>{t.retry.nothing}</p>
      ) : (
        <>
          {answer.causes.length > 1 ? (
            <details className="text-xs">
              <summary className="link inline-block text-muted">
                {t.retry.causes} ({answer.causes.length === 20 ? t.retry.moreCauses : n(answer.causes.length)})
              </summary>
              <ul className="mt-1.5 space-y-0.5">
                {answer.causes.map((c) => (
                  <li key={c.fingerprint} className="flex justify-between gap-3">
                    <span>
                      {ops.kinds[c.kind] ?? c.kind} <span className="text-muted">{c.fingerprint}</span>
                    </span>
                    <span className="tabular">{n(c.count)}</span>
                  </li>
                ))}
              </ul>
            </details>
          ) : null}
          <SelectField
            label={t.retry.pace}
            name="per_second"
            fault={fault}
            value={pace}
            hint={pace === '' ? t.retry.paceFast : t.retry.paceHint(formatDuration(secondsFor(answer.count, Number(pace)), locale))}
            onChange={(e) => setPace(e.target.value)}
            options={['', '1', '5', '20', '100'].map((value) => ({ value, label: t.retry.paces[value] ?? value }))}
          />
          <p className="text-xs text-muted">{t.retry.snapshot(String(answer.snapshot))}</p>
          {needsTyping ? (
            <label className="block text-xs text-muted">
              <span className="mb-1 block">{t.retry.typed(String(answer.count))}</span>
              <input value={typed} inputMode="numeric" autoComplete="off" onChange={(e) => setTyped(e.target.value)} className={inputClass} />
            </label>
          ) : null}
        </>
      )}
      <FormFault fault={fault} fields={['per_second']} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button look="quiet" disabled={busy} onClick={onRecount}>
          {t.retry.recount}
        </Button>
        <Button onClick={onClose}>{common.cancel}</Button>
        {answer.count > 0 ? (
          <Button type="submit" look="primary" disabled={!ready || busy}>
            {t.retry.go(n(answer.count))}
          </Button>
        ) : null}
      </div>
    </form>
  );
}

/** How far the retry that was just ordered is. */
export function RetryProgress({ runId, onDismiss }: { runId: number; onDismiss: () => void }) {
  const t = useText();
  const announce = useAnnounce();
  const [ended, setEnded] = useState(false);
  const run = useApi(['tasks', runId], (init) => api.getTasksById(runId, init), { every: ended ? undefined : 2 });
  const done = run.data !== undefined && !isOpen(run.data);
  useEffect(() => {
    if (!done) return;
    setEnded(true);
    announce(t.retry.ended);
  }, [done, announce, t]);
  if (!run.data) return null;
  const r = run.data;
  return (
    <section aria-label={t.retry.progress} className="rounded-panel border border-ink/60 bg-surface px-4 py-3.5">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <span className="flex items-center gap-2 text-sm font-semibold">
          {done ? t.retry.ended : t.retry.progress} <RunState state={r.state} />
        </span>
        <span className="flex items-center gap-2">
          <ProgressWords done={r.done} failed={r.failed} total={r.total} ended={done} />
          <ButtonLink href={hrefs.run(r.id)}>{t.retry.openRun}</ButtonLink>
          {done ? (
            <Button look="quiet" onClick={onDismiss}>
              {t.retry.dismiss}
            </Button>
          ) : null}
        </span>
      </div>
      <ProgressBar done={r.done} failed={r.failed} total={r.total} label={t.retry.progress} />
      {r.error ? <p className="mt-2 text-xs text-warn">⚠ {r.error}</p> : null}
    </section>
  );
}
