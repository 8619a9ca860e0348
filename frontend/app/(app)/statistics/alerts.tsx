'use client';

import { IntervalDot } from '@/components/charts';
import { Badge, Delta } from '@/components/marks';
import { Choice } from '@/components/menu';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import type { PrecisionItem, StatisticsPage } from '@/lib/api';
import { formatCount, formatPercent, formatProbability, unknownMark } from '@/lib/format';
import type { Asked } from '@/lib/query';
import { alertVerdict, leastPicks } from './records';
import { useText } from './words';

const sizes = ['1', '3', '5'] as const;

/** Alerts beside two choosers without a model. The figures of all three stand in one table, on one axis. */
export function Alerts({ statistics, k, onK }: { statistics: Asked<StatisticsPage>; k: string; onK: (k: string) => void }) {
  const t = useText();
  const size = sizes.find((s) => s === k) ?? '3';
  const rows = (d: StatisticsPage) => d.alerts.filter((a) => String(a.k) === size);
  const columns: Column<PrecisionItem>[] = [
    { key: 'who', head: t.model, lead: true, cell: (p) => <span className={p.chooser === 'sent' ? 'font-semibold' : ''}>{t.choosers[p.chooser]}</span> },
    { key: 'precision', head: t.precision, cell: (p) => <Precision item={p} /> },
    { key: 'base', head: t.baseRate, end: true, cell: (p) => <span className="tabular">{formatProbability(p.base_rate)}</span> },
    {
      key: 'net',
      head: t.netMean,
      end: true,
      cell: (p) =>
        p.net_mean_pct ? (
          <span className="inline-flex flex-wrap items-baseline justify-end gap-x-1.5">
            <Delta value={p.net_mean_pct.value} />
            {p.net_mean_pct.low !== null ? <span className="tabular text-xs text-muted">{t.interval(formatPercent(p.net_mean_pct.low), formatPercent(p.net_mean_pct.high))}</span> : null}
          </span>
        ) : (
          unknownMark
        ),
    },
    {
      key: 'n',
      head: t.picks,
      end: true,
      cell: (p) => <span className="tabular text-xs text-muted">{t.picksOf(formatCount(p.right), formatCount(p.picks), formatCount(p.days))}</span>,
    },
  ];
  return (
    <Panel
      title={t.alerts}
      note={t.alertsNote}
      query={statistics}
      rows={5}
      actions={
        <div className="w-44">
          <Choice legend={t.perDay} value={size} options={sizes.map((s) => ({ value: s, label: t.perDayOf(Number(s)) }))} onChange={onK} />
        </div>
      }
    >
      {(d) => {
        const shown = rows(d);
        const verdict = alertVerdict(shown);
        return (
          <>
            <p className="mb-3 font-medium">{verdict === 'few' ? t.alertVerdicts.few(String(leastPicks)) : t.alertVerdicts[verdict]}</p>
            {verdict === 'nothing' && shown.every((p) => p.picks === 0) ? (
              <p className="text-muted">{t.alertsEmpty}</p>
            ) : (
              <DataTable caption={t.alerts} columns={columns} rows={shown} rowKey={(p) => p.chooser} />
            )}
            <p className="tabular mt-3 border-t border-line pt-3 text-xs text-muted">
              {d.recall.moves === 0
                ? t.recallNone
                : t.recall(formatCount(d.recall.moves), formatCount(d.recall.alerted), formatCount(d.recall.right))}{' '}
              {d.recall.recall ? (
                <span className="whitespace-nowrap">
                  {formatProbability(d.recall.recall.value)} {t.interval(formatProbability(d.recall.recall.low), formatProbability(d.recall.recall.high))}
                </span>
              ) : null}
            </p>
            {d.inputs.length > 0 ? (
              <div className="mt-3 flex flex-wrap items-center gap-2 text-xs">
                <span className="text-muted">{t.inputs}</span>
                {d.inputs.map((f) => (
                  <Badge key={f.name} tone="warn">
                    {t.driftOf(t.drifts[f.name], String(f.value ?? unknownMark), String(f.limit ?? unknownMark))}
                  </Badge>
                ))}
              </div>
            ) : null}
          </>
        );
      }}
    </Panel>
  );
}

function Precision({ item }: { item: PrecisionItem }) {
  const t = useText();
  const p = item.precision;
  if (!p) return <span className="text-muted">{unknownMark}</span>;
  const few = item.picks < leastPicks;
  const [value, low, high] = [formatProbability(p.value), formatProbability(p.low), formatProbability(p.high)];
  return (
    <div className={`flex items-center gap-x-3 max-md:flex-wrap max-md:justify-end ${few ? 'opacity-70' : ''}`}>
      <div className="w-28 shrink-0 xl:w-36">
        <IntervalDot summary={t.precisionSummary(t.choosers[item.chooser], value, low, high)} value={p.value} low={p.low} high={p.high} domain={[0, 1]} reference={item.base_rate} />
      </div>
      <span className="tabular text-xs whitespace-nowrap" aria-hidden="true">
        <span className="text-sm font-semibold">{value}</span> <span className="text-muted">{t.interval(low, high)}</span>
      </span>
    </div>
  );
}
