'use client';

import type { ReactNode } from 'react';
import { Foreign } from '@/components/marks';
import { Panel, type Collecting } from '@/components/panel';
import type { AbTestAnswer } from '@/lib/api';
import { formatCount, formatDay, formatDecimal, unknownMark } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import type { Asked } from '@/lib/query';
import { useActors } from '../../actors';
import { capitalText, crossings, holdsZero, lacking, wordOf } from '../evidence';
import { useText } from '../words';

/** The one word for how it stands, what that means, and why. */
export function VerdictPanel({ query }: { query: Asked<AbTestAnswer> }) {
  const t = useText();
  const collecting = (x: AbTestAnswer): Collecting | null => {
    const less = x.ended_at === null ? lacking(x) : null;
    if (!less) return null;
    // Of the two that are needed, the one that is further off.
    const byDays = x.days / x.min_days <= x.stock_days / x.min_stock_days;
    return {
      have: byDays ? x.days : x.stock_days,
      needed: byDays ? x.min_days : x.min_stock_days,
      note: t.needNote(formatCount(less.days), formatCount(less.stockDays)),
    };
  };
  return (
    <Panel title={t.verdict} query={query} rows={5} collecting={collecting}>
      {(x) => {
        const word = wordOf(x);
        const warn = word === 'void';
        return (
          <div className={`border-l-4 pl-4 ${warn ? 'border-warn' : word === 'a_better' || word === 'b_better' ? 'border-ink' : 'border-line'}`}>
            <p className={`text-xl leading-snug font-semibold tracking-tight ${warn ? 'text-warn' : ''}`}>
              {warn ? <span aria-hidden="true">⚠ </span> : null}
              {t.words[word]}
            </p>
            <p className="mt-1 max-w-3xl text-muted">{t.meanings[word]}</p>
            <h3 className="mt-3 text-xs font-medium text-muted">{t.reasons}</h3>
            <Reasons test={x} />
          </div>
        );
      }}
    </Panel>
  );
}

function Reasons({ test: x }: { test: AbTestAnswer }) {
  const t = useText();
  const locale = useLocale();
  const actor = useActors();
  const last = x.evidence.at(-1);
  const n = (value: number) => formatCount(value);
  const amount = (value: number | null) => capitalText(value, locale) ?? unknownMark;
  const crossed = crossings(x.evidence, x.threshold);
  const zero = last ? holdsZero(last) : null;
  const reasons: ReactNode[] = [t.need(n(x.days), n(x.min_days), n(x.stock_days), n(x.min_stock_days))];
  if (x.stopped_by !== null) reasons.unshift(t.stoppedBy(actor(x.stopped_by)));
  if (x.reason !== '') {
    reasons.splice(
      1,
      0,
      <>
        {t.stopReason}: <Foreign>{x.reason}</Foreign>
      </>,
    );
  }
  if (last) reasons.push(t.capitals(amount(last.for_a), amount(last.for_b), n(x.threshold)));
  for (const c of crossed) {
    const side = c.side.toUpperCase();
    const day = formatDay(c.day, locale);
    reasons.push(x.verdict === 'collecting' ? t.crossedEarly(side, day) : x.verdict === 'undecided' ? t.crossedOnce(side, day) : t.crossed(side, day, amount(c.value)));
  }
  if (last && crossed.length === 0) reasons.push(t.notCrossed);
  if (last && zero !== null) reasons.push(t.interval(formatDecimal(last.low, 4), formatDecimal(last.high, 4), zero));
  reasons.push(t.comparisons(x.comparisons, n(x.ever_tried)), t.sequential);
  return (
    <ul className="mt-1 list-disc space-y-0.5 pl-5">
      {reasons.map((reason, i) => (
        <li key={i}>{reason}</li>
      ))}
    </ul>
  );
}
