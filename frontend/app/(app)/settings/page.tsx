'use client';

import Link from 'next/link';
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { AppearanceFields } from '@/components/appearance';
import { Button } from '@/components/controls';
import { Confirm } from '@/components/dialog';
import { Field, FormFault } from '@/components/field';
import { FreshItems, MoreItems } from '@/components/list';
import { Badge, Delta, Foreign } from '@/components/marks';
import { Page } from '@/components/page';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, faultOf, type Fault, type PatchMeRequest, type SessionItem, type SessionItemPage, type UserBody } from '@/lib/api';
import { useAuth } from '@/lib/auth';
import { dictionary } from '@/lib/i18n';
import { useChange, useList } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import en from '@/messages/en/settings';
import ko from '@/messages/ko/settings';
import { agentName } from './agent';
import { leastPassword, objectionTo } from './password';

const useText = dictionary({ ko, en });

export default function SettingsPage() {
  const t = useText();
  const { user } = useAuth();
  if (!user) return null;
  return (
    <Page title={t.title} lead={t.lead}>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="min-w-0 space-y-4">
          <Me user={user} />
          <More />
        </div>
        <div className="min-w-0 space-y-4">
          <Box title={t.appearance} note={t.appearanceNote}>
            <AppearanceFields />
            <p className="mt-4 flex items-baseline gap-4 border-t border-line pt-3 text-sm">
              <span className="text-xs text-muted">{t.sample}</span>
              <Delta value={1.23} />
              <Delta value={-1.23} />
              <Delta value={0} />
            </p>
          </Box>
          <Password />
          <Sessions />
        </div>
      </div>
    </Page>
  );
}

function Box({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0 rounded-panel border border-line bg-surface px-4 py-3.5">
      <h2 id={id} className="text-sm font-semibold">
        {title}
      </h2>
      {note ? <p className="text-xs text-muted">{note}</p> : null}
      <div className="mt-3">{children}</div>
    </section>
  );
}

function Me({ user }: { user: UserBody }) {
  const t = useText();
  const common = useCommon();
  return (
    <Box title={t.me}>
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-5 gap-y-1.5">
        <dt className="text-muted">{t.email}</dt>
        <dd className="font-medium break-all">
          <Foreign>{user.email}</Foreign>
        </dd>
        <dt className="text-muted">{t.role}</dt>
        <dd>
          <Badge tone="strong">{common.roles[user.role]}</Badge>
        </dd>
        <dt className="text-muted">{t.since}</dt>
        <dd>
          <Time at={user.created_at} clock="wall" as="exact" />
        </dd>
        <dt className="text-muted">{t.may}</dt>
        <dd>
          <ul className="space-y-0.5">
            {user.scopes.map((s) => (
              <li key={s}>{Object.hasOwn(t.scopes, s) ? t.scopes[s] : s}</li>
            ))}
          </ul>
        </dd>
      </dl>
      <p className="mt-3 border-t border-line pt-3 text-xs text-muted">{t.roleChange}</p>
    </Box>
  );
}

function More() {
  const t = useText();
  return (
    <Box title={t.more}>
      <ul className="flex flex-wrap gap-x-5 gap-y-1">
        {(
          [
            [t.rule, hrefs.rule()],
            [t.watchlist, hrefs.watchlist()],
            [t.telegram, hrefs.telegram()],
          ] as const
        ).map(([name, href]) => (
          <li key={href}>
            <Link href={href} prefetch={false} className="link">
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </Box>
  );
}

const about = (field: string, detail: string): Fault => ({ status: 400, detail, field, requestId: '', retryAfter: null });

function Password() {
  const t = useText();
  const toast = useToast();
  const [shown, setShown] = useState(false);
  const [own, setOwn] = useState<Fault | null>(null);
  const change = useChange((body: PatchMeRequest) => api.patchAuthMe(body));
  const fault = own ?? change.fault;

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const [current, next, again] = ['current_password', 'password', 'again'].map((name) => String(data.get(name) ?? ''));
    const objection = objectionTo(current ?? '', next ?? '', again ?? '');
    change.reset();
    setOwn(objection === null ? null : about(objection === 'mismatch' ? 'again' : 'password', t[objection]));
    if (objection !== null) return;
    if (await change.run({ current_password: current ?? '', password: next ?? '' })) {
      form.reset();
      toast(t.changed);
    }
  };
  const type = shown ? 'text' : 'password';
  return (
    <Box title={t.password} note={t.passwordNote}>
      <form className="space-y-3" noValidate onSubmit={(event) => void submit(event)}>
        <Field label={t.current} name="current_password" type={type} autoComplete="current-password" required maxLength={200} fault={fault} />
        <Field label={t.next} name="password" type={type} autoComplete="new-password" required minLength={leastPassword} maxLength={200} hint={t.nextHint} fault={fault} />
        <Field label={t.again} name="again" type={type} autoComplete="new-password" required maxLength={200} fault={fault} />
        <label className="flex w-fit items-center gap-2 text-xs text-muted">
          <input type="checkbox" className="size-4 accent-ink" checked={shown} onChange={(event) => setShown(event.target.checked)} />
          {t.show}
        </label>
        <FormFault fault={fault} fields={['current_password', 'password', 'again']} />
        <Button type="submit" look="primary" disabled={change.busy}>
          {change.busy ? t.changing : t.change}
        </Button>
      </form>
    </Box>
  );
}

function Sessions() {
  const t = useText();
  const common = useCommon();
  const toast = useToast();
  const { logout, logoutEverywhere } = useAuth();
  const list = useList<SessionItem, SessionItemPage>(['sessions'], (cursor, init) => api.getAuthSessions({ limit: 6, cursor }, init), (s) => s.id, { every: 30 });
  const [ending, setEnding] = useState<SessionItem | null>(null);
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const end = useChange((id: number) => api.deleteAuthSessionsById(id), {
    invalidates: [['sessions']],
    onDone: () => {
      setEnding(null);
      toast(t.ended);
    },
  });
  const everywhere = async () => {
    setBusy(true);
    setFault(null);
    try {
      await logoutEverywhere();
    } catch (error) {
      setFault(faultOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Panel title={t.sessions} note={t.sessionsNote} query={list} rows={3}>
        {(sessions) => (
          <>
            <FreshItems list={list} />
            <ul className="divide-y divide-line">
              {sessions.map((s) => (
                <SessionRow
                  key={s.id}
                  session={s}
                  onEnd={() => {
                    end.reset();
                    setEnding(s);
                  }}
                />
              ))}
            </ul>
            <MoreItems list={list} shown={sessions.length} />
          </>
        )}
      </Panel>
      {/* Also where the list cannot be had: whoever wants to leave must be able to. */}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => void logout().catch(() => toast(common.logoutFailed, 'warn'))}>{t.logout}</Button>
        <Button look="danger" onClick={() => setOpen(true)}>
          {t.everywhere}
        </Button>
      </div>
      <Confirm open={open} title={t.everywhereTitle} action={t.everywhere} danger busy={busy} fault={fault} onConfirm={() => void everywhere()} onClose={() => setOpen(false)}>
        <p>{t.everywhereText}</p>
      </Confirm>
      <Confirm
        open={ending !== null}
        title={t.endTitle}
        action={t.end}
        danger
        busy={end.busy}
        fault={end.fault}
        onConfirm={() => {
          if (ending) void end.run(ending.id);
        }}
        onClose={() => setEnding(null)}
      >
        {ending ? (
          <p>
            <strong>
              <Foreign>{agentName(ending.agent) || t.unknownAgent}</Foreign>
            </strong>{' '}
            {t.endText}
          </p>
        ) : null}
      </Confirm>
    </>
  );
}

function SessionRow({ session: s, onEnd }: { session: SessionItem; onEnd: () => void }) {
  const t = useText();
  const name = agentName(s.agent) || t.unknownAgent;
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1 py-2.5 first:pt-0">
      <div className="min-w-0 space-y-0.5">
        <p className="flex flex-wrap items-baseline gap-x-2 font-medium" title={s.agent || undefined}>
          <Foreign>{name}</Foreign>
          {s.current ? <Badge tone="strong">{t.thisOne}</Badge> : null}
          <span className="text-xs font-normal text-muted">{t.kinds[s.kind]}</span>
        </p>
        <p className="text-xs text-muted">
          {t.signedIn} <Time at={s.created_at} clock="wall" as="exact" />
        </p>
        <p className="text-xs text-muted">
          {t.used} <Time at={s.used_at} clock="wall" />
          {s.address ? (
            <>
              {' '}
              · <span className="tabular break-all">{s.address}</span>
            </>
          ) : null}
        </p>
      </div>
      {s.current ? null : (
        <Button aria-label={`${t.end}: ${name}, ${s.address || s.id}`} onClick={onEnd}>
          {t.end}
        </Button>
      )}
    </li>
  );
}
