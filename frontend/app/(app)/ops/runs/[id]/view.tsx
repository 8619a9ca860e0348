'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Button, ButtonLink } from '@/components/controls';
import { Confirm } from '@/components/dialog';
import { Field } from '@/components/field';
import { Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { EmptyNote, Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Time } from '@/components/time';
import { useAnnounce, useToast } from '@/components/toast';
import { api, faultOf, type RunBody } from '@/lib/api';
import { formatCount, formatDecimal, formatDuration, formatPoints } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi, useChange } from '@/lib/query';
import { idOf, withSegment } from '@/lib/route';
import { hrefs } from '@/lib/routes';
import { useStream } from '@/lib/stream';
import { useCommon } from '@/lib/words';
import { Facts, ProgressBar, ProgressWords, Raw } from '../../_parts/marks';
import { Person } from '../../_parts/people';
import { useOps } from '../../_parts/words';
import { isOpen, resultOf, runOf, tookOf, type Compared } from '../run';
import { Eta, Order, Pace, RunState, useText } from '../words';

export default withSegment(2, function RunView({ segment }) {
  const t = useText();
  const id = idOf(segment);
  if (id === null) {
    return (
      <Page title={t.title}>
        <EmptyNote empty={{ because: t.badId, next: { href: hrefs.runs(), label: t.back } }} />
      </Page>
    );
  }
  return <Run id={id} />;
});

/** The run, followed by its stream; while that is not open, looked at from time to time. */
function useRun(id: number) {
  const client = useQueryClient();
  const [polls, setPolls] = useState(true);
  const run = useApi(['tasks', id], (init) => api.getTasksById(id, init), { every: polls ? 5 : undefined });
  const open = run.data !== undefined && isOpen(run.data);
  const gone = faultOf(run.error).status === 404;
  const stream = useStream(
    `run ${id}`,
    (init) => api.getTasksByIdEvents(id, init),
    (message) => {
      if (message.event === 'end') return true;
      const next = runOf(message.data, id);
      if (next) client.setQueryData(['tasks', id], next);
      return false;
    },
    open,
  );
  const ended = run.data !== undefined && !open;
  useEffect(() => setPolls(!gone && !ended && stream !== 'open'), [gone, ended, stream]);
  const wasOpen = useRef(false);
  useEffect(() => {
    // Lists that show it as open are behind once it has ended.
    if (wasOpen.current && !open) void client.invalidateQueries({ queryKey: ['tasks', 'open'] });
    wasOpen.current = open;
  }, [open, client]);
  return { run, state: open ? stream : ('ended' as const) };
}

function Run({ id }: { id: number }) {
  const t = useText();
  const ops = useOps();
  const announce = useAnnounce();
  const [cancelling, setCancelling] = useState(false);
  const { run, state } = useRun(id);
  const kind = run.data ? (ops.runKinds[run.data.kind] ?? run.data.kind) : t.run;
  const was = useRef<RunBody['state'] | null>(null);
  const now = run.data?.state ?? null;
  useEffect(() => {
    if (now === null) return;
    const before = was.current;
    was.current = now;
    if ((before === 'running' || before === 'queued') && now !== 'running' && now !== 'queued') announce(t.ended(t.states[now]));
  }, [now, announce, t]);
  return (
    <Page
      title={t.pageTitle(kind, String(id))}
      actions={
        <div className="flex flex-wrap items-center gap-2">
          {run.data && isOpen(run.data) ? <span className="text-xs text-muted">{t.live[state]}</span> : null}
          <Updated query={run} />
          <ButtonLink href={hrefs.runs()}>{t.back}</ButtonLink>
          {run.data && isOpen(run.data) ? (
            <Button look="danger" onClick={() => setCancelling(true)}>
              {t.cancelDo}
            </Button>
          ) : null}
        </div>
      }
    >
      <Panel title={t.progress} query={run} rows={4}>
        {(r) => <Progress run={r} />}
      </Panel>
      {run.data ? (
        <>
          <Outcome run={run.data} />
          <Panel title={t.details} query={run}>
            {(r) => (
              <div className="space-y-3">
                <Order run={r} />
                <Raw value={r.params} />
              </div>
            )}
          </Panel>
        </>
      ) : null}
      <Cancel id={id} open={cancelling} onClose={() => setCancelling(false)} />
    </Page>
  );
}

function Progress({ run: r }: { run: RunBody }) {
  const t = useText();
  const ops = useOps();
  const locale = useLocale();
  const took = tookOf(r);
  const rows = [
    { label: t.orderedBy, value: <Person id={r.ordered_by} /> },
    { label: t.orderedAt, value: <Time at={r.created_at} clock="wall" as="exact" /> },
  ];
  if (r.started_at) rows.push({ label: t.startedAt, value: <Time at={r.started_at} clock="wall" as="exact" /> });
  if (r.finished_at) rows.push({ label: t.finishedAt, value: <Time at={r.finished_at} clock="wall" as="exact" /> });
  if (took !== null) rows.push({ label: t.took, value: <span className="tabular">{formatDuration(took, locale)}</span> });
  if (isOpen(r) || r.done + r.failed > 0) rows.push({ label: t.pace, value: <Pace run={r} /> });
  if (isOpen(r)) rows.push({ label: t.eta, value: <Eta run={r} /> });
  if (r.state === 'cancelled') {
    rows.push({ label: t.cancelledBy, value: <Person id={r.cancelled_by} /> });
    rows.push({ label: t.cancelledWhy, value: <Foreign>{r.reason}</Foreign> });
  }
  return (
    <div className="space-y-4">
      <div>
        <div className="mb-2 flex flex-wrap items-center justify-between gap-x-4">
          <RunState state={r.state} />
          <ProgressWords done={r.done} failed={r.failed} total={r.total} ended={!isOpen(r)} />
        </div>
        <ProgressBar done={r.done} failed={r.failed} total={r.total || (r.state === 'done' ? 1 : 0)} label={`${ops.runKinds[r.kind] ?? r.kind} #${r.id}`} />
      </div>
      <Facts items={rows} />
    </div>
  );
}

function Outcome({ run: r }: { run: RunBody }) {
  const t = useText();
  const ops = useOps();
  const result = resultOf(r);
  const names: Record<string, string> = r.kind === 'retry' ? t.retry : t.repredict;
  if (!result) {
    return isOpen(r) ? (
      <p className="text-xs text-muted">{t.resultPending}</p>
    ) : r.error ? (
      <Section title={t.error}>
        <p className="text-warn">
          <Foreign>{r.error}</Foreign>
        </p>
      </Section>
    ) : null;
  }
  return (
    <>
      <Section title={t.result}>
        {r.error ? (
          <p className="mb-3 text-warn">
            <span aria-hidden="true">⚠ </span>
            <Foreign>{r.error}</Foreign>
          </p>
        ) : null}
        {result.rung !== null ? <p>{t.crawlRung(result.rung)}</p> : null}
        {result.figures.length > 0 ? (
          <dl className="grid grid-cols-2 gap-x-6 gap-y-2 sm:grid-cols-4">
            {result.figures.map((f) => {
              const bad = f.value > 0 && (f.name === 'gave_up' || f.name === 'failed_again');
              return (
                <div key={f.name}>
                  <dt className="text-xs text-muted">{names[f.name] ?? f.name}</dt>
                  <dd className={`tabular text-lg font-semibold ${bad ? 'text-warn' : ''}`}>
                    {bad ? <span aria-hidden="true">⚠ </span> : null}
                    {formatCount(f.value)}
                  </dd>
                </div>
              );
            })}
          </dl>
        ) : null}
        <div className="mt-3 flex flex-wrap items-center gap-3">
          {result.figures.some((f) => f.value > 0 && (f.name === 'gave_up' || f.name === 'failed_again')) ? <ButtonLink href={hrefs.failures()}>{ops.more.failures}</ButtonLink> : null}
          <Raw value={r.result} />
        </div>
      </Section>
      {result.compared ? <Comparison rows={result.compared} /> : null}
    </>
  );
}

function Section({ title, note, children }: { title: string; note?: string; children: React.ReactNode }) {
  return (
    <section className="rounded-panel border border-line bg-surface px-4 pt-3.5 pb-4">
      <h2 className="text-sm font-semibold">{title}</h2>
      {note ? <p className="text-xs text-muted">{note}</p> : null}
      <div className="mt-2.5">{children}</div>
    </section>
  );
}

function Comparison({ rows }: { rows: Compared[] }) {
  const t = useText();
  const common = useCommon();
  const locale = useLocale();
  const paired = rows.filter((c) => c.pairs > 0);
  const scores = paired.flatMap((c) => (c.brier ? [c.brier.before, c.brier.after] : []));
  const axis: [number, number] = [Math.min(0.2, ...scores), Math.max(0.3, ...scores)];
  const n = (value: number) => formatCount(value);
  const columns: Column<Compared>[] = [
    { key: 'model', head: t.model, lead: true, cell: (c) => <Foreign>{c.model}</Foreign> },
    { key: 'horizon', head: t.horizon, cell: (c) => common.horizon(c.horizon) },
    { key: 'pairs', head: t.pairs, end: true, cell: (c) => <span className="tabular">{n(c.pairs)}</span> },
    { key: 'fresh', head: t.fresh, end: true, cell: (c) => <span className="tabular">{n(c.fresh)}</span> },
    { key: 'mean', head: t.meanChange, end: true, cell: (c) => <span className="tabular">{formatPoints(c.mean, locale)}</span> },
    { key: 'abs', head: t.meanAbs, end: true, cell: (c) => <span className="tabular">{formatPoints(c.meanAbs, locale).replace('+', '')}</span> },
    { key: 'turned', head: t.turned, end: true, cell: (c) => <span className="tabular">{n(c.turned)}</span> },
    {
      key: 'brier',
      head: t.brier,
      cell: (c) =>
        c.brier ? (
          <div className="min-w-44">
            <Shift
              before={c.brier.before}
              after={c.brier.after}
              axis={axis}
              label={t.brierSaid(c.model, common.horizon(c.horizon), formatDecimal(c.brier.before, 3), formatDecimal(c.brier.after, 3))}
            />
            <span className="tabular text-xs">{t.brierOf(formatDecimal(c.brier.before, 3), formatDecimal(c.brier.after, 3), n(c.brier.pairs))}</span>
          </div>
        ) : (
          <span className="text-xs text-muted">{t.brierNone}</span>
        ),
    },
  ];
  return (
    <Section title={t.compared} note={t.comparedNote}>
      {paired.length > 0 ? <DataTable caption={t.compared} columns={columns} rows={paired} rowKey={(c) => `${c.model} ${c.horizon}`} /> : <p className="text-muted">{t.comparedEmpty}</p>}
    </Section>
  );
}

/** Two values on one axis: hollow before, filled after. */
function Shift({ before, after, axis, label }: { before: number; after: number; axis: [number, number]; label: string }) {
  const width = 176;
  const place = (v: number) => 6 + ((v - axis[0]) / (axis[1] - axis[0])) * (width - 12);
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${width} 14`} className="block w-44 max-md:ml-auto">
      <title>{label}</title>
      <line x1="0" x2={width} y1="7" y2="7" className="stroke-line" />
      <line x1={place(before)} x2={place(after)} y1="7" y2="7" className="stroke-ink [stroke-width:1.5]" />
      <circle cx={place(before)} cy="7" r="4" className="fill-surface stroke-ink [stroke-width:1.5]" />
      <circle cx={place(after)} cy="7" r="4" className="fill-ink" />
    </svg>
  );
}

function Cancel({ id, open, onClose }: { id: number; open: boolean; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const cancel = useChange((why: string) => api.deleteTasksById(id, { reason: why }), {
    invalidates: [['tasks']],
    onDone: (run) => {
      client.setQueryData(['tasks', id], run);
      toast(t.cancelled(id));
      onClose();
    },
  });
  return (
    <Confirm
      open={open}
      title={t.cancelTitle(id)}
      action={t.cancelDo}
      dismiss={t.keep}
      danger
      busy={cancel.busy}
      fault={cancel.fault?.field === 'reason' ? null : cancel.fault}
      onConfirm={() => void cancel.run(reason.trim())}
      onClose={onClose}
    >
      <p className="mb-3">{t.cancelBody}</p>
      <Field label={t.reason} name="reason" hint={t.reasonHint} fault={cancel.fault} value={reason} maxLength={500} required autoComplete="off" onChange={(e) => setReason(e.target.value)} />
    </Confirm>
  );
}
