import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TokenAnswer } from './api';
import { AuthProvider, includesRole, safeReturn, useAuth } from './auth';
import { nav, navItemOf, roleOf } from './routes';
import { session } from './session';

const answer = (id: number): TokenAnswer => ({
  access_token: `secret-${id}`, expires_in: 900, refresh_token: null, token_type: 'Bearer',
  user: { id, email: `${id}@example.com`, role: 'user', scopes: ['read'], created_at: '2026-11-26T00:00:00+09:00' },
});

function Who() {
  const { user, may, logout } = useAuth();
  return <button onClick={() => void logout()}>{`${user?.email ?? 'nobody'} ${may('read')}`}</button>;
}

describe('AuthProvider', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('says who is signed in, and forgets what he saw when he goes or another comes', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(null, { status: 204 })));
    session.accept(answer(1));
    const client = new QueryClient();
    render(
      <QueryClientProvider client={client}>
        <AuthProvider>
          <Who />
        </AuthProvider>
      </QueryClientProvider>,
    );
    expect(screen.getByRole('button').textContent).toBe('1@example.com true');
    client.setQueryData(['x'], 'of 1');
    act(() => session.accept(answer(1)));
    expect(client.getQueryData(['x'])).toBe('of 1');
    act(() => session.accept(answer(2)));
    expect(client.getQueryData(['x'])).toBeUndefined();
    client.setQueryData(['x'], 'of 2');
    await act(async () => screen.getByRole('button').click());
    expect(screen.getByRole('button').textContent).toBe('nobody false');
    expect(client.getQueryData(['x'])).toBeUndefined();
    expect(JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie).not.toContain('secret');
  });
});

describe('the way back after signing in', () => {
  it('stays on this origin', () => {
    expect(safeReturn('/stocks/005930?tab=news#top')).toBe('/stocks/005930?tab=news#top');
    for (const bad of [null, '', 'https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/login?next=/', 'stocks']) {
      expect(safeReturn(bad)).toBe('/');
    }
  });
});

describe('roles', () => {
  it('include the lower ones', () => {
    expect(includesRole('admin', 'operator')).toBe(true);
    expect(includesRole('user', 'operator')).toBe(false);
  });

  it('are those of the longest address', () => {
    expect(roleOf('/')).toBe('user');
    expect(roleOf('/stocks/005930')).toBe('user');
    expect(roleOf('/ops/runs/7')).toBe('operator');
    expect(roleOf('/admin/ab-tests/3')).toBe('admin');
    expect(navItemOf('/alerts/rule')?.name).toBe('rule');
    expect(navItemOf('/alerts/12')?.name).toBe('alerts');
    expect(navItemOf('/stocksx')).toBeNull();
  });

  it('leave no page of /ops or /admin to everybody', () => {
    for (const item of nav.flatMap((g) => g.items)) {
      if (/^\/(ops|admin)/.test(item.href)) expect(item.role, item.href).not.toBe('user');
    }
  });
});
