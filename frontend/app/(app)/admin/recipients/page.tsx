'use client';

import Link from 'next/link';
import { useState } from 'react';
import { Button } from '@/components/controls';
import { Confirm } from '@/components/dialog';
import { Field, SelectField } from '@/components/field';
import { FreshItems, MoreItems } from '@/components/list';
import { Badge, Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type AmbiguousItem, type DeliveriesBody, type DeliveryBody, type RecipientItem, type RecipientItemPage } from '@/lib/api';
import { useAuth } from '@/lib/auth';
import { useFilters } from '@/lib/filters';
import { formatCount } from '@/lib/format';
import { dictionary } from '@/lib/i18n';
import { useApi, useChange, useList } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import en from '@/messages/en/recipients';
import ko from '@/messages/ko/recipients';
import { Person } from '../../ops/_parts/people';

const useText = dictionary({ ko, en });

const periods = ['24', '168', '720'] as const;

export default function RecipientsPage() {
  const t = useText();
  const [filters, setFilters] = useFilters({ hours: '24' });
  const hours = periods.find((p) => p === filters.hours) ?? '24';
  const deliveries = useApi(['deliveries', hours], (init) => api.getDeliveries({ hours: Number(hours) }, init), { every: 10 });
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={deliveries} />}>
      <Panel
        title={t.deliveries}
        note={t.hoursOf[hours]}
        query={deliveries}
        rows={3}
        actions={
          <div className="w-56 max-sm:w-full">
            <SelectField
              label={t.hours}
              hideLabel
              name="hours"
              value={hours}
              onChange={(e) => setFilters({ hours: e.target.value })}
              options={periods.map((value) => ({ value, label: t.hoursOf[value] ?? value }))}
            />
          </div>
        }
        empty={(d) => (total(d.notices) > 0 ? null : { because: t.empty })}
      >
        {(d) => <Messages deliveries={d} />}
      </Panel>
      <Recipients counts={deliveries.data} />
      <Panel title={t.ambiguous} note={t.ambiguousNote} query={deliveries} rows={2} empty={(d) => (d.ambiguous.length > 0 ? null : { because: t.ambiguousEmpty })}>
        {(d) => (
          <ul className="divide-y divide-line">
            {d.ambiguous.map((m) => (
              <Ambiguous key={m.id} message={m} />
            ))}
          </ul>
        )}
      </Panel>
    </Page>
  );
}

// From what went well to what needs a look, in the order in which the bar shows them.
const order = ['sent', 'claimed', 'due', 'held', 'suppressed', 'failed', 'refused', 'ambiguous'] as const;
type State = (typeof order)[number];
const fills: Record<State, string> = {
  sent: 'fill-ok',
  claimed: 'fill-ink',
  due: 'fill-ink/70',
  held: 'fill-ink/45',
  suppressed: 'fill-ink/20',
  failed: 'fill-warn/60',
  refused: 'fill-warn',
  ambiguous: 'fill-warn',
};
const alarming: readonly State[] = ['failed', 'refused', 'ambiguous'];

const total = (n: DeliveryBody) => order.reduce((sum, state) => sum + n[state], 0);

function Messages({ deliveries: d }: { deliveries: DeliveriesBody }) {
  const t = useText();
  const n = (value: number) => formatCount(value);
  const all = total(d.notices);
  const there = order.filter((state) => d.notices[state] > 0);
  const label = t.bar(there.map((state) => `${t.states[state]} ${n(d.notices[state])}`));
  let x = 0;
  return (
    <div className="space-y-4">
      <svg role="img" aria-label={label} viewBox="0 0 100 4" preserveAspectRatio="none" className="block h-2.5 w-full overflow-hidden rounded-full bg-line">
        <title>{label}</title>
        {there.map((state) => {
          const width = (d.notices[state] / all) * 100;
          const from = x;
          x += width;
          return <rect key={state} x={from} width={Math.max(0.4, width - 0.25)} height="4" className={fills[state]} />;
        })}
      </svg>
      <dl className="grid grid-cols-2 gap-x-5 gap-y-2.5 sm:grid-cols-4">
        {order.map((state) => {
          const bad = alarming.includes(state) && d.notices[state] > 0;
          return (
            <div key={state}>
              <dt className="flex items-center gap-1.5 text-xs text-muted">
                <svg aria-hidden="true" viewBox="0 0 8 8" className="size-2">
                  <rect width="8" height="8" rx="2" className={fills[state]} />
                </svg>
                {t.states[state]}
              </dt>
              <dd className={`tabular text-lg font-semibold ${bad ? 'text-warn' : d.notices[state] === 0 ? 'text-muted' : ''}`} title={t.statesHelp[state]}>
                {bad ? <span aria-hidden="true">⚠ </span> : null}
                {n(d.notices[state])}
              </dd>
              <dd className="text-2xs text-muted">{t.statesHelp[state]}</dd>
            </div>
          );
        })}
      </dl>
      <p className="text-xs text-muted">
        {d.waiting_since ? (
          <>
            {t.waitingSince} <Time at={d.waiting_since} clock="wall" />
          </>
        ) : (
          t.waitingNone
        )}
      </p>
    </div>
  );
}

function Ambiguous({ message: m }: { message: AmbiguousItem }) {
  const t = useText();
  return (
    <li className="flex flex-wrap items-baseline justify-between gap-x-4 py-2 text-sm first:pt-1 last:pb-0">
      <span className="min-w-0">
        {m.alert_id === null ? (
          t.digest
        ) : (
          <Link href={hrefs.alert(m.alert_id)} prefetch={false} className="link">
            {t.alert(m.alert_id)}
          </Link>
        )}{' '}
        → {t.to(m.recipient_id)}
        <span className="line-clamp-2 text-xs text-muted">
          <Foreign>{m.reason}</Foreign>
        </span>
      </span>
      <span className="text-xs text-muted">
        <Time at={m.claimed_at} clock="wall" as="exact" />
      </span>
    </li>
  );
}

function Recipients({ counts }: { counts: DeliveriesBody | undefined }) {
  const t = useText();
  const { may } = useAuth();
  const [switching, setSwitching] = useState<RecipientItem | null>(null);
  const n = (value: number) => formatCount(value);
  const list = useList<RecipientItem, RecipientItemPage>(['recipients'], (cursor, init) => api.getRecipients({ limit: 50, cursor }, init), (r) => r.id, { every: 15 });
  const columns: Column<RecipientItem>[] = [
    {
      key: 'recipient',
      head: t.recipient,
      lead: true,
      cell: (r) => (
        <div>
          <span className="tabular">#{r.id}</span>
          {r.user_id !== null ? (
            <p className="text-xs font-normal text-muted">
              <Person id={r.user_id} />
            </p>
          ) : null}
        </div>
      ),
    },
    {
      key: 'chat',
      head: t.chat,
      cell: (r) =>
        r.chat_id === null ? (
          <span className="text-muted">{t.noChat}</span>
        ) : (
          <span className="tabular whitespace-nowrap">
            {r.chat_id} {r.chat_id < 0 ? <Badge>{t.group}</Badge> : null}
          </span>
        ),
    },
    {
      key: 'state',
      head: t.state,
      cell: (r) => (
        <div>
          {r.active ? <Badge>{t.on}</Badge> : <Badge tone="warn">{t.off}</Badge>}
          {r.off_reason ? (
            <p className="line-clamp-2 text-xs text-muted">
              <Foreign>{r.off_reason}</Foreign>
            </p>
          ) : null}
          {r.active && r.muted_until ? (
            <p className="text-xs text-muted">
              {t.muted}: <Time at={r.muted_until} as="exact" /> {t.mutedUntil}
            </p>
          ) : null}
        </div>
      ),
    },
    {
      key: 'watches',
      head: t.watches,
      cell: (r) =>
        r.watch_all ? t.watchesAll : r.watchlist.length === 0 ? <span className="text-muted">{t.watchesNone}</span> : <span title={r.watchlist.join(', ')}>{t.stocks(n(r.watchlist.length))}</span>,
    },
    { key: 'cap', head: t.cap, end: true, cell: (r) => <span className="tabular">{t.capOf(r.daily_cap)}</span> },
    { key: 'quiet', head: t.quiet, cell: (r) => <span className="tabular whitespace-nowrap">{r.quiet_from === r.quiet_to ? t.quietNone : t.quietOf(r.quiet_from, r.quiet_to)}</span> },
    { key: 'language', head: t.language, cell: (r) => t.languages[r.language] },
  ];
  if (may('recipients')) {
    columns.push({
      key: 'actions',
      head: t.actions,
      end: true,
      cell: (r) => (
        <Button aria-label={`${r.active ? t.switchOff : t.switchOn}: ${t.to(r.id)}`} onClick={() => setSwitching(r)}>
          {r.active ? t.switchOff : t.switchOn}
        </Button>
      ),
    });
  }
  return (
    <Panel
      title={t.list}
      note={counts ? <span className="tabular">{t.counts(n(counts.active_recipients), n(counts.inactive_recipients))}</span> : undefined}
      query={list}
      rows={4}
      empty={(rows) => (rows.length > 0 ? null : { because: t.listEmpty })}
    >
      {(rows) => (
        <>
          <FreshItems list={list} />
          <DataTable caption={t.list} columns={columns} rows={rows} rowKey={(r) => r.id} />
          <MoreItems list={list} shown={rows.length} />
          {switching ? <Switch recipient={switching} onClose={() => setSwitching(null)} /> : null}
        </>
      )}
    </Panel>
  );
}

function Switch({ recipient: r, onClose }: { recipient: RecipientItem; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const [reason, setReason] = useState('');
  const change = useChange(() => api.patchRecipientsById(r.id, r.active ? { active: false, reason: reason.trim() } : { active: true }), {
    invalidates: [['recipients'], ['deliveries']],
    onDone: (now) => {
      toast(now.active ? t.onDone(r.id) : t.offDone(r.id));
      onClose();
    },
  });
  return (
    <Confirm
      open
      title={r.active ? t.offTitle(r.id) : t.onTitle(r.id)}
      action={r.active ? t.switchOff : t.switchOn}
      danger={r.active}
      busy={change.busy}
      fault={change.fault?.field === 'reason' ? null : change.fault}
      onConfirm={() => void change.run(undefined)}
      onClose={onClose}
    >
      <p className="mb-3">{r.active ? t.offBody : t.onBody}</p>
      {r.active ? <Field label={t.reason} name="reason" hint={t.reasonHint} fault={change.fault} value={reason} maxLength={200} autoComplete="off" onChange={(e) => setReason(e.target.value)} /> : null}
      {!r.active && r.off_reason ? (
        <p className="text-xs text-muted">
          <Foreign>{r.off_reason}</Foreign>
        </p>
      ) : null}
    </Confirm>
  );
}
