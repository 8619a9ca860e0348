import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TokenAnswer } from './api.gen';
import { dashboardPath, earlyRequests, takeEarly } from './early';
import { Session } from './session';

const tokens: TokenAnswer = {
  access_token: 'early', expires_in: 900, refresh_token: null, token_type: 'Bearer',
  user: { id: 1, email: 'a@example.com', role: 'user', scopes: ['read'], created_at: '2026-11-26T00:00:00+09:00' },
};
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

let asked: string[];
let answers: { refresh: () => Response; dashboard: () => Response };
const locks = { request: vi.fn((_: string, work: () => Promise<Response>) => work()) };

/** Does what the page's head does. */
const load = (path: string) => {
  window.history.replaceState(null, '', path);
  new Function(earlyRequests)();
};

beforeEach(() => {
  asked = [];
  answers = { refresh: () => json(tokens), dashboard: () => json({ of: 'dashboard' }) };
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    asked.push(`${init.method ?? 'GET'} ${url} ${new Headers(init.headers).get('Authorization') ?? '-'} ${init.credentials ?? '-'}`);
    return Promise.resolve(url === '/api/auth/refresh' ? answers.refresh() : answers.dashboard());
  });
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true });
  vi.stubGlobal('BroadcastChannel', undefined);
});
afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, 'locks');
  takeEarly();
});

describe('what the head of a page asks', () => {
  it('is asked once, with the token, and used once by the session', async () => {
    load('/news');
    const s = new Session('');
    expect(window.tickerwireEarly).toBeUndefined();
    await s.start();
    expect(s.current()).toMatchObject({ status: 'in', user: { email: 'a@example.com' } });
    expect(await (await s.send(dashboardPath, { method: 'GET' })).json()).toEqual({ of: 'dashboard' });
    expect(asked).toEqual(['POST /api/auth/refresh - include', `GET ${dashboardPath} Bearer early include`]);
    await s.send(dashboardPath, { method: 'GET' });
    expect(asked).toHaveLength(3);
  });

  it.each([
    ['/', []],
    ['/statistics', ['/api/statistics?limit=200']],
    ['/stocks/005930', ['/api/stocks/005930']],
    ['/predictions/12', ['/api/predictions/12']],
    ['/stocks', []],
    ['/news/1/2', []],
    ['/news/0', []],
    ['/stocks/_', []],
    ['/admin/users', []],
  ])('at %s is, besides the frame\'s question, %j', async (path, first) => {
    load(path);
    const early = takeEarly();
    await Promise.all(Object.values(early!.answers));
    expect(Object.keys(early!.answers)).toEqual([dashboardPath, ...first]);
    expect(asked.slice(1)).toEqual([dashboardPath, ...first].map((p) => `GET ${p} Bearer early include`));
  });

  it('waits for the other tabs by the same lock', () => {
    load('/');
    expect(locks.request).toHaveBeenLastCalledWith('tickerwire.refresh', expect.any(Function));
  });

  it('is nothing on the sign-in page', () => {
    load('/login?next=/news');
    expect(asked).toEqual([]);
    expect(takeEarly()).toBeNull();
  });

  it('is no more than that nobody is signed in, where it is refused', async () => {
    answers.refresh = () => json({ status: 401 }, 401);
    load('/');
    const s = new Session('');
    await s.start();
    expect(s.current().status).toBe('out');
    expect(asked).toHaveLength(1);
  });

  it('is asked again where the answer was a failure', async () => {
    answers.dashboard = () => json({ status: 503 }, 503);
    load('/');
    const s = new Session('');
    await s.start();
    answers.dashboard = () => json({ of: 'later' });
    expect(await (await s.send(dashboardPath, { method: 'GET' })).json()).toEqual({ of: 'later' });
  });

  it('says that the API cannot be reached, and asks anew when told to', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')));
    load('/');
    const s = new Session('');
    await s.start();
    expect(s.current().status).toBe('unreachable');
    vi.stubGlobal('fetch', () => Promise.resolve(json(tokens)));
    await s.start();
    expect(s.current().status).toBe('in');
  });

  it('shows nothing of one account to the next', async () => {
    load('/');
    const s = new Session('');
    await s.start();
    s.accept({ ...tokens, access_token: 'other', user: { ...tokens.user, id: 2 } });
    await s.send(dashboardPath, { method: 'GET' });
    expect(asked.at(-1)).toBe(`GET ${dashboardPath} Bearer other include`);
  });
});
