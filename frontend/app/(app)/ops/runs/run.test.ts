import { describe, expect, it } from 'vitest';
import type { RunBody } from '@/lib/api';
import { etaUnknownBecause, paceOf, paramsOf, resultOf, runOf, tookOf } from './run';

const now = Date.parse('2026-11-23T01:00:00Z');
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();

const run = (change: Partial<RunBody> = {}): RunBody => ({
  id: 7,
  kind: 'repredict',
  key: 'k',
  params: {},
  state: 'running',
  total: 100,
  done: 30,
  failed: 10,
  eta_seconds: 30,
  result: null,
  error: '',
  ordered_by: 1,
  cancelled_by: null,
  reason: '',
  created_at: ago(30),
  started_at: ago(20),
  finished_at: null,
  ...change,
});

describe("a run's pace", () => {
  it('counts what failed, too, since it began', () => {
    expect(paceOf(run(), now)).toBe(2);
    expect(paceOf(run({ finished_at: ago(10), state: 'done' }), now)).toBe(4);
  });

  it('is not known before a first step, nor before it began', () => {
    expect(paceOf(run({ done: 0, failed: 0 }), now)).toBeNull();
    expect(paceOf(run({ started_at: null }), now)).toBeNull();
    expect(paceOf(run({ started_at: ago(0) }), now)).toBeNull();
  });

  it('has a duration only when it ended', () => {
    expect(tookOf(run())).toBeNull();
    expect(tookOf(run({ finished_at: ago(5) }))).toBe(15);
  });
});

describe('a time left that nobody knows', () => {
  it.each([
    [run(), null],
    [run({ state: 'done', eta_seconds: null }), null],
    [run({ state: 'queued', eta_seconds: null, total: 0 }), 'queued'],
    [run({ eta_seconds: null, total: 0 }), 'noTotal'],
    [run({ eta_seconds: null, done: 0, failed: 0 }), 'noneDone'],
  ] as const)('has its reason', (r, reason) => expect(etaUnknownBecause(r)).toBe(reason));
});

describe("a run's order", () => {
  it('is read by its kind', () => {
    expect(paramsOf(run({ kind: 'crawl', params: { source: 'dart' } }))).toEqual({ kind: 'crawl', source: 'dart' });
    expect(paramsOf(run({ kind: 'retry', params: { snapshot: 3, per_second: 5 } }))).toEqual({ kind: 'retry', snapshot: 3, perSecond: 5 });
    expect(paramsOf(run({ params: { codes: ['005930', 7], from: ago(0), story_ids: [1, 2], model_ids: [4] } }))).toEqual({
      kind: 'repredict',
      codes: ['005930'],
      from: ago(0),
      to: null,
      stories: 2,
      models: [4],
    });
  });

  it('is shown as it came when it is not as expected', () => {
    expect(paramsOf(run({ kind: 'crawl', params: null }))).toEqual({ kind: 'other' });
    expect(paramsOf(run({ kind: 'something', params: [1] }))).toEqual({ kind: 'other' });
  });
});

describe("a run's result", () => {
  const compared = { model_id: 1, model: 'analogue', horizon: 3, pairs: 4, new: 1, mean_change: -0.02, mean_abs_change: 0.05, turned: 2, brier_pairs: 3, brier_old: 0.25, brier_new: 0.2 };

  it('is not there while the run is open', () => expect(resultOf(run())).toBeNull());

  it('has its figures in order, and what differs from the generation before', () => {
    expect(resultOf(run({ result: { gave_up: 1, calls: 9, skipped: 0, compared: [compared, { model: 3 }] } }))).toEqual({
      figures: [
        { name: 'calls', value: 9 },
        { name: 'skipped', value: 0 },
        { name: 'gave_up', value: 1 },
      ],
      compared: [{ model: 'analogue', horizon: 3, pairs: 4, fresh: 1, mean: -0.02, meanAbs: 0.05, turned: 2, brier: { pairs: 3, before: 0.25, after: 0.2 } }],
      rung: null,
    });
  });

  it('has no score where no outcome is known', () => {
    expect(resultOf(run({ result: { compared: [{ ...compared, brier_pairs: 0 }] } }))?.compared?.[0]?.brier).toBeNull();
  });
});

describe('a message of the stream', () => {
  it('is taken when it is of the run that is followed', () => {
    expect(runOf(JSON.stringify(run({ done: 31 })), 7)?.done).toBe(31);
    expect(runOf(JSON.stringify(run()), 8)).toBeNull();
    expect(runOf('{"id":7', 7)).toBeNull();
    expect(runOf('null', 7)).toBeNull();
  });
});
