import { describe, expect, it } from 'vitest';
import { heightsOf, peakOf } from './hours';

const now = Date.parse('2026-11-23T10:20:00+09:00');
const hours = (change: Record<number, number>) => Array.from({ length: 24 }, (_, i) => change[i] ?? 0);

describe('failures by the hour', () => {
  it('are as tall as they are many, but to be seen', () => {
    expect(heightsOf([0, 1, 50, 100])).toEqual([0, 0.12, 0.5, 1]);
    expect(heightsOf(hours({}))).toEqual(hours({}));
  });

  it('have an hour with the most of them, in words', () => {
    expect(peakOf(hours({ 20: 4, 22: 9, 23: 1 }), now)).toEqual({ total: 14, most: 9, at: '2026-11-23T00:00:00.000Z' });
    expect(peakOf(hours({ 3: 2, 23: 2 }), now)?.at).toBe('2026-11-23T01:00:00.000Z');
    expect(peakOf(hours({ 0: 1 }), now)?.at).toBe('2026-11-22T02:00:00.000Z');
    expect(peakOf(hours({}), now)).toBeNull();
  });
});
