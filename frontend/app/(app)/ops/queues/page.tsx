'use client';

import { useState } from 'react';
import { Sparkline } from '@/components/charts';
import { Button } from '@/components/controls';
import { Confirm, Dialog } from '@/components/dialog';
import { Field, FormFault } from '@/components/field';
import { Badge } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type QueueItem } from '@/lib/api';
import { useAuth } from '@/lib/auth';
import { formatCount, formatDecimal, formatDuration } from '@/lib/format';
import { dictionary, useLocale } from '@/lib/i18n';
import { useApi, useChange } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import en from '@/messages/en/queues';
import ko from '@/messages/ko/queues';
import { AdminOnly, Slots } from '../_parts/marks';
import { Person } from '../_parts/people';
import { useOps } from '../_parts/words';
import { longestWait, takesTasks } from '../health';
import { useTrends } from './trend';

const useText = dictionary({ ko, en });

type Deed = { what: 'pause' | 'concurrency' | 'purge'; queue: QueueItem };

export default function QueuesPage() {
  const t = useText();
  const common = useCommon();
  const { may } = useAuth();
  const queues = useApi(['queues', 'list'], async (init) => (await api.getQueues({ limit: 200 }, init)).items, { every: 3 });
  const workers = useApi(['workers', 'running'], async (init) => (await api.getWorkers({ state: 'running', limit: 200 }, init)).items.filter(takesTasks).length, { every: 15 });
  const trends = useTrends(queues.data, queues.dataUpdatedAt);
  const [deed, setDeed] = useState<Deed | null>(null);
  const n = (value: number) => formatCount(value);
  const sum = (list: QueueItem[], of: (q: QueueItem) => number) => n(list.reduce((s, q) => s + of(q), 0));
  return (
    <Page
      title={t.title}
      lead={t.lead}
      actions={
        <div className="flex flex-wrap items-center gap-2">
          <Updated query={queues} />
          <a href={hrefs.monitor()} target="_blank" rel="noreferrer noopener" className="link text-xs text-muted">
            {t.monitor} <span aria-hidden="true">↗</span>
            <span className="sr-only"> ({common.opensNewTab})</span>
          </a>
        </div>
      }
    >
      <Panel
        title={t.list}
        note={queues.data ? <span className="tabular">{t.totals(sum(queues.data, (q) => q.pending), sum(queues.data, (q) => q.active))} · {t.trendNote}</span> : undefined}
        query={queues}
        rows={8}
        empty={(list) => (list.length > 0 ? null : { because: t.empty })}
      >
        {(list) => <Table queues={list} workers={workers.data ?? 0} trends={trends} onDeed={may('queue:edit') ? setDeed : null} />}
      </Panel>
      {may('queue:edit') ? null : <AdminOnly />}
      {deed?.what === 'pause' ? <Pause queue={deed.queue} onClose={() => setDeed(null)} /> : null}
      {deed?.what === 'concurrency' ? <Concurrency queue={deed.queue} onClose={() => setDeed(null)} /> : null}
      {deed?.what === 'purge' ? <Purge queue={deed.queue} onClose={() => setDeed(null)} /> : null}
    </Page>
  );
}

function Table({ queues, workers, trends, onDeed }: { queues: QueueItem[]; workers: number; trends: ReturnType<typeof useTrends>; onDeed: ((deed: Deed) => void) | null }) {
  const t = useText();
  const ops = useOps();
  const locale = useLocale();
  const n = (value: number) => formatCount(value);
  const columns: Column<QueueItem>[] = [
    {
      key: 'queue',
      head: t.queue,
      lead: true,
      cell: (q) => (
        <div>
          <p className="flex flex-wrap items-baseline gap-x-2">
            <span className="font-medium">{q.name}</span>
            {q.paused ? <Badge tone="warn">{t.paused}</Badge> : null}
          </p>
          <p className="text-2xs font-normal text-muted">{ops.queueNames[q.name] ?? ''}</p>
          {q.changed_at ? (
            <p className="text-2xs font-normal text-muted">
              {q.paused ? t.pausedBy : t.changedBy} <Person id={q.changed_by} /> · <Time at={q.changed_at} clock="wall" />
            </p>
          ) : null}
        </div>
      ),
    },
    {
      key: 'waiting',
      head: t.waiting,
      end: true,
      cell: (q) => {
        const trend = trends[q.name] ?? [];
        return (
          <div>
            <span className="inline-flex items-center justify-end gap-2">
              {trend.length > 2 && trend.some((v) => v > 0) ? <Sparkline summary={t.trendSaid(q.name, n(trend[0] ?? 0), n(q.pending))} values={trend} /> : null}
              <span className={`tabular text-base font-semibold ${q.pending === 0 ? 'text-muted' : ''}`}>{n(q.pending)}</span>
            </span>
            {q.scheduled + q.retry > 0 ? (
              <p className="tabular text-2xs text-muted" title={t.laterHelp}>
                {t.later(n(q.scheduled + q.retry))}
              </p>
            ) : null}
          </div>
        );
      },
    },
    {
      key: 'oldest',
      head: t.oldest,
      end: true,
      cell: (q) => {
        if (!q.latency_seconds || q.pending === 0) return <span className="text-muted">–</span>;
        const slow = q.latency_seconds * 1000 > longestWait;
        return (
          <span className={`tabular whitespace-nowrap ${slow ? 'text-warn' : ''}`}>
            {slow ? <span aria-hidden="true">⚠ </span> : null}
            {formatDuration(q.latency_seconds, locale)}
          </span>
        );
      },
    },
    {
      key: 'active',
      head: t.active,
      end: true,
      cell: (q) => {
        const all = q.concurrency * workers;
        return (
          <div>
            <span className="inline-flex items-center justify-end gap-2">
              {all > 0 ? <Slots busy={Math.min(q.active, all)} all={all} /> : null}
              <span className="tabular">
                {n(q.active)}
                {all > 0 ? <span className="text-muted"> / {n(all)}</span> : null}
              </span>
            </span>
            {q.concurrency !== q.default_concurrency ? <p className="text-2xs text-muted">{t.slotsChanged(q.concurrency, q.default_concurrency)}</p> : null}
          </div>
        );
      },
    },
    {
      key: 'pace',
      head: t.pace,
      end: true,
      cell: (q) => (
        <div>
          <span className="tabular whitespace-nowrap">{q.per_second === null ? <span className="text-muted">{t.paceUnknown}</span> : t.perSecond(formatDecimal(q.per_second, 1))}</span>
          <p className="tabular text-2xs text-muted" title={t.todayHelp}>
            {t.today(n(q.processed_today))}
            {q.failed_today > 0 ? ` · ${t.failedToday(n(q.failed_today))}` : ''}
          </p>
          {q.archived > 0 ? <p className="text-2xs text-warn">⚠ {t.archived(n(q.archived))}</p> : null}
        </div>
      ),
    },
  ];
  if (onDeed) {
    columns.push({
      key: 'actions',
      head: t.actions,
      end: true,
      cell: (q) => (
        <div className="flex flex-wrap justify-end gap-1">
          <Toggle queue={q} onPause={() => onDeed({ what: 'pause', queue: q })} />
          {q.default_concurrency > 0 ? (
            <Button look="quiet" aria-label={`${t.concurrency}: ${q.name}`} onClick={() => onDeed({ what: 'concurrency', queue: q })}>
              {t.concurrency}
            </Button>
          ) : null}
          <Button look="quiet" aria-label={`${t.purge}: ${q.name}`} onClick={() => onDeed({ what: 'purge', queue: q })}>
            {t.purge}
          </Button>
        </div>
      ),
    });
  }
  return <DataTable caption={t.list} columns={columns} rows={queues} rowKey={(q) => q.name} />;
}

/** Going on needs no second thought, a pause does. */
function Toggle({ queue: q, onPause }: { queue: QueueItem; onPause: () => void }) {
  const t = useText();
  const toast = useToast();
  const change = useChange(() => api.patchQueuesByName(q.name, { paused: false }), { invalidates: [['queues']], onDone: () => toast(t.resumeDone(q.name)) });
  if (!q.paused) {
    return (
      <Button look="quiet" aria-label={`${t.pause}: ${q.name}`} onClick={onPause}>
        {t.pause}
      </Button>
    );
  }
  return (
    <>
      <Button aria-label={`${t.resume}: ${q.name}`} disabled={change.busy} onClick={() => void change.run(undefined)}>
        {t.resume}
      </Button>
      <FormFault fault={change.fault} />
    </>
  );
}

function Pause({ queue: q, onClose }: { queue: QueueItem; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const change = useChange(() => api.patchQueuesByName(q.name, { paused: true }), {
    invalidates: [['queues']],
    onDone: () => {
      toast(t.pauseDone(q.name));
      onClose();
    },
  });
  return (
    <Confirm open title={t.pauseTitle(q.name)} action={t.pause} danger busy={change.busy} fault={change.fault} onConfirm={() => void change.run(undefined)} onClose={onClose}>
      <p>{t.pauseBody}</p>
    </Confirm>
  );
}

function Concurrency({ queue: q, onClose }: { queue: QueueItem; onClose: () => void }) {
  const t = useText();
  const common = useCommon();
  const toast = useToast();
  const [text, setText] = useState(String(q.concurrency));
  const change = useChange((value: number) => api.patchQueuesByName(q.name, { concurrency: value }), {
    invalidates: [['queues']],
    onDone: (queue) => {
      toast(t.concurrencyDone(q.name, queue.concurrency));
      onClose();
    },
  });
  return (
    <Dialog open onClose={onClose} title={t.concurrencyTitle(q.name)}>
      <form
        className="space-y-3"
        onSubmit={(e) => {
          e.preventDefault();
          if (!change.busy) void change.run(Number(text));
        }}
      >
        <Field
          label={t.concurrencyLabel}
          name="concurrency"
          type="number"
          min={0}
          max={1000}
          step={1}
          required
          value={text}
          fault={change.fault}
          hint={t.concurrencyHint(q.default_concurrency)}
          onChange={(e) => setText(e.target.value)}
        />
        <FormFault fault={change.fault} fields={['concurrency']} />
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

function Purge({ queue: q, onClose }: { queue: QueueItem; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const change = useChange(() => api.deleteQueuesByNameTasks(q.name), {
    invalidates: [['queues']],
    onDone: (answer) => {
      toast(t.purgeDone(q.name, formatCount(answer.deleted)));
      onClose();
    },
  });
  return (
    <Confirm
      open
      title={t.purgeTitle(q.name)}
      action={t.purgeDo}
      danger
      typed={q.name}
      busy={change.busy}
      fault={change.fault}
      onConfirm={() => void change.run(undefined)}
      onClose={onClose}
    >
      <p>{t.purgeBody(formatCount(q.pending + q.scheduled + q.retry + q.archived))}</p>
    </Confirm>
  );
}
