import { describe, expect, it } from 'vitest';
import type { CauseItem, QueueItem, SourceItem, WorkerItem } from '@/lib/api';
import { failureAnswer, newsAnswer, queueAnswer, workerAnswer } from './health';

const now = Date.parse('2026-11-23T01:00:00Z');
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();

const source = (name: string, change: Partial<SourceItem> = {}): SourceItem => ({
  name,
  configured: true,
  on: true,
  state: 'ok',
  last_attempt_at: ago(1),
  last_success_at: ago(1),
  last_item_at: ago(30),
  age_seconds: 1,
  period_seconds: 5,
  items: 10,
  yield: 'normal',
  lag_p50_seconds: null,
  lag_p95_seconds: null,
  error_rate: 0,
  errors_in_row: 0,
  last_error: '',
  last_error_at: null,
  quota_left: null,
  breaker: { state: 'closed', open_until: null, opened: 0 },
  ...change,
});

describe('whether news is fresh', () => {
  it('is so from the newest item of all sources', () => {
    expect(newsAnswer([source('a'), source('b', { last_item_at: ago(3) })])).toEqual({ ok: true, code: 'fresh', names: ['a', 'b'], since: ago(3) });
  });

  it('takes one failed request for a hiccup, two for a failure, and names since when it has no answer', () => {
    expect(newsAnswer([source('a', { state: 'failing', errors_in_row: 1 })]).ok).toBe(true);
    expect(newsAnswer([source('a'), source('b', { state: 'failing', errors_in_row: 2, last_success_at: ago(90) })])).toEqual({
      ok: false,
      code: 'failing',
      names: ['b'],
      since: ago(90),
    });
  });

  it('counts an open breaker as a failure', () => {
    expect(newsAnswer([source('a', { breaker: { state: 'open', open_until: ago(-60), opened: 1 } })]).code).toBe('failing');
  });

  it('allows five periods, and a minute at least', () => {
    expect(newsAnswer([source('a', { age_seconds: 60 })]).ok).toBe(true);
    expect(newsAnswer([source('a', { age_seconds: 61 })]).code).toBe('late');
    expect(newsAnswer([source('a', { age_seconds: 290, period_seconds: 60 })]).ok).toBe(true);
  });

  it('does not take a quiet night for staleness, as long as the API does not', () => {
    const quiet = { last_item_at: ago(9 * 3600) };
    expect(newsAnswer([source('a', quiet)]).ok).toBe(true);
    expect(newsAnswer([source('a', { ...quiet, yield: 'dry' })])).toMatchObject({ ok: false, code: 'dry', since: ago(9 * 3600) });
  });

  it('passes over what is off, not configured, or asked only when something is due', () => {
    const bad = { state: 'failing', errors_in_row: 9 } as const;
    expect(newsAnswer([source('a'), source('b', { ...bad, on: false }), source('c', { ...bad, configured: false }), source('d', { ...bad, period_seconds: null })]).ok).toBe(true);
    expect(newsAnswer([source('b', { on: false })]).code).toBe('none');
  });
});

const queue = (name: string, change: Partial<QueueItem> = {}): QueueItem => ({
  name,
  paused: false,
  concurrency: 4,
  default_concurrency: 4,
  pending: 0,
  active: 0,
  scheduled: 0,
  retry: 0,
  archived: 0,
  latency_seconds: 0,
  processed_today: 0,
  failed_today: 0,
  per_second: null,
  changed_at: null,
  changed_by: null,
  ...change,
});

describe('whether queues drain', () => {
  it('is so while nothing waits for more than a minute', () => {
    expect(queueAnswer([queue('a')], now).code).toBe('empty');
    expect(queueAnswer([queue('a', { pending: 3, latency_seconds: 2 }), queue('b', { pending: 1, latency_seconds: 1 })], now)).toEqual({
      ok: true,
      code: 'draining',
      names: [],
      since: ago(2),
      waiting: 4,
      longest: 2,
    });
  });

  it('names the queues that keep their first task waiting, since then', () => {
    expect(queueAnswer([queue('a', { pending: 3, latency_seconds: 61 }), queue('b')], now)).toMatchObject({ ok: false, code: 'waiting', names: ['a'], since: ago(61) });
  });

  it('says of a paused queue that it is paused, not that it is slow', () => {
    expect(queueAnswer([queue('a', { paused: true, pending: 3, latency_seconds: 600, changed_at: ago(700) })], now)).toMatchObject({ ok: false, code: 'paused', since: ago(700) });
  });
});

const cause = (change: Partial<CauseItem> = {}): CauseItem => ({
  fingerprint: 'a',
  kind: 'news:crawl',
  queues: ['crawl'],
  error: 'it broke',
  count: 1,
  retrying: 0,
  gave_up: 1,
  quarantined: 0,
  resolved: 0,
  attempts: 1,
  crashes: 0,
  first_at: ago(60),
  seen_at: ago(60),
  came_back_at: null,
  per_hour: [],
  note: null,
  ignored: null,
  last_at: ago(30),
  ...change,
});

describe('whether something fails newly', () => {
  it('is so for an hour after it was first seen', () => {
    expect(failureAnswer([cause(), cause({ seen_at: ago(600) })], now)).toMatchObject({ ok: false, code: 'fresh', causes: 2, since: ago(600) });
    expect(failureAnswer([cause({ seen_at: ago(3600) })], now)).toMatchObject({ ok: true, code: 'known', since: ago(30) });
    // What it counts by is the cause's own first failure, not that of the work that is open now.
    expect(failureAnswer([cause({ first_at: ago(60), seen_at: ago(90_000) })], now)).toMatchObject({ ok: true, code: 'known' });
  });

  it('counts a cause that came back as new', () => {
    const back = { seen_at: ago(90_000), came_back_at: ago(900) };
    expect(failureAnswer([cause(back), cause({ seen_at: ago(90_000) })], now)).toMatchObject({ ok: false, code: 'fresh', causes: 1, since: ago(900) });
    expect(failureAnswer([cause({ ...back, came_back_at: ago(3600) })], now)).toMatchObject({ ok: true, code: 'known' });
    expect(failureAnswer([cause({ ...back, gave_up: 0, retrying: 1, attempts: 2 })], now).code).toBe('none');
  });

  it('waits for a third attempt of what is tried again by itself', () => {
    expect(failureAnswer([cause({ gave_up: 0, retrying: 1, attempts: 2 })], now).code).toBe('none');
    expect(failureAnswer([cause({ gave_up: 0, retrying: 1, attempts: 3 })], now).code).toBe('fresh');
  });
});

const worker = (id: string, change: Partial<WorkerItem> = {}): WorkerItem => ({
  id,
  role: 'worker',
  host: 'h',
  pid: 1,
  version: '1',
  state: 'running',
  started_at: ago(1000),
  beat_at: ago(1),
  ended_at: null,
  drain_asked_at: null,
  drain_asked_by: null,
  in_hand: [],
  ...change,
});

describe('whether workers live', () => {
  it('counts those that take tasks, and what they have in hand', () => {
    const busy = worker('a', { in_hand: [{ key: '1', kind: 'news:crawl', queue: 'crawl', since: ago(1), task_id: 'x' }] });
    expect(workerAnswer([busy, worker('b', { role: 'api' })], now)).toEqual({ ok: true, code: 'alive', names: ['a'], since: ago(1000), living: 1, busy: 1 });
    expect(workerAnswer([worker('b', { role: 'scheduler' })], now).code).toBe('none');
  });

  it('names one that fell silent, and one that died within the hour', () => {
    expect(workerAnswer([worker('a'), worker('b', { beat_at: ago(31) })], now)).toMatchObject({ ok: false, code: 'silent', names: ['b'], since: ago(31) });
    expect(workerAnswer([worker('a'), worker('b', { state: 'dead', ended_at: ago(100) })], now)).toMatchObject({ ok: false, code: 'died', names: ['b'], since: ago(100) });
    expect(workerAnswer([worker('a'), worker('b', { state: 'dead', ended_at: ago(3700) }), worker('c', { state: 'gone', ended_at: ago(5) })], now).ok).toBe(true);
  });

  it('says since when there is none', () => {
    expect(workerAnswer([worker('a', { beat_at: ago(50) })], now)).toMatchObject({ ok: false, code: 'none', since: ago(50), living: 0 });
  });
});
