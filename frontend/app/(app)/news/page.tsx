'use client';

import Link from 'next/link';
import { useEffect, useState } from 'react';
import { Button } from '@/components/controls';
import { Field, SelectField } from '@/components/field';
import { FreshItems, MoreItems } from '@/components/list';
import { Badge, Foreign, NotAdvice, Probability, StockChip } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { Day, Time } from '@/components/time';
import { api, type NewsItem, type NewsItemPage } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { dictionary } from '@/lib/i18n';
import { useApi, useList } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { strongest } from '@/lib/signals';
import { useCommon } from '@/lib/words';
import en from '@/messages/en/news';
import ko from '@/messages/ko/news';

const useText = dictionary({ ko, en });
const noFilters = { q: '', kind: '', source: '', code: '' };
type Filters = typeof noFilters;

const kindOf = (text: string) => (text === 'news' || text === 'disclosure' ? text : undefined);

export default function NewsPage() {
  const t = useText();
  const [filters, setFilters] = useFilters(noFilters);
  const list = useList<NewsItem, NewsItemPage>(
    ['news', filters],
    (cursor, init) =>
      api.getNews(
        {
          limit: 30,
          cursor,
          q: filters.q || undefined,
          kind: kindOf(filters.kind),
          source: filters.source || undefined,
          code: filters.code || undefined,
        },
        init,
      ),
    (item) => item.id,
    { every: 20 },
  );
  const filtered = Object.values(filters).some((value) => value !== '');
  return (
    <Page title={t.title} actions={<Updated query={list} />}>
      <FilterBar filters={filters} onChange={setFilters} filtered={filtered} />
      <Panel
        title={t.title}
        hideTitle
        query={list}
        rows={10}
        empty={(items) =>
          items.length > 0 ? null : filtered ? { because: t.empty } : { because: t.emptyAll }
        }
      >
        {(items) => (
          <>
            <FreshItems list={list} />
            <ul className={`divide-y divide-line ${list.isPlaceholderData ? 'opacity-60' : ''}`}>
              {items.map((item) => (
                <Story key={item.id} item={item} />
              ))}
            </ul>
            <MoreItems list={list} shown={items.length} />
          </>
        )}
      </Panel>
      <NotAdvice />
    </Page>
  );
}

function FilterBar({ filters, onChange, filtered }: { filters: Filters; onChange: (change: Partial<Filters>) => void; filtered: boolean }) {
  const t = useText();
  const common = useCommon();
  const sources = useApi(['sources', 'names'], (init) => api.getSources({ limit: 200 }, init));
  const [q, setQ] = useState(filters.q);
  const [code, setCode] = useState(filters.code);
  useEffect(() => setQ(filters.q), [filters.q]);
  useEffect(() => setCode(filters.code), [filters.code]);
  return (
    <form
      role="search"
      aria-label={common.filters}
      className="grid grid-cols-2 items-end gap-3 md:grid-cols-[minmax(0,2fr)_8rem_8rem_9rem_auto]"
      onSubmit={(event) => {
        event.preventDefault();
        onChange({ q: q.trim(), code: code.trim() });
      }}
    >
      <div className="max-md:col-span-2">
        <Field label={t.search} name="q" type="search" placeholder={t.searchHint} value={q} maxLength={200} onChange={(e) => setQ(e.target.value)} />
      </div>
      <SelectField
        label={t.kind}
        name="kind"
        value={filters.kind}
        onChange={(e) => onChange({ kind: e.target.value })}
        options={[
          { value: '', label: common.all },
          { value: 'news', label: t.kinds.news },
          { value: 'disclosure', label: t.kinds.disclosure },
        ]}
      />
      <SelectField
        label={t.source}
        name="source"
        value={filters.source}
        onChange={(e) => onChange({ source: e.target.value })}
        options={[
          { value: '', label: common.all },
          ...[...new Set([...(sources.data?.items.map((s) => s.name) ?? []), ...(filters.source ? [filters.source] : [])])].map((name) => ({ value: name, label: name })),
        ]}
      />
      <Field label={t.code} name="code" placeholder="005930" value={code} maxLength={6} spellCheck={false} onChange={(e) => setCode(e.target.value)} />
      <div className="flex gap-2">
        <Button type="submit">{t.search}</Button>
        {filtered ? (
          <Button look="quiet" onClick={() => onChange(noFilters)}>
            {common.clearFilters}
          </Button>
        ) : null}
      </div>
    </form>
  );
}

function Story({ item }: { item: NewsItem }) {
  const t = useText();
  const best = strongest(item.signals);
  return (
    <li className="py-3.5 first:pt-1">
      <p className="mb-0.5 flex flex-wrap items-baseline gap-x-2 text-xs text-muted">
        <span>
          <Foreign>{item.press || item.source}</Foreign>
        </span>
        {item.time_quality === 'date' ? <Day day={item.published_at} /> : <Time at={item.published_at} />}
        {item.kind === 'disclosure' ? <Badge>{t.kinds.disclosure}</Badge> : null}
        {item.articles > 1 ? <Badge>{t.outlets(item.articles)}</Badge> : null}
        {item.echo_of !== null ? <Badge>{t.echo}</Badge> : null}
        {item.origin === 'backtest' ? <Badge>{t.backtest}</Badge> : null}
        {item.mojibake ? <Badge tone="warn">{t.damaged}</Badge> : null}
      </p>
      <h3 className="text-base leading-snug font-medium">
        {/* The link itself is cut: what of it cannot be seen must not lie below what follows. */}
        <Link href={hrefs.article(item.id)} prefetch={false} className="line-clamp-3 min-h-6 hover:underline">
          <Foreign>{item.title || t.untitled}</Foreign>
        </Link>
      </h3>
      {item.summary && item.kind === 'news' ? (
        <p className="mt-1 line-clamp-2 text-muted">
          <Foreign>{item.summary}</Foreign>
        </p>
      ) : null}
      <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1.5">
        {item.stocks.slice(0, 6).map((s) => (
          <StockChip key={s.code} code={s.code} name={s.name} />
        ))}
        {item.stocks.length > 6 ? <span className="text-xs text-muted">+{item.stocks.length - 6}</span> : null}
        {best ? (
          <Link href={hrefs.prediction(best.prediction_id)} prefetch={false} className="hover:underline">
            <Probability probability={best.probability} baseRate={best.base_rate} horizon={best.horizon} />
          </Link>
        ) : null}
      </div>
    </li>
  );
}
