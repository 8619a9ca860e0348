import { describe, expect, it } from 'vitest';
import type { SourceItem } from '@/lib/api';
import { failedOf32, freshnessOf, inOrder, isCalm } from './freshness';

const source = (change: Partial<SourceItem> = {}): SourceItem => ({
  name: 'a',
  configured: true,
  on: true,
  state: 'ok',
  last_attempt_at: '2026-11-23T01:00:00Z',
  last_success_at: '2026-11-23T01:00:00Z',
  last_item_at: '2026-11-23T00:00:00Z',
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

const open = { state: 'open', open_until: null, opened: 1 } as const;

describe('what is said of a source first', () => {
  it.each([
    [source(), 'fine'],
    [source({ age_seconds: null, last_attempt_at: null, yield: null }), 'fineNever'],
    [source({ yield: 'dry' }), 'dry'],
    [source({ yield: 'dry', age_seconds: 61 }), 'late'],
    [source({ state: 'failing', errors_in_row: 2, age_seconds: 61 }), 'failing'],
    [source({ state: 'failing', errors_in_row: 9, breaker: open }), 'breakerOpen'],
    [source({ breaker: { ...open, state: 'half_open' } }), 'breakerHalf'],
    [source({ on: false, breaker: open }), 'off'],
    [source({ on: false, configured: false }), 'gone'],
    [source({ period_seconds: null, age_seconds: 90_000 }), 'fine'],
  ] as const)('is the worst of it', (s, said) => expect(freshnessOf(s)).toBe(said));

  it('calls what was switched off calm, and learning too', () => {
    expect(isCalm(freshnessOf(source({ on: false })))).toBe(true);
    expect(isCalm(freshnessOf(source({ yield: 'learning' })))).toBe(true);
    expect(isCalm(freshnessOf(source({ yield: 'dry' })))).toBe(false);
  });
});

it('counts failures out of the last 32 attempts', () => {
  expect(failedOf32(source({ error_rate: 0.25 }))).toBe(8);
  expect(failedOf32(source({ last_attempt_at: null }))).toBeNull();
});

it('puts what needs a look first', () => {
  const names = inOrder([source({ name: 'c' }), source({ name: 'b', on: false }), source({ name: 'd', yield: 'dry' }), source({ name: 'a', configured: false }), source({ name: 'a2' })]).map((s) => s.name);
  expect(names).toEqual(['d', 'a2', 'c', 'b', 'a']);
});
