'use client';

import Link from 'next/link';
import { Button } from '@/components/controls';
import { PredictionRows } from '@/components/forecast/rows';
import { usePredictionText } from '@/components/forecast/words';
import { FreshItems, MoreItems } from '@/components/list';
import { Badge, Foreign, Probability } from '@/components/marks';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { api, type NewsItem, type NewsItemPage, type Prediction, type PredictionPage } from '@/lib/api';
import { formatDay } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useIsLit, type Lit } from '@/lib/lit';
import { useList } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { strongest } from '@/lib/signals';
import { spanOf } from './marks';
import { useText, type Filters } from './words';

interface Props {
  code: string;
  /** A trading day, or empty for all. */
  day: string;
  onDay: (day: string) => void;
  /** Which of the two walks: of a day both are shown. */
  origin: string;
}

const originOf = (text: string): Origin => (text === 'backtest' ? 'backtest' : 'live');
type Origin = 'live' | 'backtest';

/** A day's items, live and of the walk through history, newest first: the chart's marks count both. */
async function ofBoth<T extends { id: number }>(ask: (origin: Origin) => Promise<{ items: T[] }>, at: (item: T) => string) {
  const [live, backtest] = await Promise.all([ask('live'), ask('backtest')]);
  const time = (item: T) => new Date(at(item)).getTime();
  return { items: [...live.items, ...backtest.items].sort((a, b) => time(b) - time(a) || b.id - a.id), next_cursor: null };
}

function OneDay({ day, onDay }: { day: string; onDay: (day: string) => void }) {
  const t = useText();
  const locale = useLocale();
  if (day === '') return null;
  return (
    <span className="flex items-center gap-2 text-xs">
      {t.ofDay(formatDay(day, locale))}
      <Button onClick={() => onDay('')}>{t.clearDay}</Button>
    </span>
  );
}

/** The stock's stories, of one trading day or of all. */
export function NewsList({ code, day, onDay, origin, lit }: Props & { lit: Lit }) {
  const t = useText();
  const locale = useLocale();
  const list = useList<NewsItem, NewsItemPage>(
    ['stocks', code, 'news', day, originOf(origin)],
    (cursor, init) =>
      day === ''
        ? api.getStocksByCodeNews(code, { limit: 15, cursor, origin: originOf(origin) }, init)
        : ofBoth(
            (o) => api.getStocksByCodeNews(code, { limit: 200, origin: o, ...spanOf(day) }, init),
            (item) => item.available_at,
          ),
    (item) => item.id,
  );
  const ofDay = (items: NewsItem[]) => (day === '' ? items : items.filter((i) => i.base_day === day));
  return (
    <Panel
      title={t.news}
      query={list}
      rows={6}
      actions={<OneDay day={day} onDay={onDay} />}
      empty={(items) => (ofDay(items).length > 0 ? null : { because: day === '' ? t.newsEmpty : t.newsEmptyDay(formatDay(day, locale)) })}
    >
      {(items) => (
        <>
          <FreshItems list={list} />
          <ul className={`divide-y divide-line ${list.isPlaceholderData ? 'opacity-60' : ''}`}>
            {ofDay(items).map((item) => (
              <NewsRow key={item.id} item={item} onDay={onDay} lit={lit} />
            ))}
          </ul>
          <MoreItems list={list} shown={ofDay(items).length} />
        </>
      )}
    </Panel>
  );
}

function NewsRow({ item, onDay, lit }: { item: NewsItem; onDay: (day: string) => void; lit: Lit }) {
  const t = useText();
  const words = usePredictionText();
  const locale = useLocale();
  const best = strongest(item.signals);
  const { base_day } = item;
  const isLit = useIsLit(lit, base_day);
  return (
    <li
      data-lit={isLit || undefined}
      className={`-mx-2 border-l-2 px-2 py-2.5 first:pt-1 ${isLit ? 'border-l-ink bg-sunken' : 'border-l-transparent'}`}
      onMouseEnter={() => lit.set(base_day ?? '')}
      onMouseLeave={() => lit.set('')}
      onFocus={() => lit.set(base_day ?? '')}
      onBlur={() => lit.set('')}
    >
      <p className="flex flex-wrap items-baseline gap-x-2 text-xs text-muted">
        <Time at={item.available_at} />
        <span className="line-clamp-1 max-w-64">
          <Foreign>{item.press || item.source}</Foreign>
        </span>
        {item.kind === 'disclosure' ? <Badge>{t.disclosure}</Badge> : null}
        {item.articles > 1 ? <Badge>{t.outlets(item.articles)}</Badge> : null}
        {item.origin === 'backtest' ? <Badge>{words.origins.backtest}</Badge> : null}
        {base_day ? (
          <button type="button" className="link tabular inline-flex min-h-6 items-center" title={t.pickDay(formatDay(base_day, locale))} onClick={() => onDay(base_day)}>
            {t.forDay(formatDay(base_day, locale))}
          </button>
        ) : null}
      </p>
      <h3 className="font-medium">
        <Link href={hrefs.article(item.id)} prefetch={false} className="line-clamp-2 min-h-6 hover:underline">
          <Foreign>{item.title}</Foreign>
        </Link>
      </h3>
      {best ? (
        <Link href={hrefs.prediction(best.prediction_id)} prefetch={false} className="hover:underline">
          <Probability probability={best.probability} baseRate={best.base_rate} horizon={best.horizon} />
        </Link>
      ) : null}
    </li>
  );
}

/** What all models said of the stock, live or in a walk through history. */
export function PredictionList({ code, day, onDay, origin, onOrigin }: Props & { onOrigin: (change: Partial<Filters>) => void }) {
  const t = useText();
  const words = usePredictionText();
  const locale = useLocale();
  const list = useList<Prediction, PredictionPage>(
    ['stocks', code, 'predictions', day, originOf(origin)],
    (cursor, init) =>
      day === ''
        ? api.getStocksByCodePredictions(code, { limit: 18, cursor, origin: originOf(origin) }, init)
        : ofBoth(
            (o) => api.getStocksByCodePredictions(code, { limit: 200, origin: o, ...spanOf(day) }, init),
            (item) => item.as_of,
          ),
    (item) => item.id,
  );
  const ofDay = (items: Prediction[]) => (day === '' ? items : items.filter((p) => p.base_day === day));
  return (
    <Panel
      title={t.predictions}
      query={list}
      rows={6}
      actions={
        <span className="flex flex-wrap items-center gap-2">
          <OneDay day={day} onDay={onDay} />
          {day === ''
            ? (['live', 'backtest'] as const).map((o) => (
                <Button key={o} aria-pressed={o === originOf(origin)} look={o === originOf(origin) ? 'secondary' : 'quiet'} onClick={() => onOrigin({ origin: o })}>
                  {words.origins[o]}
                </Button>
              ))
            : null}
          <Link href={hrefs.predictions({ code })} prefetch={false} className="link text-xs text-muted">
            {t.allPredictions}
          </Link>
        </span>
      }
      empty={(items) => (ofDay(items).length > 0 ? null : { because: day === '' ? t.predictionsEmpty : t.predictionsEmptyDay(formatDay(day, locale)) })}
    >
      {(items) => (
        <>
          <FreshItems list={list} />
          <div className={list.isPlaceholderData ? 'opacity-60' : ''}>
            <PredictionRows predictions={ofDay(items)} stock={false} />
          </div>
          <MoreItems list={list} shown={ofDay(items).length} />
        </>
      )}
    </Panel>
  );
}
