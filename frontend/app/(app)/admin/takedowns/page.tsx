'use client';

import { useState } from 'react';
import { Button } from '@/components/controls';
import { Confirm, Dialog } from '@/components/dialog';
import { Field, FormFault } from '@/components/field';
import { FreshItems, MoreItems } from '@/components/list';
import { Badge, Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type CreateTakedownRequest, type TakedownBody, type TakedownItem, type TakedownItemPage } from '@/lib/api';
import { formatCount } from '@/lib/format';
import { dictionary } from '@/lib/i18n';
import { useChange, useList } from '@/lib/query';
import en from '@/messages/en/takedowns';
import ko from '@/messages/ko/takedowns';
import { Actor } from '../actors';

const useText = dictionary({ ko, en });

export default function TakedownsPage() {
  const t = useText();
  const toast = useToast();
  const [proof, setProof] = useState<TakedownBody | null>(null);
  const list = useList<TakedownItem, TakedownItemPage>(['takedowns'], (cursor, init) => api.getTakedowns({ limit: 50, cursor }, init), (item) => item.id, { every: 15 });
  const order = useChange((body: CreateTakedownRequest) => api.postTakedowns(body), {
    invalidates: [['takedowns'], ['news']],
    onDone: (done) => {
      toast(done.complete ? t.doneComplete : t.doneDue, done.complete ? 'plain' : 'warn');
      setProof(done);
    },
  });
  const columns: Column<TakedownItem>[] = [
    {
      key: 'address',
      head: t.address,
      lead: true,
      cell: (x) => (
        <div>
          <p className="line-clamp-2 break-all">
            <Foreign>{x.url}</Foreign>
          </p>
          <p className="line-clamp-2 text-xs font-normal text-muted">
            <Foreign>{x.reason}</Foreign>
          </p>
        </div>
      ),
    },
    { key: 'articles', head: t.articles, end: true, cell: (x) => <span className="tabular inline-block md:min-w-14">{formatCount(x.articles)}</span> },
    { key: 'state', head: t.state, cell: (x) => <Badge tone={x.index_due ? 'warn' : 'plain'}>{x.index_due ? t.due : t.complete}</Badge> },
    { key: 'ordered', head: t.ordered, cell: (x) => <Time at={x.ordered_at} clock="wall" /> },
    { key: 'by', head: t.by, cell: (x) => <span className="inline-block text-xs md:min-w-36">{x.ordered_by === null ? t.commandLine : <Actor id={x.ordered_by} />}</span> },
    {
      key: 'proof',
      head: t.proof,
      end: true,
      cell: (x) => (
        <Button look="quiet" aria-label={`${x.url}: ${t.show}`} disabled={order.busy} onClick={() => void order.run({ url: x.url, reason: x.reason })}>
          {t.show}
        </Button>
      ),
    },
  ];
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={list} />}>
      <OrderForm order={order} />
      <Panel title={t.list} note={t.showNote} query={list} rows={3} empty={(items) => (items.length > 0 ? null : { because: t.empty })}>
        {(items) => (
          <>
            <FreshItems list={list} />
            <DataTable caption={t.list} columns={columns} rows={items} rowKey={(x) => x.id} />
            <MoreItems list={list} shown={items.length} />
          </>
        )}
      </Panel>
      <Dialog open={proof !== null} onClose={() => setProof(null)} title={t.proof}>
        {proof ? <Proof of={proof} /> : null}
      </Dialog>
    </Page>
  );
}

function OrderForm({ order }: { order: ReturnType<typeof useChange<CreateTakedownRequest, TakedownBody>> }) {
  const t = useText();
  const [url, setUrl] = useState('');
  const [reason, setReason] = useState('');
  const [asking, setAsking] = useState(false);
  const send = async () => {
    const done = await order.run({ url: url.trim(), reason: reason.trim() });
    setAsking(false);
    if (!done) return; // what was refused stands at its field
    setUrl('');
    setReason('');
  };
  return (
    <section aria-labelledby="order" className="rounded-panel border border-line bg-surface px-4 py-4">
      <h2 id="order" className="mb-3 text-sm font-semibold">
        {t.order}
      </h2>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          setAsking(true);
        }}
      >
        <div className="grid gap-3 md:grid-cols-2">
          <Field label={t.url} name="url" fault={order.fault} hint={t.urlHint} value={url} required maxLength={2000} placeholder="https://" spellCheck={false} autoComplete="off" onChange={(e) => setUrl(e.target.value)} />
          <Field label={t.reason} name="reason" fault={order.fault} hint={t.reasonHint} value={reason} required maxLength={500} autoComplete="off" onChange={(e) => setReason(e.target.value)} />
        </div>
        <FormFault fault={order.fault} fields={['url', 'reason']} />
        <div className="flex justify-end">
          <Button type="submit" look="danger" disabled={order.busy}>
            {t.order}
          </Button>
        </div>
      </form>
      <Confirm open={asking} danger title={t.confirmTitle} action={t.action} busy={order.busy} onConfirm={() => void send()} onClose={() => setAsking(false)}>
        <p className="mb-2 font-medium break-all">
          <Foreign>{url}</Foreign>
        </p>
        <p>{t.confirmBody}</p>
      </Confirm>
    </section>
  );
}

/** Place by place, what was removed and what a query finds there now. */
function Proof({ of }: { of: TakedownBody }) {
  const t = useText();
  return (
    <div className="space-y-3">
      <p className="text-xs break-all text-muted">
        <Foreign>{of.url}</Foreign>
      </p>
      <p className={of.complete ? 'font-medium' : 'font-medium text-warn'}>
        {of.complete ? <span aria-hidden="true">✓ </span> : <span aria-hidden="true">⚠ </span>}
        {of.complete ? t.doneComplete : t.doneDue}
      </p>
      <p className="text-xs text-muted">{of.articles.length === 0 ? t.none : t.found(formatCount(of.articles.length))}</p>
      <DataTable
        caption={t.proofOf(of.url)}
        rows={of.proof}
        rowKey={(p) => p.place}
        columns={[
          { key: 'place', head: t.place, lead: true, cell: (p) => <span lang="en">{p.place}</span> },
          { key: 'removed', head: t.removed, end: true, cell: (p) => <span className="tabular">{formatCount(p.removed)}</span> },
          {
            key: 'left',
            head: `${t.left} (${t.leftNow})`,
            end: true,
            cell: (p) => (
              <span className={`tabular ${p.left > 0 ? 'text-warn' : ''}`}>
                {p.left > 0 ? <span aria-hidden="true">⚠ </span> : null}
                {formatCount(p.left)}
              </span>
            ),
          },
        ]}
      />
    </div>
  );
}
