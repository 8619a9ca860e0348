'use client';

import Link from 'next/link';
import { useEffect, useMemo, useState } from 'react';
import { Button } from '@/components/controls';
import { Field, SelectField } from '@/components/field';
import { FreshItems, MoreItems } from '@/components/list';
import { Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { api, type CauseItem, type CauseItemPage } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { formatCount, formatExact } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi, useList } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { useOps } from '../_parts/words';
import { totalsOf, type Totals } from './cause';
import { RetryDialog, RetryProgress } from './retry';
import { HourBars, IgnoredCauses, StandingBadge } from './standing';
import { Counts, states, Template, useText } from './words';

const noFilters = { state: '', kind: '', queue: '', error: '', window: '' };
type Filters = typeof noFilters;

const stateOf = (text: string) => states.find((s) => s === text);
/** A window's begin, or undefined for all time. */
const fromOf = (hours: string, now: number) => (/^(1|24|168)$/.test(hours) ? new Date(now - Number(hours) * 3_600_000).toISOString() : undefined);

export default function FailuresPage() {
  const t = useText();
  const locale = useLocale();
  const [filters, setFilters] = useFilters(noFilters);
  // It stays where it was when the window was chosen: what is shown is what is counted.
  const from = useMemo(() => fromOf(filters.window, Date.now()), [filters.window]);
  const match = { state: stateOf(filters.state), kind: filters.kind || undefined, queue: filters.queue || undefined, error: filters.error || undefined, from };
  const list = useList<CauseItem, CauseItemPage>(
    ['failures', 'list', match],
    (cursor, init) => api.getFailures({ limit: 30, cursor, ignored: false, ...match }, init),
    (c) => c.fingerprint,
    { every: 10 },
  );
  const [retrying, setRetrying] = useState(false);
  const [runId, setRunId] = useState<number | null>(null);
  const filtered = Object.values(filters).some((value) => value !== '');
  const canRetry = match.state === undefined || match.state === 'gave_up' || match.state === 'quarantined';
  const waiting = (list.data ?? []).some((c) => c.gave_up + c.quarantined > 0);
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={list} />}>
      <FilterBar filters={filters} onChange={setFilters} filtered={filtered} />
      {runId !== null ? <RetryProgress key={runId} runId={runId} onDismiss={() => setRunId(null)} /> : null}
      <Panel
        title={t.list}
        note={from ? t.windowFrom(formatExact(from, locale)) : filters.state === 'resolved' ? t.statesHelp.resolved : t.windowAll}
        query={list}
        rows={5}
        actions={
          canRetry && waiting ? (
            <Button onClick={() => setRetrying(true)}>{t.retryAll}</Button>
          ) : undefined
        }
        empty={(causes) => (causes.length > 0 ? null : { because: filtered ? t.emptyFiltered : t.empty })}
      >
        {(causes) => (
          <>
            <FreshItems list={list} />
            <ul className={`divide-y divide-line ${list.isPlaceholderData ? 'opacity-60' : ''}`}>
              {causes.map((c) => (
                <Cause key={c.fingerprint} cause={c} />
              ))}
            </ul>
            <p className="mt-2 text-xs text-muted">{t.hoursHelp}</p>
            <MoreItems list={list} shown={causes.length} />
          </>
        )}
      </Panel>
      <IgnoredCauses match={match} />
      <RetryDialog
        open={retrying}
        which={{
          ...(match.state === 'gave_up' || match.state === 'quarantined' ? { state: match.state } : {}),
          ...(match.kind ? { kind: match.kind } : {}),
          ...(match.queue ? { queue: match.queue } : {}),
          ...(match.error ? { error: match.error } : {}),
          ...(match.from ? { from: match.from } : {}),
        }}
        count={() => countAll(match)}
        onOrdered={(run) => setRunId(run.id)}
        onClose={() => setRetrying(false)}
      />
    </Page>
  );
}

/** All that match, over every page of causes. */
async function countAll(match: Omit<NonNullable<Parameters<typeof api.getFailures>[0]>, 'limit' | 'cursor'>): Promise<Totals> {
  const causes: CauseItem[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.getFailures({ limit: 200, cursor, ...match });
    causes.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return totalsOf(causes);
}

function Cause({ cause: c }: { cause: CauseItem }) {
  const t = useText();
  const ops = useOps();
  return (
    <li className="grid gap-x-5 gap-y-2 py-3.5 first:pt-1 md:grid-cols-[4.5rem_minmax(0,1fr)_13rem]">
      <p className="tabular text-xl leading-tight font-semibold md:text-right" title={t.count(formatCount(c.count))}>
        {formatCount(c.count)}
        <span className="ml-1 text-xs font-normal text-muted md:hidden">{t.count('').trim()}</span>
      </p>
      <div className="min-w-0 space-y-1">
        <h3 className="flex flex-wrap items-baseline gap-x-2 text-sm font-medium">
          <Link href={hrefs.failure(c.fingerprint)} prefetch={false} className="hover:underline">
            {ops.kinds[c.kind] ?? c.kind}
          </Link>
          <span className="text-xs font-normal text-muted">{c.queues.map((q) => ops.queueNames[q] ?? q).join(', ')}</span>
          <StandingBadge cause={c} />
        </h3>
        <p className="line-clamp-3">
          <Template error={c.error} />
        </p>
        <Counts cause={c} />
        {c.note ? (
          <p className="line-clamp-2 text-xs break-words text-muted">
            {t.note}: <Foreign>{c.note.text}</Foreign>
          </p>
        ) : null}
      </div>
      <div className="space-y-1 text-xs text-muted">
        <HourBars cause={c} />
        <p className="flex justify-between gap-2">
          <span>
            {t.first} <Time at={c.first_at} clock="wall" />
          </span>
          <span>
            {t.last} <Time at={c.last_at} clock="wall" />
          </span>
        </p>
      </div>
    </li>
  );
}

function FilterBar({ filters, onChange, filtered }: { filters: Filters; onChange: (change: Partial<Filters>) => void; filtered: boolean }) {
  const t = useText();
  const ops = useOps();
  const common = useCommon();
  const queues = useApi(['queues', 'names'], async (init) => (await api.getQueues({ limit: 200 }, init)).items.map((q) => q.name));
  const [error, setError] = useState(filters.error);
  useEffect(() => setError(filters.error), [filters.error]);
  const names = [...new Set([...(queues.data ?? []), ...(filters.queue ? [filters.queue] : [])])];
  const kinds = [...new Set([...Object.keys(ops.kinds), ...(filters.kind ? [filters.kind] : [])])];
  return (
    <form
      role="search"
      aria-label={common.filters}
      className="grid grid-cols-2 items-end gap-3 md:grid-cols-[minmax(0,1.4fr)_repeat(4,minmax(0,1fr))_auto]"
      onSubmit={(e) => {
        e.preventDefault();
        onChange({ error: error.trim() });
      }}
    >
      <div className="max-md:col-span-2">
        <Field label={t.search} name="error" type="search" placeholder={t.searchHint} value={error} maxLength={200} onChange={(e) => setError(e.target.value)} />
      </div>
      <SelectField
        label={t.state}
        name="state"
        value={filters.state}
        onChange={(e) => onChange({ state: e.target.value })}
        options={[{ value: '', label: t.open }, ...states.map((value) => ({ value, label: t.states[value] }))]}
      />
      <SelectField
        label={t.kind}
        name="kind"
        value={filters.kind}
        onChange={(e) => onChange({ kind: e.target.value })}
        options={[{ value: '', label: common.all }, ...kinds.map((value) => ({ value, label: ops.kinds[value] ?? value }))]}
      />
      <SelectField
        label={t.queue}
        name="queue"
        value={filters.queue}
        onChange={(e) => onChange({ queue: e.target.value })}
        options={[{ value: '', label: common.all }, ...names.map((value) => ({ value, label: value }))]}
      />
      <SelectField
        label={t.window}
        name="window"
        value={filters.window}
        onChange={(e) => onChange({ window: e.target.value })}
        options={['', '1', '24', '168'].map((value) => ({ value, label: t.windows[value] ?? value }))}
      />
      <div className="flex gap-2">
        <Button type="submit">{t.apply}</Button>
        {filtered ? (
          <Button look="quiet" onClick={() => onChange(noFilters)}>
            {common.clearFilters}
          </Button>
        ) : null}
      </div>
    </form>
  );
}
