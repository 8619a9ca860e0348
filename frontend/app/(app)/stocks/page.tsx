'use client';

import Link from 'next/link';
import { useEffect, useMemo, useState } from 'react';
import { Button } from '@/components/controls';
import { Field, SelectField } from '@/components/field';
import { Badge, Delta, NotAdvice, Price, StockLink } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { Star, useWatchlist } from '@/components/star';
import { DataTable, type Column } from '@/components/table';
import { api, type Signal, type StockItem } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { formatCount, formatProbability } from '@/lib/format';
import { dictionary } from '@/lib/i18n';
import { useApi } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import en from '@/messages/en/stocks';
import ko from '@/messages/ko/stocks';
import { narrowed, sorted, sortOf, sorts } from './order';

const useText = dictionary({ ko, en });
const noFilters = { q: '', market: '', only: '', sort: 'code' };
type Filters = typeof noFilters;

/** The API's order is by code, so other ones need all stocks: so many are read at most. */
const mostStocks = 1000;
const perPage = 200;
/** Trading days ahead that predictions are made for. */
const horizons = [1, 3, 5];
/** Rows drawn at once. */
const step = 60;

interface Found {
  stocks: StockItem[];
  /** There are more than were read. */
  capped: boolean;
}

async function allStocks(q: string, active: boolean, init: RequestInit): Promise<Found> {
  const stocks: StockItem[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.getStocks({ limit: perPage, cursor, q: q || undefined, active }, init);
    stocks.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && stocks.length < mostStocks);
  return { stocks, capped: cursor !== undefined };
}

export default function StocksPage() {
  const t = useText();
  const common = useCommon();
  const [filters, setFilters] = useFilters(noFilters);
  const active = filters.only !== 'inactive';
  const stocks = useApi(['stocks', 'all', filters.q, active], (init) => allStocks(filters.q, active, init), { every: 60 });
  const watchlist = useWatchlist();
  const [drawn, setDrawn] = useState(step);
  const { market, only, sort } = filters;
  const rows = useMemo(() => {
    const watched = new Set(watchlist.data?.stocks.map((s) => s.code));
    return sorted(narrowed(stocks.data?.stocks ?? [], { market, only, watched }), sortOf(sort));
  }, [stocks.data, watchlist.data, market, only, sort]);
  useEffect(() => setDrawn(step), [filters.q, market, only, sort]);
  const filtered = filters.q !== '' || market !== '' || only !== '';
  const columns: Column<StockItem>[] = [
    {
      key: 'stock',
      head: t.stock,
      lead: true,
      cell: (s) => (
        <span className="flex min-w-0 items-center gap-1.5">
          <Star code={s.code} name={s.name} />
          <StockLink code={s.code} name={s.name} market={s.market} />
          {s.active ? null : <Badge>{t.inactive}</Badge>}
        </span>
      ),
    },
    { key: 'close', head: t.close, end: true, cell: (s) => <Price won={s.last_close} /> },
    { key: 'change', head: t.change, end: true, cell: (s) => <Delta value={s.change_pct} /> },
    {
      key: 'news',
      head: t.news24h,
      end: true,
      cell: (s) =>
        s.news_24h > 0 ? (
          <Link href={hrefs.news({ code: s.code })} prefetch={false} className="link tabular">
            {formatCount(s.news_24h)}
          </Link>
        ) : (
          <span className="tabular text-muted">0</span>
        ),
    },
    ...horizons.map((h): Column<StockItem> => ({ key: `h${h}`, head: common.horizon(h), end: true, cell: (s) => <Said signal={s.signals.find((one) => one.horizon === h)} /> })),
  ];
  const markets = [...new Set(['KOSPI', 'KOSDAQ', ...(market ? [market] : [])])];
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={stocks} />}>
      <FilterBar filters={filters} onChange={setFilters} filtered={filtered} markets={markets} />
      <Panel
        title={t.title}
        hideTitle
        query={stocks}
        rows={12}
        empty={(found) => (rows.length > 0 ? null : { because: filtered || found.capped ? t.empty : t.emptyAll })}
      >
        {(found) => (
          <div className={stocks.isPlaceholderData ? 'opacity-60' : ''}>
            {found.capped ? <p className="mb-2 text-xs text-muted">{t.capped(formatCount(found.stocks.length))}</p> : null}
            <DataTable caption={t.title} columns={columns} rows={rows.slice(0, drawn)} rowKey={(s) => s.code} />
            <div className="mt-3 flex items-center justify-center gap-3 text-xs text-muted">
              <span className="tabular">{t.shown(formatCount(Math.min(drawn, rows.length)), formatCount(rows.length))}</span>
              {rows.length > drawn ? <Button onClick={() => setDrawn(drawn + step)}>{t.more}</Button> : <span>{common.endOfList}</span>}
            </div>
          </div>
        )}
      </Panel>
      <NotAdvice />
    </Page>
  );
}

/** What the champion says of the newest story that it spoke about: a probability, and how far that is from usual. */
function Said({ signal }: { signal: Signal | undefined }) {
  const t = useText();
  if (!signal) return <span className="text-xs text-muted">{t.noSignal}</span>;
  const { probability, base_rate } = signal;
  const gap = probability === null || base_rate === null ? null : (Math.round(probability * 100) - Math.round(base_rate * 100)) / 100;
  return (
    <Link href={hrefs.prediction(signal.prediction_id)} prefetch={false} title={t.usually(formatProbability(base_rate))} className="inline-flex items-baseline gap-x-1.5 text-xs whitespace-nowrap hover:underline">
      <span className="tabular text-sm font-semibold">{formatProbability(probability)}</span>
      <Delta value={gap} unit="points" />
    </Link>
  );
}

function FilterBar({
  filters,
  onChange,
  filtered,
  markets,
}: {
  filters: Filters;
  onChange: (change: Partial<Filters>) => void;
  filtered: boolean;
  markets: readonly string[];
}) {
  const t = useText();
  const common = useCommon();
  const [q, setQ] = useState(filters.q);
  useEffect(() => setQ(filters.q), [filters.q]);
  return (
    <form
      role="search"
      aria-label={common.filters}
      className="grid grid-cols-2 items-end gap-3 md:grid-cols-[minmax(0,2fr)_8rem_10rem_12rem_auto]"
      onSubmit={(event) => {
        event.preventDefault();
        onChange({ q: q.trim() });
      }}
    >
      <div className="max-md:col-span-2">
        <Field label={t.search} name="q" type="search" placeholder={t.searchHint} value={q} maxLength={50} onChange={(e) => setQ(e.target.value)} />
      </div>
      <SelectField
        label={t.market}
        name="market"
        value={filters.market}
        onChange={(e) => onChange({ market: e.target.value })}
        options={[{ value: '', label: common.all }, ...markets.map((m) => ({ value: m, label: m }))]}
      />
      <SelectField
        label={t.only}
        name="only"
        value={filters.only}
        onChange={(e) => onChange({ only: e.target.value })}
        options={[
          { value: '', label: common.all },
          { value: 'watched', label: t.onlyWatched },
          { value: 'news', label: t.onlyNews },
          { value: 'inactive', label: t.showInactive },
        ]}
      />
      <SelectField
        label={t.sort}
        name="sort"
        value={sortOf(filters.sort)}
        onChange={(e) => onChange({ sort: e.target.value })}
        options={sorts.map((s) => ({ value: s, label: t.sorts[s] }))}
      />
      <div className="flex gap-2">
        <Button type="submit">{t.search}</Button>
        {filtered ? (
          <Button look="quiet" onClick={() => onChange({ q: '', market: '', only: '' })}>
            {common.clearFilters}
          </Button>
        ) : null}
      </div>
    </form>
  );
}
