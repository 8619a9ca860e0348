'use client';

import { Button } from '@/components/controls';
import { PredictionRows } from '@/components/forecast/rows';
import { usePredictionText } from '@/components/forecast/words';
import { FreshItems, MoreItems } from '@/components/list';
import { NotAdvice } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { api, type Prediction, type PredictionPage } from '@/lib/api';
import { csvOf, saveCsv } from '@/lib/csv';
import { useFilters } from '@/lib/filters';
import { formatCount } from '@/lib/format';
import { stateOf, unitsOf } from '@/lib/predictions';
import { useList } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { FilterBar } from './filter-bar';
import { noFilters, queryOf } from './query';

export default function PredictionsPage() {
  const t = usePredictionText();
  const [filters, setFilters] = useFilters(noFilters);
  const list = useList<Prediction, PredictionPage>(
    ['predictions', filters],
    (cursor, init) => api.getPredictions({ limit: 40, cursor, ...queryOf(filters) }, init),
    (item) => item.id,
    { every: 20 },
  );
  const filtered = Object.values(filters).some((value) => value !== '');
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={list} />}>
      <FilterBar filters={filters} onChange={setFilters} filtered={filtered} />
      <Panel
        title={t.title}
        hideTitle
        query={list}
        rows={12}
        empty={(items) => (items.length > 0 ? null : filtered ? { because: t.empty } : { because: t.emptyAll, next: { href: hrefs.news(), label: t.emptyNext } })}
      >
        {(items) => (
          <>
            <FreshItems list={list} />
            <Totals items={items} />
            <div className={list.isPlaceholderData ? 'opacity-60' : ''}>
              <PredictionRows predictions={items} />
            </div>
            <MoreItems list={list} shown={items.length} />
          </>
        )}
      </Panel>
      <NotAdvice />
    </Page>
  );
}

/** What the rows are worth: predictions of one story or one day are not independent. */
function Totals({ items }: { items: readonly Prediction[] }) {
  const t = usePredictionText();
  const { stories, stockDays } = unitsOf(items);
  const n = (value: number) => formatCount(value);
  const save = () => {
    const rows = items.map((p) => [
      p.id, p.stock.code, p.stock.name, p.title, p.model.name, p.horizon, p.probability, p.base_rate, p.low_pct, p.high_pct, p.as_of, p.target_day,
      t.states[stateOf(p.outcome)], p.outcome?.excess_pct ?? null,
    ]);
    saveCsv('predictions.csv', csvOf(t.csvHead, rows));
  };
  return (
    <div className="mb-1 flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-line pb-2 text-xs">
      <div>
        <p className="tabular font-medium">{t.totals(n(items.length), n(stories), n(stockDays))}</p>
        <p className="text-muted">{t.totalsNote}</p>
      </div>
      <Button onClick={save}>{t.csv}</Button>
    </div>
  );
}
