import { describe, expect, it } from 'vitest';
import type { AbPoint, AbTest, AbTestAnswer, ModelRef } from '@/lib/api';
import { capitalText, codesOf, crossings, dayAt, healthOf, holdsZero, lacking, leastComparisons, median, wordOf, type Counts } from './evidence';

const ref = (id: number, role: ModelRef['role'] = 'challenger'): ModelRef => ({ id, name: `m${id}`, kind: 'analogue', version: '1', role });
const point = (day: string, stock_days: number, for_a: number | null, for_b: number | null): AbPoint => ({ day, stock_days, for_a, for_b, mean: 0, low: -0.01, high: 0.01 });
const test = (over: Partial<AbTestAnswer>): AbTestAnswer => ({
  id: 1, name: 't', a: ref(1, 'champion'), b: ref(2), metric: 'brier', horizon: 1, codes: [], starts_on: '2026-11-24', comparisons: 1, threshold: 40,
  min_days: 40, min_stock_days: 500, max_days: 250, created_by: 1, created_at: '2026-11-23T10:00:00+09:00', verdict: 'collecting', ended_at: null,
  stopped_by: null, reason: '', ever_tried: 1, days: 0, stock_days: 0, evidence: [], ...over,
});

describe('evidence over time', () => {
  it('stays crossed where it falls again, and is not crossed a step below', () => {
    const evidence = [point('2026-11-24', 10, 1, 39.99), point('2026-11-25', 20, 0.5, 40), point('2026-11-26', 30, 0.2, 12)];
    expect(crossings(evidence, 40)).toEqual([{ side: 'b', day: '2026-11-25', at: 20, value: 40 }]);
    expect(crossings(evidence, 80)).toEqual([]);
  });

  it('takes what is not known for nothing', () => {
    expect(crossings([point('2026-11-24', 10, null, null)], 40)).toEqual([]);
    expect(holdsZero({ low: null, high: 0.1 })).toBeNull();
    expect(holdsZero({ low: 0.001, high: 0.1 })).toBe(false);
    expect(holdsZero({ low: -0.1, high: 0 })).toBe(true);
  });

  it('lacks days where it has stock-days enough', () => {
    expect(lacking(test({ days: 12, stock_days: 700 }))).toEqual({ days: 28, stockDays: 0 });
    expect(lacking(test({ days: 40, stock_days: 500 }))).toBeNull();
  });

  it('names the day of a number of stock-days', () => {
    const evidence = [point('2026-11-24', 10, 1, 1), point('2026-11-25', 30, 1, 1)];
    expect(dayAt(evidence, 26)).toBe('2026-11-25');
    expect(dayAt([], 26)).toBeNull();
  });

  it('writes capital with few digits and never as nothing', () => {
    expect(capitalText(8.4, 'ko')).toBe('8.4');
    expect(capitalText(1, 'ko')).toBe('1');
    expect(capitalText(0.0004, 'ko')).toBe('<0.001');
    expect(capitalText(12345.6, 'en')).toBe('12,346');
    expect(capitalText(null, 'ko')).toBeNull();
  });
});

describe('the word', () => {
  it('is the verdict, but that no verdict can come while a model is retired', () => {
    expect(wordOf(test({ verdict: 'undecided' }))).toBe('undecided');
    expect(wordOf(test({ verdict: 'undecided', b: ref(2, 'retired') }))).toBe('void');
    expect(wordOf(test({ verdict: 'b_better', b: ref(2, 'retired'), ended_at: '2026-12-24T10:00:00+09:00' }))).toBe('b_better');
  });
});

describe('health', () => {
  const record = (over: Partial<Counts>): Counts => ({ articles: 80, void: 0, late: 0, drift: [], ...over });
  const state = (key: string, ...rest: Parameters<typeof healthOf>) => healthOf(...rest).find((h) => h.key === key);

  it('fails when a model of a running experiment no longer predicts', () => {
    expect(state('models', test({ b: ref(2, 'retired') }), null, null, [])?.state).toBe('failed');
    expect(state('models', test({ b: ref(2, 'retired'), ended_at: '2026-12-24T10:00:00+09:00' }), null, null, [])?.state).toBe('ok');
  });

  it('warns of void and late shares of either, and says unknown rather than well where there is nothing', () => {
    expect(state('void', test({}), record({ void: 20 }), record({}), [])?.state).toBe('warn');
    expect(state('late', test({}), record({}), record({ late: 1 }), [])).toMatchObject({ state: 'ok', n: [0, 1 / 81] });
    expect(state('void', test({}), null, record({ articles: 0 }), [])?.state).toBe('unknown');
  });

  it('warns of a last day with less than half of the usual pairs', () => {
    const evidence = [point('d1', 20, 1, 1), point('d2', 40, 1, 1), point('d3', 45, 1, 1)];
    expect(state('thin', test({ evidence }), null, null, [])).toMatchObject({ state: 'warn', n: [5, 20] });
    expect(median([1, 3])).toBe(2);
  });

  it('warns of what breaks pairs, not of news that are merely different', () => {
    const flag = (name: 'embedder' | 'press') => ({ name, value: 2, limit: 1 });
    expect(state('drift', test({}), null, null, [flag('press')])?.state).toBe('ok');
    expect(state('drift', test({}), null, null, [flag('embedder')])?.flags).toHaveLength(1);
  });
});

describe('registration', () => {
  it('counts the running comparisons of the same model over the same horizon', () => {
    const running: AbTest[] = [test({}), test({ horizon: 3 }), test({ ended_at: '2026-12-24T10:00:00+09:00' }), test({ a: ref(9) })];
    expect(leastComparisons(running, 1, 1)).toBe(2);
    expect(leastComparisons([], 1, 1)).toBe(1);
  });

  it('reads codes however they are pasted', () => {
    expect(codesOf('005930, 000660\n0001a0 005930')).toEqual(['005930', '000660', '0001A0']);
    expect(codesOf('  ')).toEqual([]);
  });
});
