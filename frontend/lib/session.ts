// The browser's half of signing in, without React. The access token lives in a variable here and nowhere else; the refresh
// token lives in an HttpOnly cookie that no script can read.
import { ApiError, type Problem, type TokenAnswer, type UserBody } from './api.gen';
import { apiBase, lockName, refreshBody, refreshPath, takeEarly } from './early';
import { preferences } from './preferences';

export type SessionState =
  | { status: 'loading' }
  | { status: 'out' }
  | { status: 'in'; user: UserBody }
  /** The API could not be asked: nobody is signed out for that. */
  | { status: 'unreachable' };

const channelName = 'tickerwire.session';
/** A token that ends within so many milliseconds is not used any more. */
const margin = 20_000;

type Told = 'in' | 'out';

/** What an answer that is no success says; its detail is empty where it was not the API's own. */
async function refusal(answer: Response): Promise<ApiError> {
  const said = (await answer.json().catch(() => null)) as Problem | null;
  const wait = answer.headers.get('Retry-After');
  return new ApiError(
    said ?? { type: 'about:blank', title: answer.statusText, status: answer.status, detail: '', field: '', request_id: '' },
    wait === null ? null : Number(wait),
  );
}

export class Session {
  private token: string | null = null;
  private tokenEnds = 0;
  private refreshing: Promise<boolean> | null = null;
  private state: SessionState = { status: 'loading' };
  private readonly listeners = new Set<() => void>();
  private readonly channel: BroadcastChannel | null;
  /** What the page's head has asked for, until it is used. */
  private early = takeEarly();

  constructor(private readonly base = apiBase) {
    this.channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(channelName);
    if (this.channel) {
      this.channel.onmessage = (event: MessageEvent<Told>) => {
        if (event.data === 'out') this.forget();
        // Somebody may have signed in as somebody else: what this tab holds is no longer his.
        if (event.data === 'in') void this.restart();
      };
    }
  }

  current = (): SessionState => this.state;

  subscribe = (tell: () => void): (() => void) => {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  };

  /** Signs in silently, by the cookie that an earlier visit left. */
  async start(): Promise<void> {
    try {
      await this.refresh();
    } catch {
      // Told by the state: a page that cannot reach the API says so and lets its reader try again.
      this.set({ status: 'unreachable' });
    }
  }

  /** Says that nobody is signed in, without asking. */
  startSignedOut(): void {
    if (this.state.status === 'loading') this.set({ status: 'out' });
  }

  /** Takes what signing in gave, and tells the other tabs. */
  accept(answer: TokenAnswer): void {
    this.early = null;
    this.hold(answer);
    this.tell('in');
  }

  /** Ends the session here, at the server and in the other tabs. */
  async logout(): Promise<void> {
    try {
      if (this.token !== null) await this.send(this.base + '/api/auth/logout', { method: 'POST' });
    } finally {
      this.forget();
      this.tell('out');
    }
  }

  /** Ends every session of the account, on every device. Where that is refused this one goes on, too. */
  async logoutEverywhere(): Promise<void> {
    const answer = await this.send(this.base + '/api/auth/logout', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ everywhere: true }),
    });
    if (!answer.ok) throw await refusal(answer);
    this.forget();
    this.tell('out');
  }

  /** fetch with the token: an expired one is renewed before, a refused one once after. */
  send = async (url: string, init: RequestInit): Promise<Response> => {
    const early = await this.earlyAnswer(url, init);
    if (early) return early;
    if (this.token !== null && Date.now() > this.tokenEnds - margin) await this.refresh();
    const used = this.token;
    const answer = await this.fetchWith(used, url, init);
    if (answer.status !== 401 || used === null) return answer;
    // Another request may have renewed it while this one was on its way.
    const renewed = this.token !== used ? this.token !== null : await this.refresh();
    return renewed ? this.fetchWith(this.token, url, init) : answer;
  };

  /** What the page's head has asked already is used once, where it is an answer. */
  private async earlyAnswer(url: string, init: RequestInit): Promise<Response | null> {
    const answers = this.early?.answers;
    if (!answers || !url.startsWith(this.base) || init.method !== 'GET') return null;
    const path = url.slice(this.base.length);
    const asked = answers[path];
    if (!asked) return null;
    delete answers[path];
    const answer = await asked;
    return answer?.ok ? answer : null;
  }

  private fetchWith(token: string | null, url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    // The language of the page, which need not be the browser's: refusals are shown on it.
    headers.set('Accept-Language', preferences().locale);
    return fetch(url, { ...init, headers, credentials: 'include' });
  }

  /** Trades the cookie for a new token, once for all who ask at the same time, one tab after the other. */
  private refresh(): Promise<boolean> {
    this.refreshing ??= this.trade().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  /** The first trade may be on its way since the page's head was read: it has waited for the other tabs itself. */
  private trade(): Promise<boolean> {
    const early = this.state.status === 'loading' ? this.early : null;
    if (early) return early.refresh.then((answer) => this.use(answer));
    return this.locked(async () =>
      this.use(await this.fetchWith(null, this.base + refreshPath, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: refreshBody })),
    );
  }

  private async use(answer: Response): Promise<boolean> {
    // 204: there is no cookie, and nobody is signed in.
    if (answer.status === 204 || answer.status === 401 || answer.status === 400) {
      this.forget();
      return false;
    }
    if (!answer.ok) throw await refusal(answer);
    this.hold((await answer.json()) as TokenAnswer);
    return true;
  }

  private locked<T>(work: () => Promise<T>): Promise<T> {
    const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
    return locks ? (locks.request(lockName, work) as Promise<T>) : work();
  }

  private async restart(): Promise<void> {
    this.token = null;
    this.early = null;
    await this.start();
  }

  private hold(answer: TokenAnswer): void {
    this.token = answer.access_token;
    this.tokenEnds = Date.now() + answer.expires_in * 1000;
    this.set({ status: 'in', user: answer.user });
  }

  private forget(): void {
    this.token = null;
    this.tokenEnds = 0;
    this.early = null;
    if (this.state.status !== 'out') this.set({ status: 'out' });
  }

  private tell(what: Told): void {
    this.channel?.postMessage(what);
  }

  private set(state: SessionState): void {
    this.state = state;
    for (const tell of this.listeners) tell();
  }
}

export { apiBase } from './early';
export const session = new Session();
