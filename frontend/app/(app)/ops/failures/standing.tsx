'use client';

import Link from 'next/link';
import { useState } from 'react';
import { Button, inputClass } from '@/components/controls';
import { Dialog } from '@/components/dialog';
import { Field, FormFault, isAbout, SelectField } from '@/components/field';
import { Badge, Foreign } from '@/components/marks';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type CauseItem, type PatchFailureRequest } from '@/lib/api';
import { useWallNow } from '@/lib/clock';
import { formatClock, formatCount, formatExact } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi, useChange } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { Person } from '../_parts/people';
import { useOps } from '../_parts/words';
import { cameBack, isNew } from '../health';
import { instantOf } from '../repredict/form';
import { heightsOf, peakOf } from './hours';
import { Template, useText } from './words';

const most = 2000;

/** Failures in each of the last 24 hours: tall is that cause's own worst hour. */
export function HourBars({ cause: c, large = false }: { cause: CauseItem; large?: boolean }) {
  const t = useText();
  const peak = peakOf(c.per_hour, useWallNow());
  const label = peak ? t.hours(formatCount(peak.total), formatCount(peak.most), formatClock(peak.at)) : t.hoursNone;
  const step = 8;
  return (
    <span className={large ? 'block' : 'flex items-end gap-2'}>
      <svg role="img" aria-label={label} viewBox={`0 0 ${c.per_hour.length * step} 24`} preserveAspectRatio="none" className={`block w-full min-w-0 ${large ? 'h-14' : 'h-6'}`}>
        <title>{label}</title>
        <line x1="0" x2={c.per_hour.length * step} y1="23.5" y2="23.5" className="stroke-line" />
        {heightsOf(c.per_hour).map((height, i) => (
          <rect key={i} x={i * step + 1} width={step - 2} y={23 - height * 22} height={height * 22} className="fill-warn" />
        ))}
      </svg>
      {large ? <span className="mt-1 block text-xs text-muted">{label}</span> : <span aria-hidden="true" className="tabular min-w-9 shrink-0 text-right text-2xs leading-none text-muted">{peak ? formatCount(peak.total) : '0'}</span>}
    </span>
  );
}

/** New, or back after all of it had been resolved; nothing for what has been known for longer. */
export function StandingBadge({ cause: c }: { cause: CauseItem }) {
  const t = useText();
  const now = useWallNow();
  if (isNew(c, now)) return <Badge tone="strong">{t.isNew}</Badge>;
  if (!cameBack(c, now)) return null;
  return (
    <span title={t.cameBackHelp} className="inline-flex">
      <Badge tone="strong">{t.cameBack}</Badge>
    </span>
  );
}

function useEdit(fingerprint: string, said: string, onDone?: () => void) {
  const toast = useToast();
  return useChange((body: PatchFailureRequest) => api.patchFailuresByFingerprint(fingerprint, body), {
    invalidates: [['failures']],
    onDone: () => {
      toast(said);
      onDone?.();
    },
  });
}

/** What operators say of a cause: a note, and whether they want to hear of it. */
export function Standing({ cause: c }: { cause: CauseItem }) {
  const t = useText();
  const [ignoring, setIgnoring] = useState(false);
  const [writing, setWriting] = useState(false);
  const again = useEdit(c.fingerprint, t.watched);
  return (
    <section aria-label={t.standing} className="space-y-3 rounded-control border border-line p-3">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <p className="min-w-0 text-sm">
          {c.ignored ? (
            <>
              <Badge>{t.ignored}</Badge> <Ignored ignored={c.ignored} />
            </>
          ) : (
            <span className="text-muted">{t.notIgnored}</span>
          )}
        </p>
        <span className="flex gap-2">
          {c.ignored ? (
            <Button disabled={again.busy} onClick={() => void again.run({ watch_again: true })}>
              {t.watchAgain}
            </Button>
          ) : null}
          <Button onClick={() => setIgnoring(true)}>{c.ignored ? t.ignoreOther : t.ignore}</Button>
        </span>
      </div>
      <FormFault fault={again.fault} />
      {writing ? (
        <NoteForm cause={c} onClose={() => setWriting(false)} />
      ) : (
        <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 border-t border-line pt-3">
          <div className="min-w-0 text-sm">
            {c.note ? (
              <>
                <p className="break-words whitespace-pre-wrap">
                  <Foreign>{c.note.text}</Foreign>
                </p>
                <p className="mt-1 text-xs text-muted">
                  <Person id={c.note.by} /> · <Time at={c.note.at} clock="wall" />
                </p>
              </>
            ) : (
              <p className="text-muted">{t.noNote}</p>
            )}
          </div>
          <Button onClick={() => setWriting(true)}>{c.note ? t.editNote : t.addNote}</Button>
        </div>
      )}
      <Dialog open={ignoring} onClose={() => setIgnoring(false)} title={t.ignoreTitle}>
        <IgnoreForm fingerprint={c.fingerprint} onClose={() => setIgnoring(false)} />
      </Dialog>
    </section>
  );
}

function Ignored({ ignored }: { ignored: NonNullable<CauseItem['ignored']> }) {
  const t = useText();
  const locale = useLocale();
  return (
    <span className="text-xs text-muted">
      <time dateTime={ignored.until}>{t.until(formatExact(ignored.until, locale))}</time> · <Person id={ignored.by} />
    </span>
  );
}

function NoteForm({ cause: c, onClose }: { cause: CauseItem; onClose: () => void }) {
  const t = useText();
  const common = useCommon();
  const [text, setText] = useState(c.note?.text ?? '');
  const edit = useEdit(c.fingerprint, t.noteSaved, onClose);
  const wrong = isAbout(edit.fault, 'note');
  return (
    <form
      className="space-y-2 border-t border-line pt-3"
      onSubmit={(e) => {
        e.preventDefault();
        if (!edit.busy) void edit.run({ note: text.trim() });
      }}
    >
      <label className="block text-xs text-muted">
        <span className="mb-1 block">{t.note}</span>
        <textarea
          value={text}
          rows={3}
          maxLength={most}
          autoFocus
          aria-invalid={wrong || undefined}
          onChange={(e) => setText(e.target.value)}
          className={`${inputClass} py-2`}
        />
      </label>
      <FormFault fault={edit.fault} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" look="primary" disabled={edit.busy}>
          {t.saveNote}
        </Button>
      </div>
    </form>
  );
}

/** Hours for which a cause can be ignored without typing a time. */
const spans = ['1', '24', '168', ''] as const;

function IgnoreForm({ fingerprint, onClose }: { fingerprint: string; onClose: () => void }) {
  const t = useText();
  const common = useCommon();
  const [span, setSpan] = useState('24');
  const [typed, setTyped] = useState('');
  const edit = useEdit(fingerprint, t.ignoredNow, onClose);
  const until = () => (span === '' ? instantOf(typed) : new Date(Date.now() + Number(span) * 3_600_000).toISOString());
  return (
    <form
      className="space-y-4"
      onSubmit={(e) => {
        e.preventDefault();
        const ignore_until = until();
        if (ignore_until && !edit.busy) void edit.run({ ignore_until });
      }}
    >
      <p className="text-sm">{t.ignoreHelp}</p>
      <SelectField
        label={t.ignoreFor}
        name="span"
        value={span}
        onChange={(e) => setSpan(e.target.value)}
        options={spans.map((value) => ({ value, label: t.spans[value] ?? value }))}
      />
      {span === '' ? <Field label={t.ignoreUntil} name="ignore_until" type="datetime-local" required value={typed} fault={edit.fault} onChange={(e) => setTyped(e.target.value)} /> : null}
      <FormFault fault={edit.fault} fields={span === '' ? ['ignore_until'] : []} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" look="primary" disabled={edit.busy || (span === '' && !instantOf(typed))}>
          {t.ignore}
        </Button>
      </div>
    </form>
  );
}

/** The causes that operators ignore, folded: each with until when, and who said so. */
export function IgnoredCauses({ match }: { match: Omit<NonNullable<Parameters<typeof api.getFailures>[0]>, 'limit' | 'cursor' | 'ignored'> }) {
  const t = useText();
  const list = useApi(['failures', 'ignored', match], (init) => api.getFailures({ limit: 200, ignored: true, ...match }, init), { every: 30 });
  if (list.data?.items.length === 0 && !list.error) return null;
  return (
    <Panel title={t.ignoredTitle} note={t.ignoreHelp} query={list} rows={1}>
      {(answer) => (
        <details>
          <summary className="link inline-block text-sm">{t.ignoredCount(formatCount(answer.items.length) + (answer.next_cursor ? '+' : ''))}</summary>
          <ul className="mt-2 divide-y divide-line">
            {answer.items.map((c) => (
              <IgnoredCause key={c.fingerprint} cause={c} />
            ))}
          </ul>
        </details>
      )}
    </Panel>
  );
}

function IgnoredCause({ cause: c }: { cause: CauseItem }) {
  const t = useText();
  const ops = useOps();
  const again = useEdit(c.fingerprint, t.watched);
  const name = ops.kinds[c.kind] ?? c.kind;
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 py-2.5">
      <div className="min-w-0 flex-1 basis-64 space-y-1">
        <p className="flex flex-wrap items-baseline gap-x-2 text-sm">
          <Link href={hrefs.failure(c.fingerprint)} prefetch={false} className="font-medium hover:underline">
            {name}
          </Link>
          <span className="tabular text-xs text-muted">{t.count(formatCount(c.count))}</span>
          {c.ignored ? <Ignored ignored={c.ignored} /> : null}
        </p>
        <p className="line-clamp-1">
          <Template error={c.error} />
        </p>
        {c.note ? (
          <p className="line-clamp-2 text-xs break-words text-muted">
            {t.note}: <Foreign>{c.note.text}</Foreign>
          </p>
        ) : null}
        <FormFault fault={again.fault} />
      </div>
      <Button aria-label={`${t.watchAgain}: ${name} ${c.fingerprint}`} disabled={again.busy} onClick={() => void again.run({ watch_again: true })}>
        {t.watchAgain}
      </Button>
    </li>
  );
}
