import { describe, expect, it } from 'vitest';
import type { Outcome, PredictionMarker } from '@/lib/api';
import { markedDays, markersOf, mondayBefore, spanOf, withoutBar } from './marks';

const judged = (right: boolean): Outcome => ({
  base_day: '2026-11-20', target_day: '2026-11-23', horizon: 1, version: 1, excess_pct: 1, return_pct: 1, sigma_pct: 1, flat: false, void: '', known_at: '', right,
});
const said = (base_day: string | null, outcome: Outcome | null, origin: 'live' | 'backtest' = 'live'): PredictionMarker => ({
  as_of: '', base_day, base_rate: 0.5, code: '990020', direction: 1, horizon: 1, late: false, neighbours: 1, origin, outcome, prediction_id: 1, probability: 0.6, story_id: 1,
});

describe("a chart's marks", () => {
  const days = markedDays(
    [{ day: '2026-11-20', stories: 2, story_id: 1 }, { day: '2026-11-23', stories: 1, story_id: 2 }],
    [said('2026-11-20', judged(true)), said('2026-11-20', judged(false)), said('2026-11-20', judged(false)), said('2026-11-18', null, 'backtest'), said(null, null)],
  );

  it('are one a day and kind, newest first', () => {
    expect(days.map((d) => [d.day, d.stories, d.predictions.length])).toEqual([['2026-11-23', 1, 0], ['2026-11-20', 2, 3], ['2026-11-18', 0, 1]]);
    expect(markersOf(days)).toEqual([
      { day: '2026-11-23', kind: 'news', text: '1' },
      { day: '2026-11-20', kind: 'news', text: '2' },
      { day: '2026-11-20', kind: 'wrong', text: '', faint: false },
      { day: '2026-11-18', kind: 'open', text: '', faint: true },
    ]);
  });

  it('stand beside the chart while their day has no bar', () => {
    const bar = { day: '2026-11-20', open: 1, high: 1, low: 1, close: 1, volume: 1, adj_factor: 1 };
    expect(withoutBar(days, [bar]).map((d) => d.day)).toEqual(['2026-11-23']);
  });

  it('span a day in KST and whatever closure follows', () => {
    expect(spanOf('2026-02-20')).toEqual({ from: '2026-02-20T00:00:00+09:00', to: '2026-03-07T00:00:00+09:00' });
  });
});

describe('the first day asked for', () => {
  it('is a Monday in KST, and stays one for a week', () => {
    expect(mondayBefore(Date.parse('2026-11-23T00:00:00+09:00'), 0)).toBe('2026-11-23');
    expect(mondayBefore(Date.parse('2026-11-22T23:59:59+09:00'), 0)).toBe('2026-11-16');
    expect(mondayBefore(Date.parse('2026-11-29T23:59:59+09:00'), 7)).toBe('2026-11-16');
  });
});
