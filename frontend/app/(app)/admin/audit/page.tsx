'use client';

import Link from 'next/link';
import { Button } from '@/components/controls';
import { Field, SelectField } from '@/components/field';
import { FreshItems, MoreItems } from '@/components/list';
import { Badge, Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Time } from '@/components/time';
import { api, type AuditItem, type AuditItemPage } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { unknownMark } from '@/lib/format';
import { dictionary } from '@/lib/i18n';
import { useApi, useList } from '@/lib/query';
import { useCommon } from '@/lib/words';
import en from '@/messages/en/audit';
import ko from '@/messages/ko/audit';
import { changesOf, isEdit, outcomeOf, spanOf, targetOf } from './logic';

const useText = dictionary({ ko, en });
const noFilters = { actor: '', action: '', from: '', to: '' };
const fieldsShown = 6;

function useActionName() {
  const t = useText();
  const names = new Map<string, string>(Object.entries(t.actions));
  return (action: string) => names.get(action) ?? action;
}

export default function AuditPage() {
  const t = useText();
  const common = useCommon();
  const nameOf = useActionName();
  const [filters, setFilters] = useFilters(noFilters);
  const users = useApi(['users', 'names'], (init) => api.getUsers({ limit: 200 }, init));
  const span = spanOf(filters.from, filters.to);
  const actor = Number(filters.actor);
  const list = useList<AuditItem, AuditItemPage>(
    ['audit', filters],
    (cursor, init) =>
      api.getAudit({ limit: 50, cursor, actor: Number.isInteger(actor) && actor > 0 ? actor : undefined, action: filters.action || undefined, ...span }, init),
    (item) => item.id,
    { every: 20 },
  );
  const filtered = Object.values(filters).some((v) => v !== '');
  const items = list.data ?? [];
  const columns: Column<AuditItem>[] = [
    { key: 'when', head: t.when, cell: (e) => <Time at={e.at} clock="wall" /> },
    {
      key: 'who',
      head: t.who,
      cell: (e) => (
        <div className="text-xs md:w-36" title={t.where(e.address, e.request_id)}>
          <p className="break-all">
            <Foreign>{e.actor}</Foreign>
          </p>
          <p className="text-muted">{e.address}</p>
        </div>
      ),
    },
    {
      key: 'what',
      head: t.what,
      lead: true,
      cell: (e) => {
        const target = targetOf(e);
        return (
          <span className="inline-flex flex-wrap items-baseline gap-x-2 md:w-36" title={e.action}>
            <span className="font-medium">{nameOf(e.action)}</span>
            {target && target.text !== '' ? (
              target.href ? (
                <Link href={target.href} prefetch={false} className="link text-xs font-normal break-all">
                  <Foreign>{target.text}</Foreign>
                </Link>
              ) : (
                <span className="text-xs font-normal text-muted">
                  <Foreign>{target.text}</Foreign>
                </span>
              )
            ) : null}
          </span>
        );
      },
    },
    { key: 'change', head: t.change, cell: (e) => <Changes entry={e} older={items.slice(items.indexOf(e) + 1)} /> },
    { key: 'result', head: t.result, end: true, cell: (e) => <Result entry={e} /> },
  ];
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={list} />}>
      <div className="grid grid-cols-2 items-end gap-3 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_10rem_10rem_auto]">
        <SelectField
          label={t.who}
          name="actor"
          value={filters.actor}
          onChange={(e) => setFilters({ actor: e.target.value })}
          options={[{ value: '', label: t.everybody }, ...(users.data?.items.map((u) => ({ value: String(u.id), label: u.email })) ?? [])]}
        />
        <SelectField
          label={t.what}
          name="action"
          value={filters.action}
          onChange={(e) => setFilters({ action: e.target.value })}
          options={[{ value: '', label: t.anything }, ...Object.entries(t.actions).map(([value, label]) => ({ value, label }))]}
        />
        <Field label={`${t.from} (KST)`} name="from" type="date" value={filters.from} max={filters.to || undefined} onChange={(e) => setFilters({ from: e.target.value })} />
        <Field label={`${t.to} (KST)`} name="to" type="date" value={filters.to} min={filters.from || undefined} onChange={(e) => setFilters({ to: e.target.value })} />
        {filtered ? (
          <Button look="quiet" onClick={() => setFilters(noFilters)}>
            {common.clearFilters}
          </Button>
        ) : null}
      </div>
      <Panel title={t.title} hideTitle query={list} rows={8} empty={(all) => (all.length > 0 ? null : { because: filtered ? t.emptyFiltered : t.empty })}>
        {(all) => (
          <>
            <FreshItems list={list} />
            <DataTable caption={t.title} columns={columns} rows={all} rowKey={(e) => e.id} />
            <MoreItems list={list} shown={all.length} />
            <p className="mt-3 text-xs text-muted">{t.beforeNote}</p>
          </>
        )}
      </Panel>
    </Page>
  );
}

function Changes({ entry, older }: { entry: AuditItem; older: readonly AuditItem[] }) {
  const t = useText();
  const changes = changesOf(entry, older);
  if (entry.input === null) return <span className="text-xs text-muted">{t.ownSettings}</span>;
  if (changes.length === 0) return <span className="text-xs text-muted">{unknownMark}</span>;
  const edit = isEdit(entry);
  const line = (c: (typeof changes)[number]) => (
    <li key={c.field} className="line-clamp-4">
      <span className="text-muted">{c.field}</span>{' '}
      {edit ? (
        <>
          {c.before === undefined ? (
            <span className="text-muted">({t.noBefore})</span>
          ) : (
            <del className="text-muted">
              <Foreign>{c.before}</Foreign>
            </del>
          )}{' '}
          <span aria-hidden="true">→</span>{' '}
        </>
      ) : null}
      <ins className="font-medium no-underline">
        <Foreign>{c.after === '' ? '""' : c.after}</Foreign>
      </ins>
    </li>
  );
  return (
    <div className="tabular text-xs">
      <ul>{changes.slice(0, fieldsShown).map(line)}</ul>
      {changes.length > fieldsShown ? (
        <details>
          <summary className="link text-muted">{t.moreFields(changes.length - fieldsShown)}</summary>
          <ul>{changes.slice(fieldsShown).map(line)}</ul>
        </details>
      ) : null}
    </div>
  );
}

function Result({ entry }: { entry: AuditItem }) {
  const t = useText();
  const outcome = outcomeOf(entry);
  if (outcome === 'done') return <span className="text-xs text-muted">{t.done}</span>;
  if (outcome === 'unknown') {
    return (
      <span title={t.unknownNote}>
        <Badge tone="warn">{t.unknown}</Badge>
      </span>
    );
  }
  const status = String(entry.status);
  return <Badge tone={outcome === 'failed' ? 'warn' : 'plain'}>{outcome === 'failed' ? t.failed(status) : t.refused(status)}</Badge>;
}
