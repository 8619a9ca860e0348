import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api, ApiError, createClient, faultOf } from './api';
import { setPreferences } from './preferences';

const problem = { type: 'about:blank', title: '잘못된 요청', status: 400, detail: '200 이하여야 합니다.', field: 'limit', request_id: 'req-7' };
const thrownBy = (work: Promise<unknown>) => work.then(() => null, (error: unknown) => error);

beforeEach(() => setPreferences({ locale: 'ko' }));
afterEach(() => vi.unstubAllGlobals());

describe('what a reader is told', () => {
  it('is what the API says', () => {
    expect(faultOf(new ApiError(problem, 3))).toEqual({ status: 400, detail: '200 이하여야 합니다.', field: 'limit', requestId: 'req-7', retryAfter: 3 });
  });

  it('is in his language where a proxy answers in the place of the API', async () => {
    const { getStocks } = createClient(() => Promise.resolve(new Response('<h1>502 Bad Gateway</h1>', { status: 502, statusText: 'Bad Gateway', headers: { 'Content-Type': 'text/html' } })));
    const error = await thrownBy(getStocks());
    expect(faultOf(error)).toMatchObject({ status: 502, detail: '서버가 요청을 처리하지 못했습니다(502). 잠시 뒤 다시 시도하세요.' });
    setPreferences({ locale: 'en' });
    expect(faultOf(error)).toMatchObject({ status: 502, detail: 'The server could not answer (502). Try again shortly.' });
  });

  it('is in his language where nothing answers', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    const error = await thrownBy(api.getStocks());
    expect(faultOf(error)).toMatchObject({ status: 0, detail: '서버에 연결할 수 없습니다.' });
  });
});

it('asks for the language of the page in every kind of call', async () => {
  const asked: [string, string | null][] = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    asked.push([`${init.method} ${url}`, new Headers(init.headers).get('Accept-Language')]);
    return Promise.resolve(new Response('{}', { headers: { 'Content-Type': 'application/json' } }));
  });
  setPreferences({ locale: 'en' });
  await api.getStocks();
  await api.getTasksByIdEvents(7, { headers: { Accept: 'text/event-stream', 'Last-Event-ID': '3' } });
  setPreferences({ locale: 'ko' });
  await api.postAdminStocksImport({ csv: 'code,name', dry_run: true });
  await api.postAuthLogin({ email: 'a@example.com', password: 'x', session: 'cookie' });
  expect(asked).toEqual([
    ['GET /api/stocks', 'en'], ['GET /api/tasks/7/events', 'en'], ['POST /api/admin/stocks/import', 'ko'], ['POST /api/auth/login', 'ko'],
  ]);
});
