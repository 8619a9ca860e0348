'use client';

import { useState, type ReactNode } from 'react';
import { IntervalDot } from '@/components/charts';
import { Button, ButtonLink } from '@/components/controls';
import { Confirm } from '@/components/dialog';
import { Field } from '@/components/field';
import { Badge, Foreign, NotAdvice } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable } from '@/components/table';
import { Day, Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type AbTestAnswer, type ModelRef, type StatisticsPage } from '@/lib/api';
import { formatCount, formatDecimal, formatProbability } from '@/lib/format';
import { useApi, useChange, type Asked } from '@/lib/query';
import { idOf, withSegment } from '@/lib/route';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { Actor } from '../../actors';
import { horizons, recordOf, skillDomain } from '../../models/logic';
import { estimateText } from '../../numbers';
import { healthOf, type HealthItem } from '../evidence';
import { useText } from '../words';
import { DifferencePanel, EvidencePanel } from './charts';
import { VerdictPanel } from './verdict';

export default withSegment(2, function AbTestView({ segment }) {
  const t = useText();
  const id = idOf(segment);
  if (id === null) {
    return (
      <Page title={t.title}>
        <p>{t.unknown}</p>
        <ButtonLink href={hrefs.abTests()}>{t.back}</ButtonLink>
      </Page>
    );
  }
  return <Known id={id} />;
});

function Known({ id }: { id: number }) {
  const t = useText();
  const common = useCommon();
  const [stopping, setStopping] = useState(false);
  const test = useApi(['ab-tests', id], (init) => api.getAbTestById(id, init), { every: 60 });
  const records = useApi(['statistics', 'live'], (init) => api.getStatistics({ origin: 'live', limit: 200 }, init), { every: 60 });
  const { data } = test;
  return (
    <Page
      title={data?.name ?? t.title}
      lead={data ? <Foreign>{`${t.versus(data.a.name, data.b.name)} · ${common.horizon(data.horizon)}`}</Foreign> : undefined}
      actions={
        <div className="flex flex-wrap items-center gap-2">
          <Updated query={test} />
          {data && data.ended_at === null ? (
            <Button look="danger" onClick={() => setStopping(true)}>
              {t.stop}
            </Button>
          ) : null}
          <ButtonLink href={hrefs.abTests()}>{t.back}</ButtonLink>
        </div>
      }
    >
      <VerdictPanel query={test} />
      <EvidencePanel query={test} />
      <DifferencePanel query={test} />
      <div className="grid gap-4 xl:grid-cols-2">
        <Health test={test} records={records} />
        <Horizons test={test} records={records} />
      </div>
      <Settings query={test} />
      <NotAdvice />
      {data ? <StopDialog id={id} open={stopping} onClose={() => setStopping(false)} /> : null}
    </Page>
  );
}

interface Both {
  test: AbTestAnswer;
  records: StatisticsPage;
}

/** Two questions as one: what needs both waits for both. */
function both(test: Asked<AbTestAnswer>, records: Asked<StatisticsPage>): Asked<Both> {
  return {
    data: test.data && records.data ? { test: test.data, records: records.data } : undefined,
    error: test.error ?? records.error,
    isPending: test.isPending || records.isPending,
    isFetching: test.isFetching || records.isFetching,
    dataUpdatedAt: Math.min(test.dataUpdatedAt, records.dataUpdatedAt),
    refetch: () => Promise.all([test.refetch(), records.refetch()]),
  };
}

const marks = { ok: '✓', warn: '⚠', failed: '✗', unknown: '–' } as const;

function Health({ test, records }: { test: Asked<AbTestAnswer>; records: Asked<StatisticsPage> }) {
  const t = useText();
  const count = (n: number | undefined) => formatCount(n);
  const say = (item: HealthItem): string => {
    const [first, second] = item.n;
    switch (item.key) {
      case 'pairing':
        return t.pairing(count(first));
      case 'models':
        return first ? t.modelsRetired(first) : t.modelsOk;
      case 'void':
      case 'late':
        return item.state === 'unknown' ? t.shareUnknown : t.shareOf(formatProbability(first), formatProbability(second));
      case 'thin':
        return item.state === 'unknown' ? t.thinUnknown : t.thin(count(first), count(second));
      case 'drift':
        return item.flags.length === 0 ? t.driftNone : '';
    }
  };
  return (
    <Panel title={t.health} note={t.healthNote} query={both(test, records)} rows={6}>
      {({ test: x, records: r }) => {
        const of = (m: ModelRef) => recordOf(r.items, m.id, x.horizon, 'live');
        return (
          <ul className="divide-y divide-line">
            {healthOf(x, of(x.a), of(x.b), r.inputs).map((item) => (
              <li key={item.key} className="flex gap-3 py-2 first:pt-0 last:pb-0">
                <span aria-hidden="true" className={`w-4 shrink-0 text-center ${item.state === 'warn' || item.state === 'failed' ? 'text-warn' : 'text-muted'}`}>
                  {marks[item.state]}
                </span>
                <div className="min-w-0">
                  <p className="font-medium">
                    {t.healthKeys[item.key]} <span className={`text-xs font-normal ${item.state === 'warn' || item.state === 'failed' ? 'text-warn' : 'text-muted'}`}>{t.healthStates[item.state]}</span>
                  </p>
                  <p className="text-xs text-muted">{say(item)}</p>
                  {item.flags.map((f, i) => (
                    <p key={i} className="tabular text-xs text-warn">
                      {t.driftFlag(t.drift[f.name], formatDecimal(f.value, 2), formatDecimal(f.limit, 2))}
                    </p>
                  ))}
                </div>
              </li>
            ))}
          </ul>
        );
      }}
    </Panel>
  );
}

function Horizons({ test, records }: { test: Asked<AbTestAnswer>; records: Asked<StatisticsPage> }) {
  const t = useText();
  const common = useCommon();
  return (
    <Panel title={t.horizons} note={t.horizonsNote} query={both(test, records)} rows={4}>
      {({ test: x, records: r }) => {
        const shown = r.items.filter((i) => i.model.id === x.a.id || i.model.id === x.b.id);
        const domain = skillDomain(shown);
        const cell = (m: ModelRef, h: number): ReactNode => {
          const record = recordOf(shown, m.id, h, 'live');
          if (!record) return <span className="text-xs text-muted">{t.noRecord}</span>;
          if (!record.skill) return <span className="text-xs text-muted">{t.needsMore(formatCount(record.needs.stock_days), formatCount(record.needs.days))}</span>;
          const text = estimateText(record.skill);
          return (
            <div className="tabular text-xs">
              {text}
              <div className="w-36 max-md:ml-auto">
                <IntervalDot summary={t.skillSummary(m.name, common.horizon(h), text)} value={record.skill.value} low={record.skill.low} high={record.skill.high} domain={domain} />
              </div>
            </div>
          );
        };
        return (
          <DataTable
            caption={t.horizons}
            rows={horizons}
            rowKey={(h) => h}
            columns={[
              {
                key: 'h',
                head: t.horizon,
                lead: true,
                cell: (h) => (
                  <span className="inline-flex flex-wrap items-center gap-x-2">
                    {common.horizon(h)}
                    {h === x.horizon ? <Badge>{t.judgedHere}</Badge> : null}
                  </span>
                ),
              },
              { key: 'a', head: `A · ${x.a.name}`, cell: (h) => cell(x.a, h) },
              { key: 'b', head: `B · ${x.b.name}`, cell: (h) => cell(x.b, h) },
            ]}
          />
        );
      }}
    </Panel>
  );
}

function Settings({ query }: { query: Asked<AbTestAnswer> }) {
  const t = useText();
  const common = useCommon();
  return (
    <Panel title={t.settings} note={t.settingsNote} query={query} rows={6}>
      {(x) => {
        const rows: [string, ReactNode][] = [
          [t.metric, t.metrics[x.metric]],
          [t.horizon, common.horizon(x.horizon)],
          [t.modelA, <Foreign key="a">{`${x.a.name} (${x.a.version})`}</Foreign>],
          [t.modelB, <Foreign key="b">{`${x.b.name} (${x.b.version})`}</Foreign>],
          [t.codes, x.codes.length === 0 ? t.allStocks : x.codes.join(', ')],
          [t.startsOn, <Day key="d" day={x.starts_on} />],
          [t.comparisonsAtOnce, formatCount(x.comparisons)],
          [t.thresholdLabel, formatCount(x.threshold)],
          [t.minimum, t.minimumValue(formatCount(x.min_days), formatCount(x.min_stock_days))],
          [t.maximum, t.maximumValue(formatCount(x.max_days))],
          [t.registeredAt, <Time key="t" at={x.created_at} as="exact" />],
          [t.registeredBy, <Actor key="u" id={x.created_by} />],
          ...(x.ended_at === null ? [] : ([[t.endedAt, <Time key="e" at={x.ended_at} as="exact" />]] satisfies [string, ReactNode][])),
        ];
        return (
          <dl className="grid gap-x-10 gap-y-1.5 md:grid-cols-2">
            {rows.map(([label, value]) => (
              <div key={label} className="flex justify-between gap-4 border-b border-line/60 pb-1.5">
                <dt className="shrink-0 text-xs text-muted">{label}</dt>
                <dd className="tabular min-w-0 text-right">{value}</dd>
              </div>
            ))}
          </dl>
        );
      }}
    </Panel>
  );
}

function StopDialog({ id, open, onClose }: { id: number; open: boolean; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const [reason, setReason] = useState('');
  const stop = useChange(() => api.postAbTestByIdStop(id, { reason: reason.trim() }), {
    invalidates: [['ab-tests']],
    onDone: () => {
      toast(t.stopped);
      onClose();
    },
  });
  return (
    <Confirm open={open} danger title={t.stopTitle} action={t.stop} busy={stop.busy} fault={stop.fault} onConfirm={() => void stop.run(undefined)} onClose={onClose}>
      <p className="mb-3">{t.stopBody}</p>
      <Field label={t.reason} name="reason" hint={t.reasonHint} value={reason} required maxLength={500} autoComplete="off" onChange={(e) => setReason(e.target.value)} />
    </Confirm>
  );
}
