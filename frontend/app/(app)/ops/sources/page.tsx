'use client';

import { useState } from 'react';
import { Button } from '@/components/controls';
import { Confirm, Dialog } from '@/components/dialog';
import { Field, FormFault } from '@/components/field';
import { Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { useDashboard } from '@/components/session-strip';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type SourceItem } from '@/lib/api';
import { useAuth } from '@/lib/auth';
import { formatClock, formatCount, formatDuration, unknownMark } from '@/lib/format';
import { dictionary, useLocale } from '@/lib/i18n';
import { useApi, useChange, type Asked } from '@/lib/query';
import { useCommon } from '@/lib/words';
import en from '@/messages/en/sources';
import ko from '@/messages/ko/sources';
import { AdminOnly, Sign } from '../_parts/marks';
import { failedOf32, freshnessOf, inOrder, isCalm } from './freshness';

const useText = dictionary({ ko, en });

type Deed = { what: 'off' | 'period'; source: SourceItem };

export default function SourcesPage() {
  const t = useText();
  const { may } = useAuth();
  const dashboard = useDashboard();
  const sources = useApi(['sources', 'list'], async (init) => (await api.getSources({ limit: 200 }, init)).items, { every: 5 });
  const [deed, setDeed] = useState<Deed | null>(null);
  const onDeed = may('sources') ? setDeed : null;
  const phase = dashboard.data?.session.phase;
  const part = (of: (s: SourceItem) => boolean): Asked<SourceItem[]> => ({ ...sources, data: sources.data ? inOrder(sources.data.filter(of)) : undefined });
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={sources} />}>
      <List title={t.news} note={phase !== undefined && phase !== 'in_session' ? t.closed : t.newsNote} query={part((s) => s.period_seconds !== null)} onDeed={onDeed} />
      <List title={t.market} note={t.marketNote} query={part((s) => s.period_seconds === null)} onDeed={onDeed} />
      {onDeed ? null : <AdminOnly />}
      {deed?.what === 'off' ? <SwitchOff source={deed.source} onClose={() => setDeed(null)} /> : null}
      {deed?.what === 'period' ? <Period source={deed.source} onClose={() => setDeed(null)} /> : null}
    </Page>
  );
}

function List({ title, note, query, onDeed }: { title: string; note: string; query: Asked<SourceItem[]>; onDeed: ((deed: Deed) => void) | null }) {
  const t = useText();
  return (
    <Panel title={title} note={note} query={query} rows={4} empty={(list) => (list.length > 0 ? null : { because: t.empty })}>
      {(list) => (
        <ul className="divide-y divide-line">
          {list.map((s) => (
            <Source key={s.name} source={s} onDeed={onDeed} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** The source's state in a sentence. */
function Sentence({ source: s }: { source: SourceItem }) {
  const t = useText();
  const locale = useLocale();
  const age = formatDuration(s.age_seconds, locale);
  const said = freshnessOf(s);
  switch (said) {
    case 'fine':
      return t.fine(age);
    case 'late':
      return t.late(age);
    case 'failing':
      return t.failing(s.errors_in_row);
    case 'breakerOpen':
      return s.breaker.open_until ? t.breakerOpen(formatClock(s.breaker.open_until)) : t.breakerOpenUnknown;
    default:
      return t[said];
  }
}

function Source({ source: s, onDeed }: { source: SourceItem; onDeed: ((deed: Deed) => void) | null }) {
  const t = useText();
  const locale = useLocale();
  const calm = isCalm(freshnessOf(s));
  const n = (value: number | null) => formatCount(value);
  const failed = failedOf32(s);
  const duration = (seconds: number | null) => formatDuration(seconds, locale);
  const facts = [
    { label: t.lastSuccess, value: s.last_success_at ? <Time at={s.last_success_at} /> : t.never },
    { label: t.lastItem, value: s.last_item_at ? <Time at={s.last_item_at} /> : t.never },
    ...(s.period_seconds === null
      ? [] // it is asked when something is due, and shows no news
      : [
          { label: t.period, value: t.periodOf(duration(s.period_seconds)) },
          { label: t.lag, value: s.lag_p50_seconds === null ? unknownMark : <span title={t.lagHelp}>{t.lagOf(duration(s.lag_p50_seconds), duration(s.lag_p95_seconds))}</span> },
        ]),
    { label: t.errors, value: failed === null ? unknownMark : <Attempts failed={failed} /> },
    { label: t.items, value: n(s.items) },
    ...(s.quota_left === null ? [] : [{ label: t.quota, value: n(s.quota_left) }]),
  ];
  return (
    <li className={`space-y-2.5 py-3.5 first:pt-1 ${s.configured ? '' : 'text-muted'}`}>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="flex min-w-0 items-start gap-2.5">
          <span className="mt-1">{s.on && s.configured ? <Sign ok={calm} /> : <span aria-hidden="true" className="block size-4 rounded-full border border-control" />}</span>
          <div className="min-w-0">
            <h3 className="font-medium">
              <Foreign>{s.name}</Foreign>
            </h3>
            <p className={`text-xs ${calm ? 'text-muted' : 'text-warn'}`}>
              <Sentence source={s} />
              {s.breaker.opened > 1 ? ` (${t.breakerOpened(s.breaker.opened)})` : ''}
            </p>
            {s.yield === 'learning' && s.period_seconds !== null ? <p className="text-xs text-muted">{t.learning}</p> : null}
          </div>
        </div>
        {onDeed && s.configured ? (
          <div className="flex flex-wrap gap-1">
            {s.period_seconds !== null ? (
              <Button look="quiet" aria-label={`${t.editPeriod}: ${s.name}`} onClick={() => onDeed({ what: 'period', source: s })}>
                {t.editPeriod}
              </Button>
            ) : null}
            {s.on ? (
              <Button aria-label={`${t.switchOff}: ${s.name}`} onClick={() => onDeed({ what: 'off', source: s })}>
                {t.switchOff}
              </Button>
            ) : (
              <SwitchOn source={s} />
            )}
          </div>
        ) : null}
      </div>
      {s.on && s.period_seconds !== null && s.age_seconds !== null ? <Age source={s} /> : null}
      <dl className="grid grid-cols-2 gap-x-5 gap-y-1.5 pl-6.5 text-xs sm:grid-cols-3 lg:grid-cols-5">
        {facts.map((f) => (
          <div key={f.label}>
            <dt className="text-muted">{f.label}</dt>
            <dd className="tabular">{f.value}</dd>
          </div>
        ))}
      </dl>
      {s.last_error ? (
        <p className="text-xs text-muted">
          {t.lastError} (<Time at={s.last_error_at} />
          ):{' '}
          <span className="line-clamp-2 font-mono text-2xs">
            <Foreign>{s.last_error}</Foreign>
          </span>
        </p>
      ) : null}
    </li>
  );
}

const periods = 5;

/** How far it is into its period: marks stand at each of five, after which it is late. */
function Age({ source: s }: { source: SourceItem }) {
  const t = useText();
  const locale = useLocale();
  const period = s.period_seconds ?? 1;
  const age = s.age_seconds ?? 0;
  const reach = Math.max(60, periods * period);
  const late = age > reach;
  const label = t.ageSaid(s.name, formatDuration(age, locale), formatDuration(period, locale));
  return (
    <svg role="img" aria-label={label} viewBox="0 0 300 6" preserveAspectRatio="none" className="block h-1.5 w-full">
      <title>{label}</title>
      <rect y="2" width="300" height="2" className="fill-line" />
      <rect y="1" width={Math.max(1.5, Math.min(1, age / reach) * 300)} height="4" className={late ? 'fill-warn' : 'fill-ink'} />
    </svg>
  );
}

/** The last 32 attempts, of which so many failed. */
function Attempts({ failed }: { failed: number }) {
  return (
    <span className={failed > 0 ? 'text-warn' : ''}>
      {failed > 0 ? <span aria-hidden="true">⚠ </span> : null}
      {formatCount(failed)}
    </span>
  );
}

function SwitchOn({ source: s }: { source: SourceItem }) {
  const t = useText();
  const toast = useToast();
  const change = useChange(() => api.patchSourcesByName(s.name, { on: true }), { invalidates: [['sources'], ['dashboard']], onDone: () => toast(t.onDone(s.name)) });
  return (
    <>
      <Button look="primary" aria-label={`${t.switchOn}: ${s.name}`} disabled={change.busy} onClick={() => void change.run(undefined)}>
        {t.switchOn}
      </Button>
      <FormFault fault={change.fault} />
    </>
  );
}

function SwitchOff({ source: s, onClose }: { source: SourceItem; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const change = useChange(() => api.patchSourcesByName(s.name, { on: false }), {
    invalidates: [['sources'], ['dashboard']],
    onDone: () => {
      toast(t.offDone(s.name));
      onClose();
    },
  });
  return (
    <Confirm open title={t.offTitle(s.name)} action={t.switchOff} danger busy={change.busy} fault={change.fault} onConfirm={() => void change.run(undefined)} onClose={onClose}>
      <p>{t.offBody}</p>
    </Confirm>
  );
}

function Period({ source: s, onClose }: { source: SourceItem; onClose: () => void }) {
  const t = useText();
  const common = useCommon();
  const locale = useLocale();
  const toast = useToast();
  const [text, setText] = useState(String(s.period_seconds ?? ''));
  const change = useChange((seconds: number) => api.patchSourcesByName(s.name, { period_seconds: seconds }), {
    invalidates: [['sources'], ['schedules']],
    onDone: (answer) => {
      toast(t.periodDone(s.name, formatDuration(answer.period_seconds, locale)));
      onClose();
    },
  });
  return (
    <Dialog open onClose={onClose} title={t.periodTitle(s.name)}>
      <form
        className="space-y-3"
        onSubmit={(e) => {
          e.preventDefault();
          if (!change.busy) void change.run(Number(text));
        }}
      >
        <Field label={t.periodLabel} name="period_seconds" type="number" min={1} max={86400} step={1} required value={text} fault={change.fault} hint={t.periodHint} onChange={(e) => setText(e.target.value)} />
        <FormFault fault={change.fault} fields={['period_seconds']} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" look="primary" disabled={change.busy}>
            {common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
