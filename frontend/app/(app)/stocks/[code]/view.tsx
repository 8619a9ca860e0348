'use client';

import { useDeferredValue } from 'react';
import { EmptyNote, Panel } from '@/components/panel';
import { Badge, Delta, Foreign, NotAdvice, Price } from '@/components/marks';
import { Below, Page, Updated } from '@/components/page';
import { Star } from '@/components/star';
import { Day } from '@/components/time';
import { api, faultOf, type StockItem } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { useNewLit } from '@/lib/lit';
import { useApi } from '@/lib/query';
import { withSegment } from '@/lib/route';
import { hrefs } from '@/lib/routes';
import { PricePanel, usePrices } from './chart';
import { Horizons } from './horizons';
import { NewsList, PredictionList } from './lists';
import { Record } from './record';
import { Report } from './report';
import { noFilters, useText } from './words';

export default withSegment(1, function StockView({ segment: code }) {
  const t = useText();
  const [filters, setFilters] = useFilters(noFilters);
  const lit = useNewLit();
  const asked = useApi(['stocks', code], (init) => api.getStocksByCode(code, init), { every: 30 });
  const report = useApi(['stocks', code, 'report'], (init) => api.getStocksByCodeReport(code, {}, init), { every: 60 });
  const prices = usePrices(code, filters);
  // The heading comes together with what stands below it, which it would push down otherwise.
  const known = useDeferredValue(asked.data);
  const stock = { ...asked, data: known };
  if (!known && stock.error && [400, 404].includes(faultOf(stock.error).status)) {
    return (
      <Page title={code}>
        <EmptyNote empty={{ because: t.notFound, next: { href: hrefs.stocks({ q: code.slice(0, 50) }), label: t.notFoundNext } }} />
      </Page>
    );
  }
  if (!known) {
    return (
      <Page title={code} waits={stock}>
        <Panel title={t.title} query={stock} rows={10}>
          {() => null}
        </Panel>
      </Page>
    );
  }
  const { name } = known;
  const onDay = (day: string) => setFilters({ day });
  return (
    <Page
      title={`${name} ${code}`}
      heading={<Heading stock={known} />}
      lead={<Quote stock={known} />}
      actions={
        <span className="flex items-center gap-1 max-sm:basis-full">
          <Star code={code} name={name} />
          <Updated query={stock} />
        </span>
      }
    >
      <PricePanel name={name} prices={prices} filters={filters} onChange={setFilters} lit={lit} />
      <Below>
        <Horizons report={report} />
        <div className="grid gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
          <div className="min-w-0 space-y-4">
            <NewsList code={code} day={filters.day} onDay={onDay} origin={filters.origin} lit={lit} />
            <Record code={code} />
            <Report code={code} newest={report} />
          </div>
          <div className="min-w-0 space-y-4">
            <PredictionList code={code} day={filters.day} onDay={onDay} origin={filters.origin} onOrigin={setFilters} />
          </div>
        </div>
        <NotAdvice />
      </Below>
    </Page>
  );
});

function Heading({ stock }: { stock: StockItem }) {
  const t = useText();
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      <Foreign>{stock.name}</Foreign>
      <span className="tabular text-sm font-normal text-muted">
        {stock.code} {stock.market || t.unknownMarket}
      </span>
      {stock.active ? null : <Badge tone="warn">{t.inactive}</Badge>}
    </span>
  );
}

function Quote({ stock }: { stock: StockItem }) {
  const t = useText();
  return (
    <span className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
      {stock.last_close === null ? (
        <span>{t.noPrice}</span>
      ) : (
        <>
          <span className="text-lg font-semibold text-ink">
            <Price won={stock.last_close} />
          </span>
          <span title={t.changeNote}>
            <Delta value={stock.change_pct} />
          </span>
          <span className="text-xs">
            <Day day={stock.last_day} /> {t.close}
          </span>
        </>
      )}
      {stock.aliases.length > 0 ? (
        <span className="text-xs">
          {t.aliases} <Foreign>{stock.aliases.join(', ')}</Foreign>
        </span>
      ) : null}
    </span>
  );
}
