'use client';

import { Suspense } from 'react';
import { NotAdvice } from '@/components/marks';
import { Below, Page, Updated } from '@/components/page';
import { api, type StatisticsPage } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { allItems } from '@/lib/pages';
import { useApi } from '@/lib/query';
import { Alerts } from './alerts';
import { Detail } from './detail';
import { chosenRecord } from './records';
import { Backtests, Records } from './skill';
import { Verdict } from './verdict';
import { useText } from './words';

/** Pages of records that are read at most: of some 160 models. */
const mostPages = 5;

async function readAll(init: RequestInit): Promise<StatisticsPage> {
  const first = await api.getStatistics({ limit: 200 }, init);
  if (first.next_cursor === null) return first;
  const cursor = first.next_cursor;
  const rest = await allItems((next) => api.getStatistics({ limit: 200, cursor: next ?? cursor }, init), mostPages - 1);
  return { ...first, items: [...first.items, ...rest] };
}

export default function StatisticsPageView() {
  return (
    <Suspense>
      <Statistics />
    </Suspense>
  );
}

function Statistics() {
  const t = useText();
  const statistics = useApi(['statistics'], readAll, { every: 60 });
  const [filters, setFilters] = useFilters({ record: '', k: '3' });
  const chosen = statistics.data ? chosenRecord(statistics.data.items, filters.record) : null;
  const choose = (record: string) => {
    setFilters({ record });
    document.getElementById('record')?.scrollIntoView({ block: 'start' });
  };
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={statistics} />} waits={statistics}>
      <Verdict statistics={statistics} />
      <Records statistics={statistics} chosen={chosen} onChoose={choose} />
      <Below>
        <Alerts statistics={statistics} k={filters.k} onK={(k) => setFilters({ k })} />
        <Detail statistics={statistics} chosen={chosen} onChoose={(record) => setFilters({ record })} />
        <Backtests statistics={statistics} chosen={chosen} onChoose={choose} />
        <p className="text-xs text-muted">{t.costs}</p>
        <NotAdvice />
      </Below>
    </Page>
  );
}
