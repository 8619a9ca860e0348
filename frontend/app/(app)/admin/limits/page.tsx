'use client';

import { useState } from 'react';
import { Button } from '@/components/controls';
import { Dialog } from '@/components/dialog';
import { Field, FormFault, SelectField } from '@/components/field';
import { MoreItems } from '@/components/list';
import { Badge, Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type LimitItem, type LimitItemPage } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { formatCount, formatDuration, formatNumber, formatProbability } from '@/lib/format';
import { dictionary, useLocale } from '@/lib/i18n';
import { useChange, useList } from '@/lib/query';
import { useCommon } from '@/lib/words';
import en from '@/messages/en/limits';
import ko from '@/messages/ko/limits';
import { Actor } from '../actors';
import { formOf, groupOf, limitFields, patchOf, ratesOf, type LimitForm } from './logic';

const useText = dictionary({ ko, en });
const noFilters = { q: '', group: '' };
type Open = { limit: LimitItem | null } | null;

export default function LimitsPage() {
  const t = useText();
  const common = useCommon();
  const [filters, setFilters] = useFilters(noFilters);
  const [open, setOpen] = useState<Open>(null);
  const list = useList<LimitItem, LimitItemPage>(['limits'], (cursor, init) => api.getLimits({ limit: 200, cursor }, init), (item) => item.key, { every: 10 });
  const filtered = filters.q !== '' || filters.group !== '';
  const wanted = (l: LimitItem) => l.key.toLowerCase().includes(filters.q.trim().toLowerCase()) && (filters.group === '' || groupOf(l.key) === filters.group);
  const columns: Column<LimitItem>[] = [
    {
      key: 'key',
      head: t.key,
      lead: true,
      cell: (l) => (
        <span className="inline-flex flex-wrap items-center gap-x-2">
          <code className="text-xs">
            <Foreign>{l.key}</Foreign>
          </code>
          {l.key.endsWith('*') ? <Badge>{t.pattern}</Badge> : null}
        </span>
      ),
    },
    { key: 'group', head: t.group, cell: (l) => <span className="text-xs">{t.groups[groupOf(l.key)]}</span> },
    { key: 'rate', head: t.rate, cell: (l) => <Rates limit={l} /> },
    { key: 'burst', head: t.burst, end: true, cell: (l) => <span className="tabular text-xs">{l.burst === 0 ? t.burstFree : formatCount(l.burst)}</span> },
    { key: 'day', head: t.perDay, end: true, cell: (l) => <span className="tabular text-xs">{l.per_day === 0 ? t.unlimited : formatCount(l.per_day)}</span> },
    { key: 'used', head: t.usedToday, end: true, cell: (l) => <Used limit={l} /> },
    {
      key: 'changed',
      head: t.changed,
      cell: (l) =>
        l.changed_at === null ? (
          <span className="text-xs text-muted">{t.declared}</span>
        ) : (
          <span className="text-xs">
            <Time at={l.changed_at} clock="wall" /> <Actor id={l.changed_by} />
          </span>
        ),
    },
    {
      key: 'actions',
      head: t.actions,
      end: true,
      cell: (l) => (
        <Button look="quiet" aria-label={`${l.key}: ${t.edit}`} onClick={() => setOpen({ limit: l })}>
          {t.edit}
        </Button>
      ),
    },
  ];
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={list} />}>
      <div className="flex flex-wrap items-end gap-3">
        <div className="w-56">
          <Field label={t.search} name="q" type="search" placeholder={t.searchHint} value={filters.q} maxLength={100} onChange={(e) => setFilters({ q: e.target.value })} />
        </div>
        <div className="w-44">
          <SelectField
            label={t.group}
            name="group"
            value={filters.group}
            onChange={(e) => setFilters({ group: e.target.value })}
            options={[{ value: '', label: common.all }, ...(['host', 'model', 'chat'] as const).map((g) => ({ value: g, label: t.groups[g] }))]}
          />
        </div>
        {filtered ? (
          <Button look="quiet" onClick={() => setFilters(noFilters)}>
            {common.clearFilters}
          </Button>
        ) : null}
      </div>
      <Panel
        title={t.title}
        hideTitle
        query={list}
        rows={8}
        note={t.patternHint}
        actions={
          <Button className="ml-auto" onClick={() => setOpen({ limit: null })}>
            {t.create}
          </Button>
        }
        empty={(items) => (items.length === 0 ? { because: t.empty } : items.some(wanted) ? null : { because: t.emptyFiltered })}
      >
        {(items) => {
          const rows = items.filter(wanted);
          return (
            <>
              <DataTable caption={t.title} columns={columns} rows={rows} rowKey={(l) => l.key} />
              <MoreItems list={list} shown={rows.length} />
            </>
          );
        }}
      </Panel>
      <Dialog open={open !== null} onClose={() => setOpen(null)} title={open?.limit ? t.editTitle(open.limit.key) : t.create}>
        <Editor key={open?.limit?.key ?? ''} limit={open?.limit ?? null} onClose={() => setOpen(null)} />
      </Dialog>
    </Page>
  );
}

function Rates({ limit }: { limit: LimitItem }) {
  const t = useText();
  const locale = useLocale();
  const rates = ratesOf(limit);
  if (rates.length === 0) return <span className="text-xs text-muted">{t.unlimited}</span>;
  const number = (n: number) => formatNumber(n, 2);
  return (
    <span className="tabular text-xs">
      {rates
        .map((r) => (r.unit === 'pause' ? t.oncePer(formatDuration(r.seconds, locale)) : r.unit === 'second' ? t.everySecond(number(r.calls)) : t.everyMinute(number(r.calls))))
        .join(' · ')}
    </span>
  );
}

function Used({ limit }: { limit: LimitItem }) {
  const t = useText();
  if (limit.used_today === null) return <span className="text-xs text-muted">{t.uncounted}</span>;
  const share = limit.per_day > 0 ? limit.used_today / limit.per_day : 0;
  return (
    <div className={`tabular text-xs ${share >= 0.9 ? 'text-warn' : ''}`}>
      <p>
        {share >= 0.9 ? <span aria-hidden="true">⚠ </span> : null}
        {formatCount(limit.used_today)}
        {limit.per_day > 0 ? <span className="text-muted"> ({formatProbability(share)})</span> : null}
      </p>
      {limit.per_day > 0 ? (
        <progress
          className="mt-1 ml-auto block h-1 w-20 appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-ink [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-ink"
          max={limit.per_day}
          value={Math.min(limit.used_today, limit.per_day)}
          aria-label={t.usedShare(formatProbability(share))}
        />
      ) : null}
    </div>
  );
}

function Editor({ limit, onClose }: { limit: LimitItem | null; onClose: () => void }) {
  const t = useText();
  const common = useCommon();
  const toast = useToast();
  const [key, setKey] = useState(limit?.key ?? '');
  const [form, setForm] = useState<LimitForm>(formOf(limit));
  const save = useChange(
    async () => {
      const patch = patchOf(limit, form);
      return patch === null ? null : api.patchLimitsByKey(key.trim(), patch);
    },
    {
      invalidates: [['limits']],
      onDone: (l) => {
        toast(l === null ? t.nothingChanged : t.saved(l.key));
        onClose();
      },
    },
  );
  const number = (name: keyof LimitForm, max: number, step: number | 'any') => ({
    name,
    fault: save.fault,
    type: 'number',
    min: 0,
    max,
    step,
    required: true,
    value: form[name],
    onChange: (e: { target: { value: string } }) => setForm((f) => ({ ...f, [name]: e.target.value })),
  });
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save.run(undefined);
      }}
    >
      {limit ? null : (
        <Field label={t.key} name="key" fault={save.fault} hint={t.keyHint} value={key} required maxLength={200} spellCheck={false} autoComplete="off" onChange={(e) => setKey(e.target.value)} />
      )}
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label={t.perSecond} hint={t.perSecondHint} {...number('per_second', 100_000, 'any')} />
        <Field label={t.perMinute} hint={t.perMinuteHint} {...number('per_minute', 1_000_000, 'any')} />
        <Field label={t.burstLabel} hint={t.burstHint} {...number('burst', 100_000, 1)} />
        <Field label={t.perDayLabel} hint={t.perDayHint} {...number('per_day', 1_000_000_000, 1)} />
      </div>
      <FormFault fault={save.fault} fields={limit ? limitFields : ['key', ...limitFields]} />
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" look="primary" disabled={save.busy}>
          {common.save}
        </Button>
      </div>
    </form>
  );
}
