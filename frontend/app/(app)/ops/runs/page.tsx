'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { Button, ButtonLink } from '@/components/controls';
import { Dialog } from '@/components/dialog';
import { FormFault, SelectField } from '@/components/field';
import { FreshItems, MoreItems } from '@/components/list';
import { Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type RunBody, type RunBodyPage } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { formatDuration, unknownMark } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi, useChange, useList } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { ProgressBar, ProgressWords } from '../_parts/marks';
import { Person } from '../_parts/people';
import { useOps } from '../_parts/words';
import { tookOf } from './run';
import { Eta, Order, Pace, RunState, useText } from './words';

const kinds = ['crawl', 'repredict', 'retry'] as const;
const finals = ['done', 'failed', 'cancelled'] as const;
const noFilters = { kind: '', state: '' };

const oneOf = <T extends string>(value: string, allowed: readonly T[]): T | undefined => allowed.find((one) => one === value);

export default function RunsPage() {
  const t = useText();
  const [ordering, setOrdering] = useState(false);
  const open = useApi(
    ['tasks', 'open'],
    async (init) => {
      const [running, queued] = await Promise.all([api.getTasks({ state: 'running', limit: 50 }, init), api.getTasks({ state: 'queued', limit: 50 }, init)]);
      return [...running.items, ...queued.items];
    },
    { every: 3 },
  );
  return (
    <Page
      title={t.title}
      lead={t.lead}
      actions={
        <div className="flex flex-wrap items-center gap-2">
          <Updated query={open} />
          <Button look="primary" onClick={() => setOrdering(true)}>
            {t.order}
          </Button>
        </div>
      }
    >
      <Panel title={t.open} query={open} rows={2} empty={(runs) => (runs.length > 0 ? null : { because: t.openEmpty })}>
        {(runs) => (
          <ul className="divide-y divide-line">
            {runs.map((r) => (
              <OpenRun key={r.id} run={r} />
            ))}
          </ul>
        )}
      </Panel>
      <Past />
      <OrderDialog open={ordering} onClose={() => setOrdering(false)} />
    </Page>
  );
}

function RunLink({ run }: { run: RunBody }) {
  const ops = useOps();
  return (
    <Link href={hrefs.run(run.id)} prefetch={false} className="font-medium whitespace-nowrap hover:underline">
      {ops.runKinds[run.kind] ?? run.kind} <span className="tabular">#{run.id}</span>
    </Link>
  );
}

function OpenRun({ run }: { run: RunBody }) {
  const t = useText();
  const ops = useOps();
  return (
    <li className="py-3.5 first:pt-1 last:pb-1">
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <span className="flex flex-wrap items-baseline gap-x-2">
          <RunLink run={run} />
          <RunState state={run.state} />
        </span>
        <ProgressWords done={run.done} failed={run.failed} total={run.total} />
      </div>
      <ProgressBar done={run.done} failed={run.failed} total={run.total} label={`${ops.runKinds[run.kind] ?? run.kind} #${run.id}`} />
      <dl className="mt-2 flex flex-wrap gap-x-5 gap-y-0.5 text-xs">
        {(
          [
            [t.pace, <Pace key="pace" run={run} />],
            [t.eta, <Eta key="eta" run={run} />],
            [t.orderedBy, <Person key="by" id={run.ordered_by} />],
            [t.orderedAt, <Time key="at" at={run.created_at} clock="wall" />],
          ] as const
        ).map(([label, value]) => (
          <div key={label} className="flex gap-1.5">
            <dt className="text-muted">{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="mt-1 text-xs text-muted">
        <Order run={run} />
      </div>
    </li>
  );
}

function Past() {
  const t = useText();
  const ops = useOps();
  const common = useCommon();
  const locale = useLocale();
  const [filters, setFilters] = useFilters(noFilters);
  const list = useList<RunBody, RunBodyPage>(
    ['tasks', 'list', filters],
    (cursor, init) => api.getTasks({ limit: 30, cursor, kind: oneOf(filters.kind, kinds), state: oneOf(filters.state, finals) }, init),
    (r) => r.id,
    { every: 5 },
  );
  const columns: Column<RunBody>[] = [
    { key: 'run', head: t.run, lead: true, cell: (r) => <RunLink run={r} /> },
    { key: 'state', head: t.state, cell: (r) => <RunState state={r.state} /> },
    {
      key: 'what',
      head: t.what,
      cell: (r) => (
        <div className="text-xs">
          <Order run={r} />
          {r.error ? (
            <p className="line-clamp-2 text-warn">
              <Foreign>{r.error}</Foreign>
            </p>
          ) : null}
        </div>
      ),
    },
    { key: 'progress', head: t.progress, cell: (r) => <ProgressWords done={r.done} failed={r.failed} total={r.total} ended /> },
    { key: 'took', head: t.took, end: true, cell: (r) => <span className="tabular whitespace-nowrap">{tookOf(r) === null ? unknownMark : formatDuration(tookOf(r), locale)}</span> },
    { key: 'by', head: t.orderedBy, cell: (r) => <Person id={r.ordered_by} /> },
    { key: 'at', head: t.orderedAt, end: true, cell: (r) => <Time at={r.created_at} clock="wall" /> },
  ];
  const filtered = filters.kind !== '' || filters.state !== '';
  return (
    <Panel
      title={t.past}
      query={list}
      rows={6}
      actions={
        <form role="search" aria-label={common.filters} className="flex flex-wrap items-center gap-2" onSubmit={(e) => e.preventDefault()}>
          <SelectField
            label={t.kind}
            hideLabel
            name="kind"
            value={filters.kind}
            onChange={(e) => setFilters({ kind: e.target.value })}
            options={[{ value: '', label: `${t.kind}: ${common.all}` }, ...kinds.map((value) => ({ value, label: ops.runKinds[value] ?? value }))]}
          />
          <SelectField
            label={t.state}
            hideLabel
            name="state"
            value={filters.state}
            onChange={(e) => setFilters({ state: e.target.value })}
            options={[{ value: '', label: `${t.state}: ${common.all}` }, ...finals.map((value) => ({ value, label: t.states[value] }))]}
          />
        </form>
      }
      empty={(runs) => (runs.length > 0 ? null : { because: filtered ? t.filteredEmpty : t.pastEmpty })}
    >
      {(runs) => {
        const ended = runs.filter((r) => oneOf(r.state, finals));
        return (
          <>
            <FreshItems list={list} />
            <div className={list.isPlaceholderData ? 'opacity-60' : ''}>
              <DataTable caption={t.past} columns={columns} rows={ended} rowKey={(r) => r.id} />
            </div>
            <MoreItems list={list} shown={ended.length} />
          </>
        );
      }}
    </Panel>
  );
}

function OrderDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useText();
  return (
    <Dialog open={open} onClose={onClose} title={t.orderTitle}>
      <ul className="divide-y divide-line">
        <li className="py-3">
          <h3 className="font-medium">{t.orderCrawl}</h3>
          <p className="mb-2 text-xs text-muted">{t.orderCrawlHint}</p>
          <OrderCrawl />
        </li>
        <li className="flex flex-wrap items-center justify-between gap-2 py-3">
          <div>
            <h3 className="font-medium">{t.orderRepredict}</h3>
            <p className="text-xs text-muted">{t.orderRepredictHint}</p>
          </div>
          <ButtonLink href={hrefs.repredict()}>{t.orderRepredict}</ButtonLink>
        </li>
        <li className="flex flex-wrap items-center justify-between gap-2 py-3">
          <div>
            <h3 className="font-medium">{t.orderRetry}</h3>
            <p className="text-xs text-muted">{t.orderRetryHint}</p>
          </div>
          <ButtonLink href={hrefs.failures()}>{t.seeFailures}</ButtonLink>
        </li>
      </ul>
    </Dialog>
  );
}

function OrderCrawl() {
  const t = useText();
  const router = useRouter();
  const toast = useToast();
  const [chosen, setChosen] = useState('');
  const sources = useApi(['sources', 'crawlable'], (init) => api.getSources({ limit: 200 }, init));
  const names = (sources.data?.items ?? []).filter((s) => s.configured && s.on && s.period_seconds !== null).map((s) => s.name);
  const source = chosen || names[0] || '';
  const order = useChange((name: string) => api.postTasks({ kind: 'crawl', params: { source: name } }), {
    invalidates: [['tasks']],
    onDone: (run) => {
      toast(t.ordered(run.id));
      router.push(hrefs.run(run.id));
    },
  });
  if (sources.data && names.length === 0) return <p className="text-xs text-muted">{t.noSources}</p>;
  return (
    <form
      className="space-y-2"
      onSubmit={(e) => {
        e.preventDefault();
        if (source && !order.busy) void order.run(source);
      }}
    >
      <div className="flex items-end gap-2">
        <div className="grow">
          <SelectField label={t.source} name="params.source" fault={order.fault} value={source} onChange={(e) => setChosen(e.target.value)} options={names.map((name) => ({ value: name, label: name }))} />
        </div>
        <Button type="submit" look="primary" disabled={!source || order.busy}>
          {t.crawlNow}
        </Button>
      </div>
      <FormFault fault={order.fault} fields={['params.source']} />
    </form>
  );
}
