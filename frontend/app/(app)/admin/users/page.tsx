'use client';

import { useState } from 'react';
import { Button } from '@/components/controls';
import { SelectField } from '@/components/field';
import { MoreItems } from '@/components/list';
import { Badge, Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type AccountItem, type AccountItemPage } from '@/lib/api';
import { useAuth, type Role } from '@/lib/auth';
import { useFilters } from '@/lib/filters';
import { useChange, useList } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { CreateDialog, DeactivateDialog, PasswordDialog, RoleDialog } from './dialogs';
import { useText } from './words';

type Open = { what: 'create' } | { what: 'role' | 'deactivate' | 'password'; user: AccountItem } | null;
const noFilters = { role: '', active: '' };
const roles: readonly Role[] = ['user', 'operator', 'admin'];

export default function UsersPage() {
  const t = useText();
  const common = useCommon();
  const toast = useToast();
  const { user: me } = useAuth();
  const [filters, setFilters] = useFilters(noFilters);
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const list = useList<AccountItem, AccountItemPage>(
    ['users', filters],
    (cursor, init) =>
      api.getUsers({ limit: 50, cursor, role: roles.find((r) => r === filters.role), active: filters.active === '' ? undefined : filters.active === 'true' }, init),
    (item) => item.id,
  );
  const activate = useChange((u: AccountItem) => api.patchUsersById(u.id, { active: true }), {
    invalidates: [['users']],
    onDone: (u) => toast(t.activated(u.email)),
  });
  const filtered = filters.role !== '' || filters.active !== '';
  const columns: Column<AccountItem>[] = [
    {
      key: 'email',
      head: t.email,
      lead: true,
      cell: (u) => (
        <span className="inline-flex flex-wrap items-center gap-x-2 break-all">
          <span className="font-medium">
            <Foreign>{u.email}</Foreign>
          </span>
          {u.id === me?.id ? <Badge>{t.me}</Badge> : null}
        </span>
      ),
    },
    { key: 'role', head: t.role, cell: (u) => common.roles[u.role] },
    { key: 'state', head: t.state, cell: (u) => (u.active ? <span className="text-xs">{t.active}</span> : <Badge tone="warn">{t.inactive}</Badge>) },
    { key: 'created', head: t.created, cell: (u) => <Time at={u.created_at} clock="wall" /> },
    {
      key: 'actions',
      head: t.actions,
      end: true,
      cell: (u) => (
        <div className="flex flex-wrap justify-end">
          <Button look="quiet" aria-label={`${u.email}: ${t.changeRole}`} onClick={() => setOpen({ what: 'role', user: u })}>
            {t.changeRole}
          </Button>
          <Button look="quiet" aria-label={`${u.email}: ${t.reset}`} onClick={() => setOpen({ what: 'password', user: u })}>
            {t.reset}
          </Button>
          {u.active ? (
            <Button look="quiet" aria-label={`${u.email}: ${t.deactivate}`} onClick={() => setOpen({ what: 'deactivate', user: u })}>
              {t.deactivate}
            </Button>
          ) : (
            <Button look="quiet" aria-label={`${u.email}: ${t.activate}`} disabled={activate.busy} onClick={() => void activate.run(u)}>
              {t.activate}
            </Button>
          )}
        </div>
      ),
    },
  ];
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={list} />}>
      <div className="flex flex-wrap items-end gap-3">
        <div className="w-36">
          <SelectField
            label={t.role}
            name="role"
            value={filters.role}
            onChange={(e) => setFilters({ role: e.target.value })}
            options={[{ value: '', label: common.all }, ...roles.map((r) => ({ value: r, label: common.roles[r] }))]}
          />
        </div>
        <div className="w-36">
          <SelectField
            label={t.state}
            name="active"
            value={filters.active}
            onChange={(e) => setFilters({ active: e.target.value })}
            options={[
              { value: '', label: common.all },
              { value: 'true', label: t.active },
              { value: 'false', label: t.inactive },
            ]}
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
        rows={4}
        note={t.lastAdmin}
        actions={
          <Button look="primary" className="ml-auto" onClick={() => setOpen({ what: 'create' })}>
            {t.create}
          </Button>
        }
        empty={(items) => (items.length > 0 ? null : { because: filtered ? t.emptyFiltered : t.empty })}
      >
        {(items) => (
          <>
            <DataTable caption={t.title} columns={columns} rows={items} rowKey={(u) => u.id} />
            <MoreItems list={list} shown={items.length} />
          </>
        )}
      </Panel>
      <CreateDialog open={open?.what === 'create'} onClose={close} />
      <RoleDialog user={open?.what === 'role' ? open.user : null} self={me?.id ?? 0} onClose={close} />
      <DeactivateDialog user={open?.what === 'deactivate' ? open.user : null} self={me?.id ?? 0} onClose={close} />
      <PasswordDialog user={open?.what === 'password' ? open.user : null} self={me?.id ?? 0} onClose={close} />
    </Page>
  );
}
