'use client';

import { useMemo } from 'react';
import { Button } from '@/components/controls';
import { SelectField } from '@/components/field';
import { PriceChart } from '@/components/charts/price-chart';
import { Panel } from '@/components/panel';
import { api, type PricesAnswer } from '@/lib/api';
import { useAppNow } from '@/lib/clock';
import { formatCount, formatDay } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useIsLit, type Lit } from '@/lib/lit';
import { useApi, type Asked } from '@/lib/query';
import { markedDays, markersOf, mondayBefore, withoutBar, type MarkedDay } from './marks';
import { useText, type Filters } from './words';

const ranges = { m3: 91, m6: 182, y1: 365, y3: 1095 } as const;
type Range = keyof typeof ranges;
const rangeOf = (text: string): Range => (text === 'm3' || text === 'y1' || text === 'y3' ? text : 'm6');

/** A chart without anything in it, which takes the room of the one to come. */
const nothing = { bars: [], news: [], predictions: [] } satisfies Drawable;
type Drawable = Pick<PricesAnswer, 'bars' | 'news' | 'predictions'>;

interface Props {
  name: string;
  prices: Asked<PricesAnswer>;
  filters: Filters;
  onChange: (change: Partial<Filters>) => void;
  /** The trading day that is pointed at, here or in a list. */
  lit: Lit;
}

/** What the filters ask for of a stock's price. */
export function usePrices(code: string, filters: Filters): Asked<PricesAnswer> {
  const minutes = filters.interval === 'minute';
  const from = mondayBefore(useAppNow(), ranges[rangeOf(filters.range)]);
  return useApi(
    ['stocks', code, 'prices', minutes ? 'minute' : from],
    (init) => api.getStocksByCodePrices(code, minutes ? { interval: 'minute' } : { interval: 'day', from }, init),
    { every: 60 },
  );
}

/** The price with what was in the news and what was said of it. */
export function PricePanel({ name, prices, filters, onChange, lit }: Props) {
  const t = useText();
  const minutes = filters.interval === 'minute';
  const range = rangeOf(filters.range);
  return (
    <Panel
      title={t.chart.title}
      note={minutes ? undefined : t.chart.note}
      query={prices}
      outline={minutes ? undefined : <Days name={name} prices={nothing} day={filters.day} onDay={(day) => onChange({ day })} lit={lit} />}
      rows={20}
      actions={
        <div className="flex gap-2">
          <SelectField
            label={t.chart.interval}
            hideLabel
            name="interval"
            value={minutes ? 'minute' : 'day'}
            onChange={(e) => onChange({ interval: e.target.value })}
            options={(['day', 'minute'] as const).map((i) => ({ value: i, label: t.chart.intervals[i] }))}
          />
          {minutes ? null : (
            <SelectField
              label={t.chart.range}
              hideLabel
              name="range"
              value={range}
              onChange={(e) => onChange({ range: e.target.value })}
              options={(['m3', 'm6', 'y1', 'y3'] as const).map((r) => ({ value: r, label: t.chart.ranges[r] }))}
            />
          )}
        </div>
      }
      empty={(p) => {
        if (minutes) return p.interval === 'minute' && p.minutes.length > 0 ? null : { because: t.chart.emptyMinute };
        return p.bars.length > 0 ? null : { because: t.chart.empty };
      }}
    >
      {(p) => (minutes ? <Minutes name={name} prices={p} /> : <Days name={name} prices={p} day={filters.day} onDay={(day) => onChange({ day })} lit={lit} />)}
    </Panel>
  );
}

function Minutes({ name, prices }: { name: string; prices: PricesAnswer }) {
  const t = useText();
  return <PriceChart summary={t.chart.minuteSummary(name, formatCount(prices.minutes.length))} bars={prices.bars} minutes={prices.minutes} />;
}

function Days({ name, prices, day, onDay, lit }: { name: string; prices: Drawable; day: string; onDay: (day: string) => void; lit: Lit }) {
  const t = useText();
  const locale = useLocale();
  const { bars, news, predictions } = prices;
  const days = useMemo(() => markedDays(news, predictions), [news, predictions]);
  const markers = useMemo(() => markersOf(days), [days]);
  const pending = withoutBar(days, bars);
  const describe = (d: MarkedDay) =>
    t.chart.dayOption(
      formatDay(d.day, locale),
      d.stories > 0 ? t.chart.newsCount(d.stories) : '',
      d.predictions.length > 0 ? t.chart.predictionCount(d.predictions.length) : '',
    );
  return (
    <div className="space-y-3">
      <PriceChart
        summary={t.chart.summary(name, formatDay(bars[0]?.day, locale), formatDay(bars.at(-1)?.day, locale), formatCount(bars.length))}
        bars={bars}
        markers={markers}
        onDay={onDay}
        lit={lit}
        describe={(of) => {
          const marked = days.find((d) => d.day === of);
          return marked ? describe(marked) : formatDay(of, locale);
        }}
      />
      <ul aria-label={t.chart.legend} className="flex flex-wrap gap-x-4 gap-y-0.5 text-2xs text-muted">
        {[t.chart.legendNews, t.chart.legendOpen, t.chart.legendRight, t.chart.legendWrong, t.chart.legendMixed, t.chart.legendBacktest].map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      <div className="flex flex-wrap items-end gap-3">
        <div className="w-full max-w-72">
          <SelectField
            label={t.chart.day}
            name="day"
            value={day}
            onChange={(e) => onDay(e.target.value)}
            options={[
              { value: '', label: t.chart.anyDay },
              ...(day && !days.some((d) => d.day === day) ? [{ value: day, label: formatDay(day, locale) }] : []),
              ...days.map((d) => ({ value: d.day, label: describe(d) })),
            ]}
          />
        </div>
        {pending.length > 0 ? (
          <p className="flex flex-wrap items-center gap-2 text-xs text-muted">
            {t.chart.pending}
            {pending.map((d) => (
              <Pending key={d.day} day={d.day} lit={lit} pressed={d.day === day} onDay={onDay}>
                {describe(d)}
              </Pending>
            ))}
          </p>
        ) : null}
      </div>
    </div>
  );
}

/** A marked day without a bar, which the chart cannot show. */
function Pending({ day, lit, pressed, onDay, children }: { day: string; lit: Lit; pressed: boolean; onDay: (day: string) => void; children: string }) {
  const isLit = useIsLit(lit, day);
  return (
    <Button
      aria-pressed={pressed}
      className={isLit ? 'outline-2 outline-offset-2 outline-ink' : ''}
      onClick={() => onDay(day)}
      onMouseEnter={() => lit.set(day)}
      onMouseLeave={() => lit.set('')}
      onFocus={() => lit.set(day)}
      onBlur={() => lit.set('')}
    >
      {children}
    </Button>
  );
}
