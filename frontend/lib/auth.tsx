'use client';

import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useCallback, useEffect, useMemo, useSyncExternalStore, type ReactNode } from 'react';
import { api, type UserBody } from './api';
import { session, type SessionState } from './session';

export type Role = UserBody['role'];

const order: readonly Role[] = ['user', 'operator', 'admin'];

/** Whether a role includes another: admins may do what operators may. */
export function includesRole(have: Role, needed: Role): boolean {
  return order.indexOf(have) >= order.indexOf(needed);
}

interface Auth {
  state: SessionState;
  /** The one who is signed in; null when nobody is, or it is not known yet. */
  user: UserBody | null;
  login: (email: string, password: string) => Promise<void>;
  logout: () => Promise<void>;
  /** Asks again after the API could not be reached. */
  retry: () => Promise<void>;
  /** Whether the role has a scope, such as 'queue:edit'. */
  may: (scope: string) => boolean;
}

export const AuthContext = createContext<Auth | null>(null);

const loading: SessionState = { status: 'loading' };
const hintKey = 'tickerwire.visited';

/** Remembers that somebody was signed in here, so that the sign-in page need not ask the API for a session that cannot be. */
function setHint(on: boolean): void {
  try {
    if (on) localStorage.setItem(hintKey, '1');
    else localStorage.removeItem(hintKey);
  } catch {
    // storage is switched off: the sign-in page asks for nothing
  }
}

function hasHint(): boolean {
  try {
    return localStorage.getItem(hintKey) !== null;
  } catch {
    return false;
  }
}

export function AuthProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const state = useSyncExternalStore(session.subscribe, session.current, () => loading);

  useEffect(() => {
    if (session.current().status !== 'loading') return;
    if (window.location.pathname.startsWith('/login') && !hasHint()) session.startSignedOut();
    else void session.start();
  }, []);

  useEffect(() => {
    let last: number | null = null;
    const look = () => {
      const now = session.current();
      if (now.status !== 'in' && now.status !== 'out') return;
      const id = now.status === 'in' ? now.user.id : null;
      setHint(id !== null);
      // Nothing that one account saw is shown to the next: this runs before anything is drawn for him.
      if (last !== null && last !== id) queries.clear();
      last = id;
    };
    look();
    return session.subscribe(look);
  }, [queries]);

  const login = useCallback(async (email: string, password: string) => {
    session.accept(await api.postAuthLogin({ email, password, session: 'cookie' }));
  }, []);
  const logout = useCallback(() => session.logout(), []);
  const retry = useCallback(() => session.start(), []);
  const user = state.status === 'in' ? state.user : null;
  const value = useMemo<Auth>(
    () => ({ state, user, login, logout, retry, may: (scope) => user?.scopes.includes(scope) ?? false }),
    [state, user, login, logout, retry],
  );
  return <AuthContext value={value}>{children}</AuthContext>;
}

export function useAuth(): Auth {
  const auth = use(AuthContext);
  if (!auth) throw new Error('useAuth needs an AuthProvider above it');
  return auth;
}

/** Where to go after signing in: a path of this origin, else the dashboard. */
export function safeReturn(next: string | null): string {
  if (!next || !next.startsWith('/') || next.startsWith('//') || next.includes('\\')) return '/';
  try {
    const url = new URL(next, window.location.origin);
    if (url.origin !== window.location.origin || url.pathname.startsWith('/login')) return '/';
    return url.pathname + url.search + url.hash;
  } catch {
    return '/';
  }
}
