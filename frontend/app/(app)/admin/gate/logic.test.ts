import { describe, expect, it } from 'vitest';
import type { GateBody, RecalibrationBody } from '@/lib/api';
import { formOf, patchOf, scoreNow, whyOf } from './logic';

const gate: GateBody = { min_shift: 0.05, min_score_pct: 0.3, per_day: 3, floor_pct: 0, horizons: [], edited_by: null, edited_at: null };
const fit = (over: Partial<RecalibrationBody>): RecalibrationBody => ({
  drifting: false, proven: false, intercept: 0, slope: 0.2, slope_low: -0.1, slope_high: 0.5, stock_days: 300, known_at: '2026-11-23T16:05:00+09:00', ...over,
});

describe('the gate', () => {
  it('says why it is shut, drift before an interval that touches 0', () => {
    expect(whyOf({ horizon: 1, open: false, recalibration: null })).toBe('short');
    expect(whyOf({ horizon: 1, open: false, recalibration: fit({}) })).toBe('unproven');
    expect(whyOf({ horizon: 1, open: false, recalibration: fit({ drifting: true }) })).toBe('drifting');
    expect(whyOf({ horizon: 1, open: true, recalibration: fit({ slope_low: 0.1, proven: true }) })).toBe('proven');
  });

  it('changes only what was changed', () => {
    expect(patchOf(gate, formOf(gate))).toBeNull();
    expect(patchOf(gate, { ...formOf(gate), min_score_pct: '0.30' })).toBeNull();
    expect(patchOf(gate, { ...formOf(gate), per_day: '5', min_shift: '0.08' })).toEqual({ per_day: 5, min_shift: 0.08 });
  });

  it('is the higher of cost and floor', () => {
    expect(scoreNow(gate)).toBe(0.3);
    expect(scoreNow({ ...gate, floor_pct: 0.82 })).toBe(0.82);
    expect(scoreNow({ ...gate, floor_pct: null })).toBe(0.3);
  });
});
