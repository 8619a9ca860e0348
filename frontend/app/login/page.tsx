'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useState, type FormEvent, type KeyboardEvent } from 'react';
import { AppearanceMenu } from '@/components/appearance';
import { Wordmark } from '@/components/app-shell';
import { Button } from '@/components/controls';
import { Field } from '@/components/field';
import { faultOf, type Fault } from '@/lib/api';
import { safeReturn, useAuth } from '@/lib/auth';
import { formatDuration } from '@/lib/format';
import { dictionary, useLocale } from '@/lib/i18n';
import en from '@/messages/en/auth';
import ko from '@/messages/ko/auth';

const useText = dictionary({ ko, en });

/** Counts seconds down to 0. */
function useCountdown(): [number, (seconds: number) => void] {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return [left, setLeft];
}

export default function LoginPage() {
  const t = useText();
  const locale = useLocale();
  const router = useRouter();
  const { state, login } = useAuth();
  const [fault, setFault] = useState<Fault | null>(null);
  const [busy, setBusy] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  const [shown, setShown] = useState(false);
  const [locked, setLocked] = useCountdown();

  useEffect(() => {
    document.title = t.title;
  }, [t.title]);
  useEffect(() => {
    if (state.status === 'in') router.replace(safeReturn(new URLSearchParams(window.location.search).get('next')));
  }, [state.status, router]);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFault(null);
    try {
      await login(String(form.get('email')), String(form.get('password')));
    } catch (error) {
      const refused = faultOf(error);
      setFault(refused);
      if (refused.status === 429 && refused.retryAfter !== null) setLocked(refused.retryAfter);
    } finally {
      setBusy(false);
    }
  };
  const watchCapsLock = (event: KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'));
  const said = locked > 0 ? t.locked(formatDuration(locked, locale)) : fault?.status === 401 ? t.wrong : fault?.detail;

  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex items-center justify-between px-4 py-3 sm:px-6">
        <Wordmark />
        <AppearanceMenu />
      </header>
      <main className="flex flex-1 items-start justify-center px-4 pt-[10vh] pb-12">
        <div className="w-full max-w-sm">
          <h1 className="text-xl font-semibold tracking-tight">{t.title}</h1>
          <p className="mt-1 mb-6 text-muted">{t.lead}</p>
          <form className="space-y-4" onSubmit={(event) => void submit(event)}>
            <Field label={t.email} name="email" type="email" autoComplete="username" required maxLength={254} fault={fault} autoFocus spellCheck={false} autoCapitalize="none" />
            <Field
              label={t.password}
              name="password"
              type={shown ? 'text' : 'password'}
              autoComplete="current-password"
              required
              maxLength={200}
              fault={fault}
              hint={capsLock ? t.capsLock : undefined}
              onKeyDown={watchCapsLock}
              onKeyUp={watchCapsLock}
            />
            <label className="flex w-fit items-center gap-2 text-xs text-muted">
              <input type="checkbox" className="size-4 accent-ink" checked={shown} onChange={(event) => setShown(event.target.checked)} />
              {t.showPassword}
            </label>
            <div role="alert">
              {said ? (
                <p className="rounded-control border border-warn-line bg-warn-surface px-3 py-2 text-xs text-warn">
                  <span aria-hidden="true">⚠ </span>
                  {said}
                </p>
              ) : null}
            </div>
            <Button type="submit" look="primary" className="w-full" disabled={busy || locked > 0 || state.status === 'in'}>
              {busy ? t.busy : t.submit}
            </Button>
          </form>
        </div>
      </main>
    </div>
  );
}
