'use client';

import { useState } from 'react';
import { Button } from '@/components/controls';
import { Confirm, Dialog } from '@/components/dialog';
import { Field, FormFault, SelectField } from '@/components/field';
import { MoreItems } from '@/components/list';
import { Badge, Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { useToast } from '@/components/toast';
import { api, type WebhookItem, type WebhookItemPage } from '@/lib/api';
import { dictionary } from '@/lib/i18n';
import { useChange, useList } from '@/lib/query';
import { useCommon } from '@/lib/words';
import en from '@/messages/en/webhooks';
import ko from '@/messages/ko/webhooks';

const useText = dictionary({ ko, en });

type Open = { what: 'create' } | { what: 'secret'; secret: string } | { what: 'remove'; hook: WebhookItem } | null;

export default function WebhooksPage() {
  const t = useText();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const list = useList<WebhookItem, WebhookItemPage>(['webhooks'], (cursor, init) => api.getWebhooks({ limit: 50, cursor }, init), (item) => item.id);
  const columns: Column<WebhookItem>[] = [
    {
      key: 'url',
      head: t.url,
      lead: true,
      cell: (h) => (
        <span className="line-clamp-3 break-all">
          <Foreign>{h.url}</Foreign>
        </span>
      ),
    },
    { key: 'language', head: t.language, cell: (h) => <span className="inline-block md:min-w-20">{t.languages[h.language]}</span> },
    {
      key: 'state',
      head: t.state,
      cell: (h) =>
        h.active ? (
          <span className="inline-block text-xs md:min-w-24">{t.active}</span>
        ) : (
          <span className="inline-block text-xs md:min-w-24">
            <Badge tone="warn">{t.off}</Badge> {h.off_reason ? <Foreign>{t.refused(h.off_reason)}</Foreign> : null}
          </span>
        ),
    },
    {
      key: 'actions',
      head: t.actions,
      end: true,
      cell: (h) => (
        <Button look="quiet" aria-label={`${h.url}: ${t.remove}`} onClick={() => setOpen({ what: 'remove', hook: h })}>
          {t.remove}
        </Button>
      ),
    },
  ];
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={list} />}>
      <Panel
        title={t.title}
        hideTitle
        query={list}
        rows={3}
        actions={
          <Button look="primary" className="ml-auto" onClick={() => setOpen({ what: 'create' })}>
            {t.create}
          </Button>
        }
        empty={(items) => (items.length > 0 ? null : { because: t.empty })}
      >
        {(items) => (
          <>
            <DataTable caption={t.title} columns={columns} rows={items} rowKey={(h) => h.id} />
            <MoreItems list={list} shown={items.length} />
          </>
        )}
      </Panel>
      {/* What closes when the secret comes must not close the secret. */}
      <Dialog open={open?.what === 'create'} onClose={() => setOpen((now) => (now?.what === 'create' ? null : now))} title={t.create}>
        <Create onClose={close} onSecret={(secret) => setOpen({ what: 'secret', secret })} />
      </Dialog>
      <Dialog open={open?.what === 'secret'} onClose={close} title={t.secretTitle}>
        {open?.what === 'secret' ? <Secret secret={open.secret} onClose={close} /> : null}
      </Dialog>
      {open?.what === 'remove' ? <Remove hook={open.hook} onClose={close} /> : null}
    </Page>
  );
}

function Create({ onClose, onSecret }: { onClose: () => void; onSecret: (secret: string) => void }) {
  const t = useText();
  const common = useCommon();
  const [url, setUrl] = useState('');
  const [language, setLanguage] = useState<WebhookItem['language']>('ko');
  const save = useChange(() => api.postWebhooks({ url: url.trim(), language }), {
    invalidates: [['webhooks'], ['recipients']],
    onDone: (made) => onSecret(made.secret),
  });
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save.run(undefined);
      }}
    >
      <Field label={t.url} name="url" type="url" fault={save.fault} hint={t.urlHint} value={url} required maxLength={1000} placeholder="https://" autoComplete="off" onChange={(e) => setUrl(e.target.value)} />
      <SelectField
        label={t.language}
        name="language"
        fault={save.fault}
        value={language}
        options={(['ko', 'en'] as const).map((value) => ({ value, label: t.languages[value] }))}
        onChange={(e) => setLanguage(e.target.value === 'en' ? 'en' : 'ko')}
      />
      <FormFault fault={save.fault} fields={['url', 'language']} />
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" look="primary" disabled={save.busy}>
          {t.create}
        </Button>
      </div>
    </form>
  );
}

/** A secret that the API tells once: it lives as long as this box is open. */
function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const copy = () =>
    navigator.clipboard.writeText(secret).then(
      () => toast(t.copied),
      () => toast(t.copyFailed, 'warn'),
    );
  return (
    <div className="space-y-3">
      <p>{t.secretBody}</p>
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <Field label={t.secret} name="secret" value={secret} readOnly className="font-mono" autoComplete="off" onFocus={(e) => e.target.select()} />
        </div>
        <Button onClick={() => void copy()}>{t.copy}</Button>
      </div>
      <div className="flex justify-end">
        <Button look="primary" onClick={onClose}>
          {t.kept}
        </Button>
      </div>
    </div>
  );
}

function Remove({ hook, onClose }: { hook: WebhookItem; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const remove = useChange(() => api.deleteWebhooksById(hook.id), {
    invalidates: [['webhooks'], ['recipients']],
    onDone: () => {
      toast(t.removed);
      onClose();
    },
  });
  return (
    <Confirm open danger title={t.removeTitle} action={t.remove} busy={remove.busy} fault={remove.fault} onConfirm={() => void remove.run(undefined)} onClose={onClose}>
      <p className="break-all">{t.removeBody(hook.url)}</p>
    </Confirm>
  );
}
