import { describe, expect, it } from 'vitest';
import type { RuleBody } from '@/lib/api';
import { formOf, putRequest, ruleRequest, sameForm, shiftChoices, wilson, withHorizon } from './form';

const body: RuleBody = {
  language: 'ko', active: false, off_reason: '', linked: true, muted_until: '2026-11-26T10:00:00+09:00', min_shift: 0.07, horizons: [5, 1], direction: -1,
  urgent: true, digest: false, quiet_from: 22, quiet_to: 7, daily_cap: 5, gate: { min_shift: 0.05, min_score_pct: 0.3 },
};

describe('a rule', () => {
  it('is put as a whole, with its switch and its mute as they stand', () => {
    expect(putRequest(formOf(body), body)).toEqual({
      language: 'ko', active: false, muted_until: body.muted_until, min_shift: 0.07, horizons: [1, 5], direction: -1, urgent: true, digest: false, quiet_from: 22, quiet_to: 7, daily_cap: 5,
    });
    expect(putRequest(formOf(body), { active: true, muted_until: null })).not.toHaveProperty('muted_until');
  });
  it('is previewed without its language, which the API refuses there', () => {
    expect(Object.keys(ruleRequest(formOf(body))).sort()).toEqual(['daily_cap', 'digest', 'direction', 'horizons', 'min_shift', 'quiet_from', 'quiet_to', 'urgent']);
  });
  it('takes and gives up horizons, each once and in order', () => {
    const form = formOf(body);
    expect(withHorizon(withHorizon(form, 3, true), 3, true).horizons).toEqual([1, 3, 5]);
    expect(withHorizon(withHorizon(form, 1, false), 5, false).horizons).toEqual([]);
    expect(sameForm(withHorizon(withHorizon(form, 1, false), 1, true), form)).toBe(true);
    expect(sameForm({ ...form, daily_cap: 1 }, form)).toBe(false);
  });
});

it('offers distances above the gate, and the one that is set', () => {
  expect(shiftChoices(0.05, 0)).toEqual([0, 6, 7, 8, 10, 12, 15, 20]);
  expect(shiftChoices(0.08, 0.06)).toEqual([0, 6, 10, 12, 15, 20]);
});

it('knows how little a few say', () => {
  expect(wilson(0, 0)).toBeNull();
  const five = wilson(5, 9);
  expect(five?.low).toBeCloseTo(0.2667, 3);
  expect(five?.high).toBeCloseTo(0.8112, 3);
  expect(wilson(3, 3)?.high).toBe(1);
});
