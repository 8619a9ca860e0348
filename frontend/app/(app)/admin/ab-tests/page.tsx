'use client';

import Link from 'next/link';
import { useState } from 'react';
import { Button } from '@/components/controls';
import { FreshItems, MoreItems } from '@/components/list';
import { Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Day, Time } from '@/components/time';
import { api, type AbTest, type AbTestPage } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { formatCount } from '@/lib/format';
import { useList } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { wordOf } from './evidence';
import { RegisterDialog } from './register';
import { VerdictBadge } from './verdict-badge';
import { useText } from './words';

/** Two models and a horizon in the address open the form with them. */
const noChoice = { a: '', b: '', h: '' };

export default function AbTestsPage() {
  const t = useText();
  const common = useCommon();
  const [choice, setChoice] = useFilters(noChoice);
  const [open, setOpen] = useState(choice.a !== '' && choice.b !== '');
  const list = useList<AbTest, AbTestPage>(['ab-tests'], (cursor, init) => api.getAbTest({ limit: 50, cursor }, init), (item) => item.id);
  const columns: Column<AbTest>[] = [
    {
      key: 'name',
      head: t.name,
      lead: true,
      cell: (x) => (
        <Link href={hrefs.abTest(x.id)} prefetch={false} className="link line-clamp-2 font-medium">
          <Foreign>{x.name}</Foreign>
        </Link>
      ),
    },
    { key: 'state', head: t.state, cell: (x) => <VerdictBadge word={wordOf(x)} /> },
    {
      key: 'models',
      head: t.models,
      cell: (x) => (
        <span className="text-xs">
          <Foreign>{t.versus(x.a.name, x.b.name)}</Foreign>
        </span>
      ),
    },
    { key: 'horizon', head: t.horizon, cell: (x) => <span className="whitespace-nowrap">{common.horizon(x.horizon)}</span> },
    { key: 'starts', head: t.starts, cell: (x) => <Day day={x.starts_on} /> },
    { key: 'registered', head: t.registered, end: true, cell: (x) => <Time at={x.created_at} /> },
  ];
  const tried = list.head?.ever_tried ?? 0;
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={list} />}>
      <Panel
        title={t.title}
        hideTitle
        query={list}
        rows={4}
        note={list.head ? t.everTried(formatCount(tried)) : undefined}
        actions={
          <Button look="primary" onClick={() => setOpen(true)}>
            {t.register}
          </Button>
        }
        empty={(items) => (items.length > 0 ? null : { because: t.empty })}
      >
        {(items) => (
          <>
            <FreshItems list={list} />
            <DataTable caption={t.title} columns={columns} rows={items} rowKey={(x) => x.id} />
            <MoreItems list={list} shown={items.length} />
          </>
        )}
      </Panel>
      <RegisterDialog
        open={open}
        choice={choice}
        tests={list.data ?? []}
        onClose={() => {
          setOpen(false);
          setChoice(noChoice);
        }}
      />
    </Page>
  );
}
