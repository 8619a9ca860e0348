// The four answers of the operators' home. Each is a judgement over what the API lists, with the instant that it counts from.
import type { CauseItem, QueueItem, SourceItem, WorkerItem } from '@/lib/api';

export interface Answer<Code extends string> {
  ok: boolean;
  code: Code;
  /** What it is about: sources, queues or workers by name. */
  names: string[];
  /** From when on it is so; null where nobody can say. */
  since: string | null;
}

const hour = 3_600_000;
/** Milliseconds that the first task of a queue may wait. */
export const longestWait = 60_000;
/** Milliseconds of silence after which a worker is doubted. It beats every second; clocks may differ by a few. */
export const longestSilence = 30_000;
/** Milliseconds for which a cause is new. */
export const newFor = hour;
/** A cause that is tried again by itself counts once it failed so often. */
const fewAttempts = 3;

const time = (iso: string | null | undefined) => (iso ? new Date(iso).getTime() : NaN);

function earliest(list: (string | null)[]): string | null {
  return list.reduce((best, iso) => (iso !== null && (best === null || time(iso) < time(best)) ? iso : best), null);
}

function latest(list: (string | null)[]): string | null {
  return list.reduce((best, iso) => (iso !== null && (best === null || time(iso) > time(best)) ? iso : best), null);
}

export type NewsCode = 'fresh' | 'failing' | 'late' | 'dry' | 'none';

/** Whether a source fails for more than a moment. */
export function isFailing(s: SourceItem): boolean {
  return s.on && (s.breaker.state !== 'closed' || (s.state === 'failing' && s.errors_in_row > 1));
}

/** Whether a source that is asked periodically has not answered for five of its periods, and for a minute at least. */
export function isLate(s: SourceItem): boolean {
  return s.on && s.period_seconds !== null && s.age_seconds !== null && s.age_seconds > Math.max(60, 5 * s.period_seconds);
}

/**
 * Whether news comes in. Silence of a source that answers is judged by the API against the same hours of other days, so a
 * closed market is not staleness. Sources without a period are asked when something is due: they carry no news.
 */
export function newsAnswer(sources: readonly SourceItem[]): Answer<NewsCode> {
  const crawled = sources.filter((s) => s.configured && s.on && s.period_seconds !== null);
  const of = (code: NewsCode, list: SourceItem[], since: string | null): Answer<NewsCode> => ({ ok: code === 'fresh', code, names: list.map((s) => s.name), since });
  if (crawled.length === 0) return of('none', [], null);
  const failing = crawled.filter(isFailing);
  if (failing.length > 0) return of('failing', failing, earliest(failing.map((s) => s.last_success_at)));
  const late = crawled.filter(isLate);
  if (late.length > 0) return of('late', late, earliest(late.map((s) => s.last_success_at)));
  const dry = crawled.filter((s) => s.yield === 'dry');
  if (dry.length > 0) return of('dry', dry, earliest(dry.map((s) => s.last_item_at)));
  return of('fresh', crawled, latest(crawled.map((s) => s.last_item_at)));
}

export type QueueCode = 'draining' | 'empty' | 'waiting' | 'paused';

export interface QueueAnswer extends Answer<QueueCode> {
  waiting: number;
  /** Seconds that the oldest task waits. */
  longest: number;
}

/** Whether queues drain; now is the wall clock in milliseconds. */
export function queueAnswer(queues: readonly QueueItem[], now: number): QueueAnswer {
  const waiting = queues.reduce((n, q) => n + q.pending, 0);
  const longest = Math.max(0, ...queues.map((q) => q.latency_seconds ?? 0));
  const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();
  const paused = queues.filter((q) => q.paused);
  const slow = queues.filter((q) => !q.paused && (q.latency_seconds ?? 0) * 1000 > longestWait);
  if (slow.length > 0) {
    const worst = Math.max(...slow.map((q) => q.latency_seconds ?? 0));
    return { ok: false, code: 'waiting', names: slow.map((q) => q.name), since: ago(worst), waiting, longest: worst };
  }
  if (paused.length > 0) return { ok: false, code: 'paused', names: paused.map((q) => q.name), since: earliest(paused.map((q) => q.changed_at)), waiting, longest };
  if (waiting === 0) return { ok: true, code: 'empty', names: [], since: null, waiting, longest: 0 };
  return { ok: true, code: 'draining', names: [], since: ago(longest), waiting, longest };
}

export type FailureCode = 'none' | 'known' | 'fresh';

export interface FailureAnswer extends Answer<FailureCode> {
  causes: number;
}

/** Whether a cause is more than a hiccup. */
const counts = (c: CauseItem) => c.gave_up + c.quarantined > 0 || c.attempts >= fewAttempts;

/** Whether a cause was first seen within the last hour and is more than a hiccup; now is the wall clock in milliseconds. */
export function isNew(c: CauseItem, now: number): boolean {
  return now - time(c.seen_at) < newFor && counts(c);
}

/** Whether a cause of which all had been resolved failed anew within the last hour, and is more than a hiccup. */
export function cameBack(c: CauseItem, now: number): boolean {
  return c.came_back_at !== null && now - time(c.came_back_at) < newFor && counts(c);
}

/** Whether something fails newly: what operators ignore must not be among the causes. */
export function failureAnswer(causes: readonly CauseItem[], now: number): FailureAnswer {
  const since = causes.flatMap((c) => (isNew(c, now) ? [c.seen_at] : cameBack(c, now) ? [c.came_back_at] : []));
  if (since.length > 0) return { ok: false, code: 'fresh', names: [], since: earliest(since), causes: since.length };
  const known = causes.filter((c) => c.gave_up + c.quarantined > 0);
  if (known.length > 0) return { ok: true, code: 'known', names: [], since: latest(known.map((c) => c.last_at)), causes: known.length };
  return { ok: true, code: 'none', names: [], since: null, causes: 0 };
}

export type WorkerCode = 'alive' | 'none' | 'silent' | 'died';

export interface WorkerAnswer extends Answer<WorkerCode> {
  living: number;
  busy: number;
}

/** Whether a process takes tasks: a scheduler or an API alone does none of the work. */
export function takesTasks(w: WorkerItem): boolean {
  return w.role === 'worker' || w.role === 'standalone';
}

/** Whether workers live; now is the wall clock in milliseconds. */
export function workerAnswer(workers: readonly WorkerItem[], now: number): WorkerAnswer {
  const takers = workers.filter(takesTasks);
  const living = takers.filter((w) => w.state === 'running' && now - time(w.beat_at) <= longestSilence);
  const silent = takers.filter((w) => w.state === 'running' && now - time(w.beat_at) > longestSilence);
  const died = takers.filter((w) => w.state === 'dead' && now - time(w.ended_at ?? w.beat_at) < hour);
  const of = (code: WorkerCode, list: WorkerItem[], since: string | null): WorkerAnswer => ({
    ok: code === 'alive',
    code,
    names: list.map((w) => w.id),
    since,
    living: living.length,
    busy: living.reduce((n, w) => n + w.in_hand.length, 0),
  });
  if (living.length === 0) return of('none', [], latest(takers.map((w) => w.beat_at)));
  if (silent.length > 0) return of('silent', silent, earliest(silent.map((w) => w.beat_at)));
  if (died.length > 0) return of('died', died, latest(died.map((w) => w.ended_at)));
  return of('alive', living, earliest(living.map((w) => w.started_at)));
}
