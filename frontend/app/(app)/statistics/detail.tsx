'use client';

import type { ReactNode } from 'react';
import { LineWithBand, Reliability } from '@/components/charts';
import { SelectField } from '@/components/field';
import { Badge } from '@/components/marks';
import { EmptyNote, Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Day, Time } from '@/components/time';
import { api, type DailyItem, type Estimate, type RecordItem, type ReliabilityItem, type StatisticsPage } from '@/lib/api';
import { formatCount, formatDay, formatDecimal, formatProbability, unknownMark } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { allItems } from '@/lib/pages';
import { useApi, type Asked } from '@/lib/query';
import { recordKey, skillOverTime, sortRecords, tooGood } from './records';
import { useProgressWords } from './verdict';
import { useText } from './words';

/** Days that are read for the curve: two hundred a page. */
const mostPages = 5;
const leastBin = 30;

interface Props {
  statistics: Asked<StatisticsPage>;
  chosen: RecordItem | null;
  onChoose: (key: string) => void;
}

export function Detail({ statistics, chosen, onChoose }: Props) {
  const t = useText();
  return (
    <section id="record" aria-labelledby="record-title" className="scroll-mt-16 space-y-4 pt-2">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <h2 id="record-title" className="text-lg font-semibold tracking-tight">
          {t.detail}
        </h2>
        {statistics.data && chosen ? (
          <div className="w-80 max-w-full">
            <SelectField
              label={t.chosen}
              name="record"
              value={recordKey(chosen)}
              onChange={(e) => onChoose(e.target.value)}
              options={sortRecords(statistics.data.items).map((r) => ({
                value: recordKey(r),
                label: `${r.model.name} · ${t.horizonOf(r.horizon)} · ${r.origin === 'live' ? t.detailLive : t.backtestBadge}`,
              }))}
            />
          </div>
        ) : null}
      </div>
      {chosen ? (
        <>
          {chosen.origin === 'backtest' ? (
            <p className="text-xs text-muted">
              <Badge>{t.backtestBadge}</Badge> {t.backtestNote}
            </p>
          ) : null}
          <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
            <Calibration record={chosen} />
            <div className="min-w-0 space-y-4">
              <OverTime record={chosen} />
              <Measures statistics={statistics} record={chosen} />
            </div>
          </div>
        </>
      ) : null}
    </section>
  );
}

function CollectingWords({ record }: { record: RecordItem }) {
  const t = useText();
  const words = useProgressWords()(record);
  return (
    <div className="tabular py-3 text-muted">
      <p>{t.calibrationEmpty}</p>
      {words ? (
        <p className="mt-1 text-xs">
          {words.progress} · {words.left}
        </p>
      ) : null}
    </div>
  );
}

function Calibration({ record }: { record: RecordItem }) {
  const t = useText();
  const query = useApi<ReliabilityItem | null>(
    ['statistics', 'calibration', recordKey(record)],
    async (init) => (await api.getStatisticsCalibration({ model: record.model.id, horizon: asHorizon(record.horizon), origin: record.origin }, init)).items[0] ?? null,
    { every: 120 },
  );
  return (
    <Panel title={t.calibration} note={t.calibrationNote} query={query} rows={10}>
      {(c) => {
        if (!c || c.bins.length === 0) return <CollectingWords record={record} />;
        const outside = c.bins.filter((b) => b.frequency !== null && ((b.low !== null && b.frequency < b.low) || (b.high !== null && b.frequency > b.high))).length;
        return (
          <div className={query.isPlaceholderData ? 'opacity-60' : ''}>
            <div className="mx-auto max-w-md">
              <Reliability
                summary={t.calibrationSummary(formatCount(c.bins.length), formatCount(outside))}
                bins={c.bins}
                fewest={leastBin}
                labels={{ predicted: t.predicted, happened: t.happened }}
                table={() => ({
                  head: [t.bin, t.frequency, t.bandColumn, t.n],
                  rows: c.bins.map((b) => [formatProbability(b.mean), formatProbability(b.frequency), `${formatProbability(b.low)} – ${formatProbability(b.high)}`, formatCount(b.stock_days)]),
                })}
              />
            </div>
            <p className="mt-2 text-xs text-muted">{t.band}</p>
            {c.ece !== null ? <p className="tabular mt-3 border-t border-line pt-3 text-xs">{t.ece(formatDecimal(c.ece, 3), formatDecimal(c.ece_null95, 3))}</p> : null}
            <dl className="tabular mt-1.5 space-y-1.5 text-xs">
              <Line name={t.slope} note={t.slopeNote}>
                <Ranged e={c.slope} digits={2} />
              </Line>
              <Line name={t.intercept} note={t.compareZero}>
                <Ranged e={c.intercept} digits={2} />
              </Line>
              <Line name={t.inTheLarge} note="|z| ≤ 3">
                {formatDecimal(c.in_the_large_z, 2)}
              </Line>
              <Line name={t.recalibration}>
                {c.recalibration ? (
                  <>
                    {t.recalibrationOf(formatDecimal(c.recalibration.slope, 2), formatDecimal(c.recalibration.slope_low, 2), formatDecimal(c.recalibration.slope_high, 2))}.{' '}
                    {record.origin === 'backtest' ? t.recalibrationWalk : c.recalibration.proven ? t.proven : t.unproven} {c.recalibration.drifting ? t.drifting : ''}
                  </>
                ) : (
                  t.recalibrationNone
                )}
              </Line>
            </dl>
          </div>
        );
      }}
    </Panel>
  );
}

function asHorizon(h: number): 1 | 3 | 5 | undefined {
  return h === 1 || h === 3 || h === 5 ? h : undefined;
}

function Line({ name, note, children }: { name: string; note?: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-baseline gap-x-2">
      <dt className="font-medium">{name}</dt>
      <dd>{children}</dd>
      {note ? <dd className="text-muted">{note}</dd> : null}
    </div>
  );
}

/** A figure with its interval, as text. */
function Ranged({ e, digits }: { e: Estimate | null; digits: number }) {
  const t = useText();
  if (!e || e.value === null) return <span>{unknownMark}</span>;
  return (
    <span className="tabular whitespace-nowrap">
      <span className="font-medium">{formatDecimal(e.value, digits)}</span>
      {e.low !== null && e.high !== null ? <span className="text-muted"> {t.interval(formatDecimal(e.low, digits), formatDecimal(e.high, digits))}</span> : null}
    </span>
  );
}

function OverTime({ record }: { record: RecordItem }) {
  const t = useText();
  const locale = useLocale();
  const query = useApi<DailyItem[]>(
    ['statistics', 'daily', recordKey(record)],
    (init) =>
      allItems((cursor) => api.getStatisticsDaily({ model: record.model.id, horizon: asHorizon(record.horizon), origin: record.origin, limit: 200, cursor }, init), mostPages),
    { every: 120 },
  );
  return (
    <Panel title={t.time} note={t.timeNote} query={query} rows={10}>
      {(days) => {
        const points = skillOverTime(days, record.horizon);
        const last = points.at(-1);
        if (!last || record.verdict === 'collecting') return <CollectingWords record={record} />;
        const at = (x: number) => formatDay(new Date(x + 9 * 3_600_000).toISOString(), locale).replace(/\(.\)|^\w+ /, '');
        return (
          <div className={query.isPlaceholderData ? 'opacity-60' : ''}>
            <LineWithBand
              summary={t.timeSummary(formatDecimal(last.skill, 3), formatDay(last.day, locale), formatDecimal(last.low, 3), formatDecimal(last.high, 3))}
              series={[{ name: record.model.name, points: points.map((p) => ({ x: p.x, y: p.skill, low: p.low, high: p.high })) }]}
              marks={[{ y: 0, name: t.timeZero }]}
              formatX={at}
              formatY={(y) => formatDecimal(y, 2)}
            />
            <Daily days={days} />
          </div>
        );
      }}
    </Panel>
  );
}

/** The single days, newest first. */
function Daily({ days }: { days: readonly DailyItem[] }) {
  const t = useText();
  return (
    <details className="mt-2 text-xs">
      <summary className="link inline-block text-muted">{t.daily}</summary>
      <div tabIndex={0} role="region" aria-label={t.daily} className="mt-2 max-h-80 overflow-auto rounded-control border border-line">
        <table className="tabular w-full">
          <caption className="sr-only">{t.daily}</caption>
          <thead>
            <tr>
              {[t.day, t.n, t.brierBase, t.rightOf, t.ic].map((h, i) => (
                <th key={h} scope="col" className={`sticky top-0 bg-sunken px-2 py-1 font-medium ${i === 0 ? 'text-left' : 'text-right'}`}>
                  {h}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...days]
              .sort((a, b) => b.day.localeCompare(a.day))
              .map((d) => (
                <tr key={d.day} className="border-t border-line">
                  <td className="px-2 py-1">
                    <Day day={d.day} />
                  </td>
                  <td className="px-2 py-1 text-right">{formatCount(d.stock_days)}</td>
                  <td className="px-2 py-1 text-right whitespace-nowrap">
                    {formatDecimal(d.brier, 3)} / {formatDecimal(d.base_brier, 3)}
                  </td>
                  <td className="px-2 py-1 text-right whitespace-nowrap">
                    {formatCount(d.right)} / {formatCount(d.said)}
                  </td>
                  <td className="px-2 py-1 text-right">{formatDecimal(d.ic, 2)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

interface Measure {
  key: string;
  name: string;
  value: ReactNode;
  compare: string;
}

function Measures({ statistics, record: r }: { statistics: Asked<StatisticsPage>; record: RecordItem }) {
  const t = useText();
  const n = (value: number) => formatCount(value);
  const oneWay = r.up_rate === null ? unknownMark : formatProbability(Math.max(r.up_rate, 1 - r.up_rate));
  const rows: Measure[] = [
    { key: 'brier', name: t.names.brier, value: formatDecimal(r.brier, 4), compare: t.baseOf(formatDecimal(r.base_brier, 4)) },
    { key: 'logLoss', name: t.names.logLoss, value: <Ranged e={r.log_loss} digits={4} />, compare: t.baseOf(formatDecimal(r.base_log_loss, 4)) },
    { key: 'accuracy', name: t.names.accuracy, value: <Shares e={r.accuracy} />, compare: t.compareUp(oneWay) },
    { key: 'wilson', name: t.names.wilson, value: <Shares e={r.accuracy_if_independent} />, compare: t.compareUp(oneWay) },
    { key: 'balanced', name: t.names.balanced, value: <Shares e={r.balanced_accuracy} />, compare: '50%' },
    { key: 'auc', name: t.names.auc, value: <Ranged e={r.auc} digits={3} />, compare: t.compareHalf },
    { key: 'ic', name: t.names.ic, value: <Ranged e={r.ic} digits={3} />, compare: `${t.compareZero} · ${t.days(n(r.ic_days))}` },
    { key: 'icir', name: t.names.icir, value: formatDecimal(r.icir, 2), compare: t.compareZero },
    { key: 'coverage', name: t.names.coverage, value: formatProbability(r.coverage), compare: '' },
    { key: 'upRate', name: t.names.upRate, value: formatProbability(r.up_rate), compare: '' },
  ];
  if (r.three_way) rows.push({ key: 'rps', name: t.names.rps, value: formatDecimal(r.three_way.rps, 4), compare: t.baseOf(formatDecimal(r.three_way.base_rps, 4)) });
  const columns: Column<Measure>[] = [
    { key: 'name', head: t.measure, lead: true, cell: (m) => m.name },
    { key: 'value', head: t.value, end: true, cell: (m) => <span className="tabular">{m.value}</span> },
    { key: 'compare', head: t.compare, cell: (m) => <span className="tabular text-xs text-muted">{m.compare}</span> },
  ];
  return (
    <Panel title={t.measures} note={t.countsNote} query={statistics} rows={6}>
      {() => (
        <>
          <ul className="tabular mb-3 space-y-0.5 text-xs text-muted">
            <li>{t.counts(n(r.articles), n(r.stories), n(r.stock_days), n(r.days))}</li>
            <li>{t.notScored(n(r.void), n(r.late))}</li>
            {r.from ? (
              <li>
                {t.period} <Day day={r.from} /> – <Day day={r.to} />
              </li>
            ) : null}
            {r.judged_at ? (
              <li>
                {t.judgedAt} <Time at={r.judged_at} as="exact" />
              </li>
            ) : null}
          </ul>
          {r.drift.length > 0 ? (
            <p className="mb-3 flex flex-wrap gap-2">
              {r.drift.map((f) => (
                <Badge key={f.name} tone="warn">
                  {t.driftOf(t.drifts[f.name], formatDecimal(f.value, 2), formatDecimal(f.limit, 2))}
                </Badge>
              ))}
            </p>
          ) : null}
          {r.verdict === 'collecting' ? <EmptyNote empty={{ because: t.calibrationEmpty }} /> : <DataTable caption={t.measures} columns={columns} rows={rows} rowKey={(m) => m.key} />}
          {tooGood(r) ? <p className="mt-3 border-t border-line pt-3 text-xs text-muted">{t.tooGood}</p> : null}
        </>
      )}
    </Panel>
  );
}

/** A share with its interval, in whole percent. */
function Shares({ e }: { e: Estimate | null }) {
  const t = useText();
  if (!e || e.value === null) return <span>{unknownMark}</span>;
  return (
    <span className="tabular whitespace-nowrap">
      <span className="font-medium">{formatProbability(e.value)}</span>
      {e.low !== null && e.high !== null ? <span className="text-muted"> {t.interval(formatProbability(e.low), formatProbability(e.high))}</span> : null}
    </span>
  );
}
