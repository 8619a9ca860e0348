import type { StockItem } from '@/lib/api';
import { strongest } from '@/lib/signals';

export const sorts = ['code', 'name', 'change', 'fall', 'news', 'gap'] as const;
export type Sort = (typeof sorts)[number];

export const sortOf = (text: string): Sort => sorts.find((s) => s === text) ?? 'code';

const gapOf = (s: StockItem): number | null => {
  const best = strongest(s.signals);
  return best === null || best.probability === null || best.base_rate === null ? null : Math.abs(best.probability - best.base_rate);
};

/** Highest first, what is not known last. */
const descending = (a: number | null, b: number | null) => (a === null ? (b === null ? 0 : 1) : b === null ? -1 : b - a);

/** Stocks in an order of their own; those that are alike in it by code. */
export function sorted(stocks: readonly StockItem[], sort: Sort): StockItem[] {
  const compare: Record<Sort, (a: StockItem, b: StockItem) => number> = {
    code: () => 0,
    name: (a, b) => a.name.localeCompare(b.name, 'ko'),
    change: (a, b) => descending(a.change_pct, b.change_pct),
    fall: (a, b) => descending(a.change_pct === null ? null : -a.change_pct, b.change_pct === null ? null : -b.change_pct),
    news: (a, b) => b.news_24h - a.news_24h,
    gap: (a, b) => descending(gapOf(a), gapOf(b)),
  };
  return [...stocks].sort((a, b) => compare[sort](a, b) || a.code.localeCompare(b.code));
}

export interface Narrowing {
  market: string;
  only: string;
  watched: ReadonlySet<string>;
}

/** The stocks of a market, of the watchlist, or with news. */
export function narrowed(stocks: readonly StockItem[], { market, only, watched }: Narrowing): StockItem[] {
  return stocks.filter(
    (s) => (market === '' || s.market === market) && (only !== 'watched' || watched.has(s.code)) && (only !== 'news' || s.news_24h > 0),
  );
}
