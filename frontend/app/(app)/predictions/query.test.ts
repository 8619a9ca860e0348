import { describe, expect, it } from 'vitest';
import { dayStart, noFilters, queryOf } from './query';

describe("the list's filters", () => {
  it('become what the API takes', () => {
    expect(
      queryOf({ code: '00593k', model: '2', horizon: '3', direction: 'down', gap: '10', state: 'settled', from: '2026-11-20', to: '2026-11-30', origin: 'backtest', generation: '1' }),
    ).toEqual({
      code: '00593K', model: 2, horizon: 3, direction: -1, min_gap: 0.1, resolved: true,
      from: '2026-11-20T00:00:00+09:00', to: '2026-12-01T00:00:00+09:00', origin: 'backtest', generation: 1,
    });
  });

  it('tell open from settled from either', () => {
    expect([queryOf({ ...noFilters, state: 'open' }).resolved, queryOf(noFilters).resolved]).toEqual([false, undefined]);
    const of = (state: string) => {
      const q = queryOf({ ...noFilters, state });
      return [q.resolved, q.void];
    };
    expect([of('judged'), of('void'), of('settled'), of('open')]).toEqual([[undefined, false], [undefined, true], [true, undefined], [false, undefined]]);
  });

  it('say nothing where the address is wrong', () => {
    const wrong = queryOf({ code: '5930', model: '-1', horizon: '1.5', direction: 'toString', gap: '900', state: 'x', from: '2026-02-30', to: 'yesterday', origin: 'dream', generation: '0' });
    expect(Object.values(wrong).filter((v) => v !== undefined)).toEqual([]);
  });

  it('mean days in KST', () => {
    expect(dayStart('2026-12-31', 1)).toBe('2027-01-01T00:00:00+09:00');
  });
});
