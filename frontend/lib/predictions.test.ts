import { describe, expect, it } from 'vitest';
import type { Outcome, Prediction } from './api';
import { csvOf } from './csv';
import { byModel, byStory, medianOf, stateOf, trackRecord, unitsOf, verdictOf, wilson } from './predictions';

const outcome = (change: Partial<Outcome> = {}): Outcome => ({
  base_day: '2026-11-20', target_day: '2026-11-23', horizon: 1, version: 1, excess_pct: 1, return_pct: 1, sigma_pct: 1, flat: false, void: '',
  known_at: '2026-11-23T16:05:00+09:00', right: true, ...change,
});

const prediction = (change: Partial<Prediction> = {}): Prediction => ({
  id: 1, story_id: 1, title: 't', stock: { code: '990020', name: 'n' }, model: { id: 1, name: 'm', kind: 'analogue', role: 'champion', version: '1' },
  horizon: 1, generation: 1, as_of: '2026-11-20T10:00:00+09:00', made_at: '2026-11-20T10:00:01+09:00', base_day: '2026-11-20', target_day: '2026-11-23',
  probability: 0.6, base_rate: 0.5, direction: 1, expected_pct: 0, low_pct: -1, high_pct: 1, effective: 1, neighbours: 1, late: false, note: '',
  origin: 'live', outcome: outcome(), ...change,
});

describe('a prediction', () => {
  it('is open, judged, or void', () => {
    expect([null, outcome(), outcome({ void: 'halted' })].map(stateOf)).toEqual(['open', 'judged', 'void']);
  });

  it('counts as evidence by stock and base day', () => {
    const all = [prediction(), prediction({ id: 2, horizon: 3 }), prediction({ id: 3, story_id: 2 }), prediction({ id: 4, story_id: 3, base_day: '2026-11-19' })];
    expect(unitsOf(all)).toEqual({ stories: 3, stockDays: 2 });
  });
});

describe('a list', () => {
  it('has the predictions of one story and stock together, in its own order', () => {
    const other = { code: '990030', name: 'm' };
    const all = [prediction({ id: 9 }), prediction({ id: 8, story_id: 2 }), prediction({ id: 7, horizon: 3 }), prediction({ id: 6, stock: other })];
    expect(byStory(all).map((g) => g.predictions.map((p) => p.id))).toEqual([[9, 7], [8], [6]]);
  });
});

describe("a story's predictions", () => {
  it("stand by model, the champion's first, then by horizon, the newest first", () => {
    const shadow = { id: 2, name: 's', kind: 'baseline', role: 'challenger' as const, version: '1' };
    const all = [prediction({ id: 1, model: shadow }), prediction({ id: 2, horizon: 3 }), prediction({ id: 3, generation: 2 }), prediction({ id: 4 })];
    expect(byModel(all).map((p) => p.id)).toEqual([3, 4, 2, 1]);
  });
});

describe('the track record of a stock', () => {
  it('takes the predictions of a day for one, which the surer of them decide', () => {
    const [record] = trackRecord([
      prediction({ id: 1, story_id: 1, probability: 0.7, outcome: outcome({ excess_pct: 2 }) }),
      prediction({ id: 2, story_id: 2, probability: 0.45, outcome: outcome({ excess_pct: 2, right: false }) }),
      prediction({ id: 3, story_id: 3, base_day: '2026-11-18', probability: 0.6, outcome: outcome({ base_day: '2026-11-18', excess_pct: -1, right: false }) }),
    ]);
    expect(record?.days).toEqual([
      { day: '2026-11-18', excess: -1, right: false },
      { day: '2026-11-20', excess: 2, right: true },
    ]);
    expect([record?.right, record?.predictions]).toEqual([1, 3]);
  });

  it('leaves out what was late, void, open or said nothing, and what was said again later', () => {
    const records = trackRecord([
      prediction({ id: 1, late: true }),
      prediction({ id: 2, story_id: 2, outcome: outcome({ void: 'halted', right: null, excess_pct: null }) }),
      prediction({ id: 3, story_id: 3, outcome: null }),
      prediction({ id: 4, story_id: 4, probability: 0.5, direction: 0, outcome: outcome({ right: null }) }),
      prediction({ id: 6, story_id: 5, generation: 2, probability: 0.9, outcome: outcome({ base_day: '2026-11-17', excess_pct: 3 }) }),
      prediction({ id: 5, story_id: 5, generation: 1, probability: 0.4, outcome: outcome({ base_day: '2026-11-17', excess_pct: 3 }) }),
    ]);
    expect(records).toHaveLength(1);
    expect(records[0]?.days).toEqual([{ day: '2026-11-17', excess: 3, right: false }]);
    expect(records[0]?.void).toBe(1);
  });
});

describe('figures', () => {
  it('have a middle', () => {
    expect([medianOf([]), medianOf([3, 1, 2]), medianOf([4, 1, 2, 3])]).toEqual([null, 2, 2.5]);
  });

  it("know how little a few cases say: Wilson's interval", () => {
    const [low, high] = wilson(4, 7);
    expect(low).toBeCloseTo(0.2505, 3);
    expect(high).toBeCloseTo(0.8418, 3);
    expect(wilson(0, 0)).toEqual([0, 1]);
  });

  it('of a day: what most of the judged predictions were', () => {
    const right = outcome();
    const wrong = outcome({ right: false });
    expect(verdictOf([null, null])).toBe('open');
    expect(verdictOf([right, null])).toBe('right');
    expect(verdictOf([right, wrong, wrong])).toBe('wrong');
    expect(verdictOf([right, wrong])).toBe('mixed');
    expect(verdictOf([outcome({ right: null })])).toBeNull();
  });
});

describe('a CSV', () => {
  it('quotes what must be and disarms formulas', () => {
    expect(csvOf(['a', 'b'], [['x,"y"', null], ['=1+1', -1.5]])).toBe('a,b\r\n"x,""y""",\r\n\'=1+1,-1.5\r\n');
  });
});
