'use client';

import { useState } from 'react';
import { Button } from '@/components/controls';
import { Field, SelectField } from '@/components/field';
import { Badge, Foreign, StockLink } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { api, type TrackedItem } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { formatCount } from '@/lib/format';
import { useApi } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { matchesStock } from './csv';
import { RemoveDialog, StockEditor } from './editor';
import { ImportDialog } from './import';
import { useText } from './words';

/** The exchange lists fewer than 3,000 companies; beyond this many the list says that it is not whole. */
const mostPages = 25;
const shownAtOnce = 100;
const aliasesShown = 4;

interface Tracked {
  items: TrackedItem[];
  whole: boolean;
}

async function everyStock(init: RequestInit): Promise<Tracked> {
  const items: TrackedItem[] = [];
  let cursor: string | undefined;
  for (let n = 0; n < mostPages; n++) {
    const page = await api.getAdminStocks({ limit: 200, cursor }, init);
    items.push(...page.items);
    if (page.next_cursor === null) return { items, whole: true };
    cursor = page.next_cursor;
  }
  return { items, whole: false };
}

type Open = { what: 'create' | 'import' } | { what: 'edit' | 'remove'; stock: TrackedItem } | null;
const noFilters = { q: '', active: '', priority: '' };

export default function AdminStocksPage() {
  const t = useText();
  const common = useCommon();
  const [filters, setFilters] = useFilters(noFilters);
  const [shown, setShown] = useState(shownAtOnce);
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const stocks = useApi<Tracked>(['admin-stocks'], everyStock, { every: 120 });
  const filtered = Object.values(filters).some((v) => v !== '');
  const wanted = (s: TrackedItem) =>
    matchesStock(s, filters.q) && (filters.active === '' || String(s.active) === filters.active) && (filters.priority === '' || String(s.priority) === filters.priority);
  const change = (next: Partial<typeof noFilters>) => {
    setShown(shownAtOnce);
    setFilters(next);
  };
  const columns: Column<TrackedItem>[] = [
    { key: 'stock', head: t.stock, lead: true, cell: (s) => <StockLink code={s.code} name={s.name} /> },
    {
      key: 'aliases',
      head: t.aliases,
      cell: (s) =>
        s.aliases.length === 0 ? (
          <span className="text-xs text-muted">{t.noAliases}</span>
        ) : (
          <span className="text-xs" title={s.aliases.join(', ')}>
            <Foreign>{s.aliases.slice(0, aliasesShown).join(', ')}</Foreign>
            {s.aliases.length > aliasesShown ? ` ${t.more(s.aliases.length - aliasesShown)}` : ''}
          </span>
        ),
    },
    { key: 'priority', head: t.priority, end: true, cell: (s) => <span className="tabular">{s.priority}</span> },
    { key: 'active', head: t.state, cell: (s) => (s.active ? <span className="text-xs">{t.active}</span> : <Badge>{t.inactive}</Badge>) },
    {
      key: 'actions',
      head: t.actions,
      end: true,
      cell: (s) => (
        <div className="flex flex-wrap justify-end">
          <Button look="quiet" aria-label={`${s.name}: ${t.edit}`} onClick={() => setOpen({ what: 'edit', stock: s })}>
            {t.edit}
          </Button>
          {s.active ? (
            <Button look="quiet" aria-label={`${s.name}: ${t.remove}`} onClick={() => setOpen({ what: 'remove', stock: s })}>
              {t.remove}
            </Button>
          ) : null}
        </div>
      ),
    },
  ];
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={stocks} />}>
      <div className="grid grid-cols-2 items-end gap-3 md:grid-cols-[minmax(0,2fr)_9rem_9rem_auto]">
        <div className="max-md:col-span-2">
          <Field label={t.search} name="q" type="search" placeholder={t.searchHint} value={filters.q} maxLength={100} onChange={(e) => change({ q: e.target.value })} />
        </div>
        <SelectField
          label={t.state}
          name="active"
          value={filters.active}
          onChange={(e) => change({ active: e.target.value })}
          options={[
            { value: '', label: common.all },
            { value: 'true', label: t.active },
            { value: 'false', label: t.inactive },
          ]}
        />
        <SelectField
          label={t.priority}
          name="priority"
          value={filters.priority}
          onChange={(e) => change({ priority: e.target.value })}
          options={[{ value: '', label: common.all }, ...[1, 2, 3, 4, 5].map((n) => ({ value: String(n), label: t.priorityOf(n) }))]}
        />
        {filtered ? (
          <Button look="quiet" onClick={() => change(noFilters)}>
            {common.clearFilters}
          </Button>
        ) : null}
      </div>
      <Panel
        title={t.title}
        hideTitle
        query={stocks}
        rows={8}
        actions={
          <div className="ml-auto flex flex-wrap gap-2">
            <Button onClick={() => setOpen({ what: 'import' })}>{t.import}</Button>
            <Button look="primary" onClick={() => setOpen({ what: 'create' })}>
              {t.create}
            </Button>
          </div>
        }
        empty={(all) => (all.items.length === 0 ? { because: t.empty } : all.items.some(wanted) ? null : { because: t.emptyFiltered })}
      >
        {(all) => {
          const rows = all.items.filter(wanted);
          return (
            <>
              <p className="tabular mb-2 text-xs text-muted">
                {t.count(formatCount(rows.length), formatCount(all.items.length))} {all.whole ? '' : t.partial(formatCount(all.items.length))}
              </p>
              <DataTable caption={t.title} columns={columns} rows={rows.slice(0, shown)} rowKey={(s) => s.code} />
              {rows.length > shown ? (
                <div className="mt-3 flex justify-center">
                  <Button onClick={() => setShown(shown + shownAtOnce)}>{common.more}</Button>
                </div>
              ) : null}
            </>
          );
        }}
      </Panel>
      <StockEditor open={open?.what === 'create' || open?.what === 'edit'} stock={open?.what === 'edit' ? open.stock : null} onClose={close} />
      <RemoveDialog stock={open?.what === 'remove' ? open.stock : null} onClose={close} />
      <ImportDialog open={open?.what === 'import'} onClose={close} />
    </Page>
  );
}
