import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TokenAnswer } from './api.gen';
import { setPreferences } from './preferences';
import { Session } from './session';

const user = { id: 1, email: 'a@example.com', role: 'user', scopes: ['read'], created_at: '2026-11-26T00:00:00+09:00' } as const;
const tokens = (access_token: string, expires_in = 900): TokenAnswer => ({
  access_token, expires_in, refresh_token: null, token_type: 'Bearer', user: { ...user, scopes: [...user.scopes] },
});
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

/** A server that knows one access token at a time and gives the next one for each refresh. */
class Server {
  refreshes = 0;
  valid = '';
  cookie = true;
  calls: { path: string; token: string | null; language: string | null; body?: unknown }[] = [];
  logout = 204;

  fetch = (url: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    const token = headers.get('Authorization');
    this.calls.push({ path: url, token, language: headers.get('Accept-Language'), body: init.body });
    if (url === '/api/auth/refresh') {
      if (!this.cookie) return Promise.resolve(new Response(null, { status: 204 }));
      this.valid = `t${++this.refreshes}`;
      return Promise.resolve(json(tokens(this.valid)));
    }
    if (url === '/api/auth/logout') return Promise.resolve(this.logout === 204 ? new Response(null, { status: 204 }) : json({ detail: 'down' }, this.logout));
    return Promise.resolve(token === `Bearer ${this.valid}` ? json({ ok: true }) : json({ detail: 'expired', status: 401 }, 401));
  };
}

let server: Server;

/** Channels that reach all other channels of their name, at once. */
class Channel {
  static open: Channel[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(readonly name: string) {
    Channel.open.push(this);
  }
  postMessage(data: unknown) {
    for (const other of Channel.open) if (other !== this && other.name === this.name) other.onmessage?.({ data });
  }
}

/** The browser's locks, for all tabs of a test. */
class Locks {
  private last: Promise<unknown> = Promise.resolve();
  held = 0;
  most = 0;
  request = <T>(_name: string, work: () => Promise<T>): Promise<T> => {
    const next = this.last.then(async () => {
      this.most = Math.max(this.most, ++this.held);
      try {
        return await work();
      } finally {
        this.held--;
      }
    });
    this.last = next.catch(() => undefined);
    return next;
  };
}

let locks: Locks;

beforeEach(() => {
  server = new Server();
  locks = new Locks();
  Channel.open = [];
  vi.stubGlobal('fetch', server.fetch);
  vi.stubGlobal('BroadcastChannel', Channel);
  vi.stubGlobal('navigator', { locks });
});
afterEach(() => vi.unstubAllGlobals());

describe('a session', () => {
  it('signs in silently by the cookie', async () => {
    const s = new Session('');
    await s.start();
    expect(s.current()).toMatchObject({ status: 'in', user: { email: 'a@example.com' } });
  });

  it('is out where there is no cookie', async () => {
    server.cookie = false;
    const s = new Session('');
    await s.start();
    expect(s.current().status).toBe('out');
    expect(server.calls.map((c) => [c.path, c.body])).toEqual([['/api/auth/refresh', '{"session":"cookie"}']]);
  });

  it('is out where the cookie is refused', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(json({ detail: 'ended', status: 401 }, 401)));
    const s = new Session('');
    await s.start();
    expect(s.current().status).toBe('out');
  });

  it('asks for the language of the page, which may change', async () => {
    const s = new Session('');
    for (const locale of ['en', 'ko'] as const) {
      setPreferences({ locale });
      await s.start();
      await s.send('/api/x', { headers: { Accept: 'text/event-stream' } });
    }
    expect(server.calls.map((c) => [c.path, c.language])).toEqual([
      ['/api/auth/refresh', 'en'], ['/api/x', 'en'], ['/api/auth/refresh', 'ko'], ['/api/x', 'ko'],
    ]);
  });

  it('signs nobody out when the API cannot be reached', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(json({ detail: 'down' }, 503)));
    const s = new Session('');
    await s.start();
    expect(s.current().status).toBe('unreachable');
  });

  it('refreshes once for all requests that are refused at the same time', async () => {
    const s = new Session('');
    s.accept(tokens('old'));
    const answers = await Promise.all([1, 2, 3, 4].map((n) => s.send(`/api/${n}`, {})));
    expect(answers.map((a) => a.status)).toEqual([200, 200, 200, 200]);
    expect(server.refreshes).toBe(1);
  });

  it('refreshes in one tab after the other', async () => {
    const tabs = [new Session(''), new Session(''), new Session('')];
    await Promise.all(tabs.map((s) => s.start()));
    expect(server.refreshes).toBe(3);
    expect(locks.most).toBe(1);
  });

  it('tries a refused request again once, not more', async () => {
    const s = new Session('');
    s.accept(tokens('old'));
    const refuse = vi.fn((url: string) => Promise.resolve(url === '/api/auth/refresh' ? json(tokens('new')) : json({ detail: 'no' }, 401)));
    vi.stubGlobal('fetch', refuse);
    expect((await s.send('/api/x', {})).status).toBe(401);
    expect(refuse.mock.calls.map(([url]) => url)).toEqual(['/api/x', '/api/auth/refresh', '/api/x']);
  });

  it('renews a token that is about to end before it is refused', async () => {
    const s = new Session('');
    s.accept(tokens('old', 10));
    await s.send('/api/x', {});
    expect(server.calls.map((c) => c.path)).toEqual(['/api/auth/refresh', '/api/x']);
    expect(server.calls[1]?.token).toBe('Bearer t1');
  });

  it('is out when the refresh is refused', async () => {
    const s = new Session('');
    s.accept(tokens('old'));
    server.cookie = false;
    expect((await s.send('/api/x', {})).status).toBe(401);
    expect(s.current().status).toBe('out');
  });

  it('ends in all tabs, and forgets its token', async () => {
    const one = new Session('');
    const two = new Session('');
    await one.start();
    await two.start();
    server.valid = 't1';
    await one.logout();
    expect([one.current().status, two.current().status]).toEqual(['out', 'out']);
    await two.send('/api/x', {});
    expect(server.calls.at(-1)?.token).toBeNull();
  });

  it('ends on every device, or says that it did not and goes on', async () => {
    const [one, two] = [new Session(''), new Session('')];
    await one.start();
    await two.start();
    server.logout = 503;
    await expect(one.logoutEverywhere()).rejects.toThrow('down');
    expect([one.current().status, two.current().status]).toEqual(['in', 'in']);
    server.logout = 204;
    await one.logoutEverywhere();
    expect(server.calls.at(-1)).toMatchObject({ path: '/api/auth/logout', body: '{"everywhere":true}' });
    expect([one.current().status, two.current().status]).toEqual(['out', 'out']);
  });

  it('forgets its token even where the server could not be told', async () => {
    const s = new Session('');
    s.accept(tokens('old'));
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')));
    await expect(s.logout()).rejects.toThrow('offline');
    expect(s.current().status).toBe('out');
  });

  it('takes over when another tab signs in', async () => {
    server.cookie = false;
    const one = new Session('');
    const two = new Session('');
    await one.start();
    await two.start();
    server.cookie = true;
    one.accept(tokens('mine'));
    await vi.waitFor(() => expect(two.current().status).toBe('in'));
  });

  it('keeps nothing in storage', async () => {
    const s = new Session('');
    await s.start();
    await s.send('/api/x', {});
    expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain('t1');
  });
});
