import { expect, it } from 'vitest';
import { dayOf, groupByDay } from './days';

it('tells days by KST, whatever the offset', () => {
  expect(dayOf('2026-11-25T15:00:00Z')).toBe('2026-11-26');
  expect(dayOf('2026-11-25T14:59:59Z')).toBe('2026-11-25');
  expect(dayOf('2026-11-26T00:10:00+09:00')).toBe('2026-11-26');
  expect(dayOf('nonsense')).toBe('');
});

it('groups neighbours and keeps their order', () => {
  const at = (decided_at: string) => ({ decided_at });
  const items = [at('2026-11-26T10:00:00+09:00'), at('2026-11-26T00:00:00+09:00'), at('2026-11-25T23:59:00+09:00')];
  expect(groupByDay(items).map((g) => [g.day, g.items.length])).toEqual([['2026-11-26', 2], ['2026-11-25', 1]]);
  expect(groupByDay([])).toEqual([]);
});
