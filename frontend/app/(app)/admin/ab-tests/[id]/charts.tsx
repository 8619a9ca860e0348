'use client';

import { LineWithBand } from '@/components/charts';
import { Panel, type Empty } from '@/components/panel';
import type { AbTestAnswer } from '@/lib/api';
import { formatCount, formatDay, formatDecimal, unknownMark } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import type { Asked } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { capitalText, crossings, dayAt, wordOf } from '../evidence';
import { useText } from '../words';

function useParts() {
  const t = useText();
  const common = useCommon();
  const locale = useLocale();
  return {
    t,
    locale,
    amount: (value: number | null) => capitalText(value, locale) ?? unknownMark,
    score: (value: number | null) => formatDecimal(value, 4),
    empty: (x: AbTestAnswer): Empty | null => (x.evidence.length > 0 ? null : { because: t.evidenceEmpty(formatDay(x.starts_on, locale), common.horizon(x.horizon)) }),
    /** Stock-days, with the day that they were reached on. */
    axis: (x: AbTestAnswer) => (stockDays: number) => {
      const day = dayAt(x.evidence, stockDays);
      return `${formatCount(stockDays)}${day ? ` · ${formatDay(day, locale)}` : ''}`;
    },
  };
}

/** What 1 has become that was bet on either: once it has crossed, that stays marked. */
export function EvidencePanel({ query }: { query: Asked<AbTestAnswer> }) {
  const { t, locale, amount, empty, axis } = useParts();
  return (
    <Panel title={t.evidence} note={t.evidenceNote} query={query} rows={8} empty={empty}>
      {(x) => {
        const last = x.evidence.at(-1);
        const [a, b] = [amount(last?.for_a ?? null), amount(last?.for_b ?? null)];
        const threshold = formatCount(x.threshold);
        return (
          <div className="space-y-3">
            <LineWithBand
              summary={t.evidenceSummary(t.words[wordOf(x)], a, b, threshold)}
              log
              series={[
                { name: 'B', points: x.evidence.map((p) => ({ x: p.stock_days, y: p.for_b })) },
                { name: 'A', dash: true, points: x.evidence.map((p) => ({ x: p.stock_days, y: p.for_a })) },
              ]}
              marks={[
                { y: 1, name: t.noEvidence },
                { y: x.threshold, name: t.threshold(threshold) },
              ]}
              events={crossings(x.evidence, x.threshold).map((c) => ({ x: c.at, y: c.value, name: t.crossedMark(c.side.toUpperCase(), formatDay(c.day, locale)) }))}
              formatX={axis(x)}
              formatY={(v) => amount(v)}
              table={() => ({
                head: [t.day, t.stockDays, t.betA, t.betB],
                rows: x.evidence.map((p) => [p.day, formatCount(p.stock_days), amount(p.for_a), amount(p.for_b)]),
              })}
            />
            <ul className="space-y-0.5">
              <li>{t.bet('B', b, threshold)}</li>
              <li>{t.bet('A', a, threshold)}</li>
            </ul>
            <p className="text-xs text-muted">{t.betNote}</p>
          </div>
        );
      }}
    </Panel>
  );
}

/** The mean difference of scores in its confidence sequence, around 0. */
export function DifferencePanel({ query }: { query: Asked<AbTestAnswer> }) {
  const { t, score, empty, axis } = useParts();
  return (
    <Panel title={t.difference} note={t.differenceNote} query={query} rows={8} empty={empty}>
      {(x) => {
        const last = x.evidence.at(-1);
        return (
          <LineWithBand
            summary={t.differenceSummary(score(last?.mean ?? null), score(last?.low ?? null), score(last?.high ?? null))}
            series={[{ name: 'B − A', points: x.evidence.map((p) => ({ x: p.stock_days, y: p.mean, low: p.low, high: p.high })) }]}
            marks={[{ y: 0, name: t.noDifference }]}
            formatX={axis(x)}
            formatY={(v) => formatDecimal(v, 3)}
            table={() => ({
              head: [t.day, t.stockDays, t.mean, t.low, t.high],
              rows: x.evidence.map((p) => [p.day, formatCount(p.stock_days), score(p.mean), score(p.low), score(p.high)]),
            })}
          />
        );
      }}
    </Panel>
  );
}
