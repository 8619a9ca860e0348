'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect, useRef, type ReactNode } from 'react';
import { includesRole, useAuth } from '@/lib/auth';
import { hrefs, nav, navItemOf, roleOf } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { AppearanceMenu } from './appearance';
import { Button } from './controls';
import { Guard } from './guard';
import { Menu } from './menu';
import { SessionStrip } from './session-strip';
import { useToast } from './toast';

export function Wordmark() {
  const t = useCommon();
  return (
    <span className="inline-flex items-center gap-2 font-semibold tracking-tight">
      <svg aria-hidden="true" viewBox="0 0 24 24" className="size-5 fill-none stroke-current stroke-2">
        <path d="M2 15h4.5l2.5-8 4 12 2.5-7H22" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      {t.appName}
    </span>
  );
}

function Navigation({ onGo }: { onGo?: () => void }) {
  const t = useCommon();
  const { user } = useAuth();
  const here = navItemOf(usePathname() ?? '');
  if (!user) return null;
  return (
    <nav aria-label={t.mainNavigation} className="space-y-5 text-sm">
      {nav.map((group) => {
        const items = group.items.filter((item) => !item.hidden && includesRole(user.role, item.role));
        if (items.length === 0) return null;
        return (
          <div key={group.name}>
            <h2 className="px-3 pb-1 text-2xs font-medium text-muted">{t.groups[group.name]}</h2>
            <ul>
              {items.map((item) => {
                const current = here?.name === item.name;
                const look = `flex min-h-8.5 items-center rounded-control px-3 ${current ? 'bg-sunken font-semibold text-ink' : 'text-muted hover:bg-sunken hover:text-ink'}`;
                return (
                  <li key={item.name}>
                    {item.external ? (
                      <a href={item.href} target="_blank" rel="noreferrer" className={look}>
                        {t.nav[item.name]}
                        <span aria-hidden="true" className="ml-1 text-xs">
                          ↗
                        </span>
                        <span className="sr-only"> ({t.opensNewTab})</span>
                      </a>
                    ) : (
                      <Link href={item.href} prefetch={false} aria-current={current ? 'page' : undefined} className={look} onClick={onGo}>
                        {t.nav[item.name]}
                      </Link>
                    )}
                  </li>
                );
              })}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

function MobileNavigation() {
  const ref = useRef<HTMLDialogElement>(null);
  const t = useCommon();
  const pathname = usePathname();
  useEffect(() => ref.current?.close(), [pathname]);
  return (
    <>
      <button
        type="button"
        aria-label={t.menu}
        aria-haspopup="dialog"
        className="flex min-h-9 min-w-9 items-center justify-center rounded-control hover:bg-sunken lg:hidden"
        onClick={() => ref.current?.showModal()}
      >
        <svg aria-hidden="true" viewBox="0 0 20 20" className="size-5 stroke-current stroke-[1.6]">
          <path d="M3 6h14M3 10h14M3 14h14" strokeLinecap="round" />
        </svg>
      </button>
      <dialog
        ref={ref}
        aria-label={t.menu}
        className="m-0 h-dvh max-h-none w-72 max-w-[85vw] overflow-y-auto border-r border-line bg-surface p-4 text-ink"
        onClick={(event) => {
          if (event.target === ref.current) ref.current.close();
        }}
      >
        <div className="mb-4 flex items-center justify-between pl-3">
          <Wordmark />
          <button type="button" aria-label={t.closeMenu} className="min-h-9 min-w-9 rounded-control text-muted hover:bg-sunken" onClick={() => ref.current?.close()}>
            ✕
          </button>
        </div>
        <Navigation onGo={() => ref.current?.close()} />
      </dialog>
    </>
  );
}

function UserMenu() {
  const t = useCommon();
  const toast = useToast();
  const { user, logout } = useAuth();
  if (!user) return null;
  const leave = () => logout().catch(() => toast(t.logoutFailed, 'warn'));
  return (
    <Menu
      label={t.account}
      button={
        <svg aria-hidden="true" viewBox="0 0 20 20" className="size-4.5 fill-none stroke-current stroke-[1.6]">
          <circle cx="10" cy="7" r="3.2" />
          <path d="M3.8 17a6.3 6.3 0 0 1 12.4 0" strokeLinecap="round" />
        </svg>
      }
    >
      <p className="text-sm font-medium break-all">{user.email}</p>
      <p className="mb-3 text-xs text-muted">{t.roles[user.role]}</p>
      <div className="flex flex-wrap gap-2">
        <Link href={hrefs.settings()} prefetch={false} className="inline-flex min-h-9 items-center rounded-control border border-control/60 px-3 text-xs font-medium hover:bg-sunken">
          {t.settings}
        </Link>
        <Button onClick={() => void leave()}>{t.logout}</Button>
      </div>
    </Menu>
  );
}

/** The key / goes to the page's search. */
function useSearchKey() {
  useEffect(() => {
    const go = (event: KeyboardEvent) => {
      const at = event.target as HTMLElement | null;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || at?.closest('input, textarea, select, [contenteditable], dialog')) return;
      const search = document.querySelector<HTMLInputElement>('#content input[type=search]');
      if (!search) return;
      event.preventDefault();
      search.focus();
    };
    document.addEventListener('keydown', go);
    return () => document.removeEventListener('keydown', go);
  }, []);
}

/** The frame of every page behind the sign-in. Who may see which page stands in lib/routes.ts. */
export function AppShell({ children }: { children: ReactNode }) {
  const t = useCommon();
  const { user } = useAuth();
  const pathname = usePathname() ?? '/';
  useSearchKey();
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[14.5rem_minmax(0,1fr)]">
      <a href="#content" className="sr-only z-50 rounded-control bg-ink px-4 py-2 text-page focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        {t.skip}
      </a>
      <aside className="sticky top-0 hidden h-dvh overflow-y-auto border-r border-line px-3 py-4 lg:block">
        <Link href={hrefs.dashboard()} prefetch={false} className="mb-6 inline-block px-3">
          <Wordmark />
        </Link>
        <Navigation />
      </aside>
      <div className="min-w-0">
        <header className="sticky top-0 z-30 flex min-h-13 items-center justify-between gap-3 border-b border-line bg-page px-4 sm:px-6">
          <div className="flex min-w-0 items-center gap-2">
            <MobileNavigation />
            {user ? <SessionStrip /> : null}
          </div>
          <div className="flex shrink-0 items-center">
            <AppearanceMenu />
            <UserMenu />
          </div>
        </header>
        <main id="content" tabIndex={-1} className="mx-auto w-full max-w-6xl px-4 py-6 outline-none sm:px-6 lg:py-8">
          <Guard role={roleOf(pathname)}>{children}</Guard>
        </main>
      </div>
    </div>
  );
}
