'use client';

import { useState } from 'react';
import { Button, ButtonLink } from '@/components/controls';
import { SelectField } from '@/components/field';
import { FreshItems, MoreItems } from '@/components/list';
import { Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Time } from '@/components/time';
import { api, faultOf, type CauseAnswer, type CauseItem, type FailureItem } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { formatCount } from '@/lib/format';
import { useApi, useList } from '@/lib/query';
import { withSegment } from '@/lib/route';
import { hrefs } from '@/lib/routes';
import { Facts } from '../../_parts/marks';
import { useOps } from '../../_parts/words';
import { isCrash } from '../cause';
import { RetryDialog, RetryProgress, type Which } from '../retry';
import { HourBars, Standing, StandingBadge } from '../standing';
import { Counts, ErrorText, State, states, Template, useText } from '../words';

export default withSegment(2, function FailureView({ segment }) {
  const t = useText();
  const ops = useOps();
  const [gone, setGone] = useState(false);
  const cause = useApi(
    ['failures', 'cause', segment],
    (init) =>
      api.getFailuresByFingerprint(segment, { limit: 1 }, init).catch((error: unknown) => {
        setGone(faultOf(error).status === 404);
        throw error;
      }),
    { every: gone ? undefined : 10 },
  );
  const [which, setWhich] = useState<Which | null>(null);
  const [runId, setRunId] = useState<number | null>(null);
  const found = cause.data?.cause;
  const waiting = found ? found.gave_up + found.quarantined : 0;
  return (
    <Page
      title={found ? (ops.kinds[found.kind] ?? found.kind) : t.title}
      lead={<span className="tabular text-xs">{t.fingerprint} <Foreign>{segment}</Foreign></span>}
      actions={
        <div className="flex flex-wrap items-center gap-2">
          <Updated query={cause} />
          <ButtonLink href={hrefs.failures()}>{t.back}</ButtonLink>
          {waiting > 0 ? (
            <Button look="primary" onClick={() => setWhich({ fingerprint: segment })}>
              {t.retryCause}
            </Button>
          ) : null}
        </div>
      }
    >
      {runId !== null ? <RetryProgress key={runId} runId={runId} onDismiss={() => setRunId(null)} /> : null}
      <Panel title={t.cause} query={cause} rows={5}>
        {(answer) => <Cause cause={answer.cause} />}
      </Panel>
      {found ? <Examples cause={found} onRetry={(id) => setWhich({ ids: [id] })} /> : null}
      <RetryDialog
        open={which !== null}
        which={which ?? {}}
        count={async () => {
          if (which?.ids) return { count: which.ids.length, retrying: 0, gave_up: which.ids.length, quarantined: 0, resolved: 0 };
          return (await api.getFailuresByFingerprint(segment, { limit: 1 })).cause;
        }}
        onOrdered={(run) => setRunId(run.id)}
        onClose={() => setWhich(null)}
      />
    </Page>
  );
});

function Cause({ cause: c }: { cause: CauseItem }) {
  const t = useText();
  const ops = useOps();
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <span className="tabular text-xl font-semibold">{t.count(formatCount(c.count))}</span>
        <Counts cause={c} />
        <StandingBadge cause={c} />
      </div>
      <HourBars cause={c} large />
      <Standing cause={c} />
      <Facts
        items={[
          { label: t.seen, value: <Time at={c.seen_at} clock="wall" as="exact" /> },
          ...(c.came_back_at ? [{ label: t.cameBack, value: <Time at={c.came_back_at} clock="wall" as="exact" /> }] : []),
          { label: t.last, value: <Time at={c.last_at} clock="wall" as="exact" /> },
          { label: t.queue, value: c.queues.map((q) => ops.queueNames[q] ?? q).join(', ') },
          {
            label: t.tries,
            value: (
              <span className="tabular">
                {t.attempts(formatCount(c.attempts))}
                {c.crashes > 0 ? ` · ${t.crashes(formatCount(c.crashes))}` : ''}
              </span>
            ),
          },
          { label: t.newest, value: <ErrorText>{c.error}</ErrorText> },
        ]}
      />
      <div className="rounded-control bg-sunken/60 p-3">
        <h3 className="text-xs font-semibold">{t.why}</h3>
        {isCrash(c.error) ? (
          <p className="mt-1 text-xs text-muted">{t.whyCrash}</p>
        ) : (
          <>
            <p className="mt-1 mb-2 text-xs text-muted">{t.whyText}</p>
            <p className="rounded-control border border-line bg-surface px-3 py-2">
              <span className="mr-2 text-xs text-muted">{c.kind}</span>
              <Template error={c.error} />
            </p>
          </>
        )}
      </div>
    </div>
  );
}

function Examples({ cause, onRetry }: { cause: CauseItem; onRetry: (id: number) => void }) {
  const t = useText();
  const ops = useOps();
  const [filters, setFilters] = useFilters({ state: '' });
  const state = states.find((s) => s === filters.state);
  // Nobody asks for what is not there: to the API a cause without failures in a state does not exist.
  const none = state !== undefined && cause[state] === 0;
  const list = useList<FailureItem, CauseAnswer>(
    ['failures', 'examples', cause.fingerprint, state],
    (cursor, init) => api.getFailuresByFingerprint(cause.fingerprint, { limit: 30, cursor, state }, init),
    (f) => f.id,
    { every: 10, enabled: !none },
  );
  const columns: Column<FailureItem>[] = [
    {
      key: 'key',
      head: t.key,
      lead: true,
      cell: (f) => (
        <div className="min-w-28">
          <span className="tabular">
            <Foreign>{f.key}</Foreign>
          </span>
          <p className="text-2xs font-normal text-muted">{ops.queueNames[f.queue] ?? f.queue}</p>
        </div>
      ),
    },
    { key: 'state', head: t.state, cell: (f) => <State state={f.state} /> },
    { key: 'error', head: t.error, cell: (f) => <ErrorText>{f.error}</ErrorText> },
    { key: 'tries', head: t.tries, end: true, cell: (f) => <span className="tabular inline-block min-w-7">{f.crashes > 0 ? `${f.attempts} + ${f.crashes}` : f.attempts}</span> },
    {
      key: 'last',
      head: t.last,
      end: true,
      cell: (f) => (
        <div className="text-xs">
          <Time at={f.last_at} clock="wall" />
          <p className="text-2xs whitespace-nowrap text-muted">
            {t.first} <Time at={f.first_at} clock="wall" />
          </p>
        </div>
      ),
    },
    {
      key: 'retry',
      head: t.retry.title,
      end: true,
      cell: (f) => (f.state === 'gave_up' || f.state === 'quarantined' ? <Button aria-label={`${t.retryOne}: ${f.key}`} onClick={() => onRetry(f.id)}>
            {t.retryOne}
          </Button> : null),
    },
  ];
  return (
    <Panel
      title={t.examples}
      query={none ? { ...list, data: [], isPending: false, error: null } : list}
      rows={6}
      actions={
        <div className="w-44">
          <SelectField
            label={t.state}
            hideLabel
            name="state"
            value={filters.state}
            onChange={(e) => setFilters({ state: e.target.value })}
            options={[{ value: '', label: t.open }, ...states.map((value) => ({ value, label: t.states[value] }))]}
          />
        </div>
      }
      empty={(rows) => (rows.length > 0 ? null : { because: t.examplesEmpty })}
    >
      {(rows) => (
        <>
          <FreshItems list={list} />
          <div className={list.isPlaceholderData ? 'opacity-60' : ''}>
            <DataTable caption={t.examples} columns={columns} rows={rows} rowKey={(f) => f.id} />
          </div>
          <MoreItems list={list} shown={rows.length} />
        </>
      )}
    </Panel>
  );
}
