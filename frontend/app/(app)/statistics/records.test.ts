import { describe, expect, it } from 'vitest';
import type { DailyItem, PrecisionItem, RecordItem } from '@/lib/api';
import { alertVerdict, chosenRecord, progressOf, recordKey, sideOf, skillDomain, skillOverTime, tooGood, verdictOf } from './records';

function record(change: Partial<RecordItem> & { id?: number; role?: RecordItem['model']['role']; kind?: string } = {}): RecordItem {
  const { id = 1, role = 'champion', kind = 'analogue', ...rest } = change;
  return {
    model: { id, name: kind, kind, version: '1', role },
    horizon: 1, origin: 'live', judged_at: null, verdict: 'collecting', note: '', needs: { stock_days: 100, days: 20 }, from: null, to: null,
    articles: 0, stories: 0, stock_days: 0, days: 0, void: 0, late: 0, skill: null, brier: null, base_brier: null, evidence: null, threshold: 40,
    log_loss: null, base_log_loss: null, accuracy: null, accuracy_if_independent: null, balanced_accuracy: null, auc: null, ic: null, icir: null,
    ic_days: 0, up_rate: null, coverage: null, three_way: null, drift: [], ...rest,
  };
}

describe('how far a record is', () => {
  it('is told by its own pace, and by whichever takes longer', () => {
    expect(progressOf(record({ stock_days: 84, days: 12, needs: { stock_days: 16, days: 8 } }))).toEqual({ have: 84, needed: 100, days: 12, neededDays: 20, left: 8, atLeast: false });
    expect(progressOf(record({ stock_days: 40, days: 20, needs: { stock_days: 60, days: 0 } }))?.left).toBe(30);
  });
  it('is the least that it can be before anything came', () => {
    expect(progressOf(record({ horizon: 5 }))).toMatchObject({ left: 25, atLeast: true });
  });
  it('is nothing for a record that can be judged', () => {
    expect(progressOf(record({ verdict: 'no skill shown' }))).toBeNull();
  });
});

describe('the verdict', () => {
  it('is that of the champions live, never of a backtest or a challenger', () => {
    const walk = record({ origin: 'backtest', verdict: 'skill shown' });
    const challenger = record({ id: 2, role: 'challenger', verdict: 'skill shown' });
    expect(verdictOf([walk, challenger, record()]).kind).toBe('collecting');
    expect(verdictOf([walk, record({ verdict: 'no skill shown' }), record({ horizon: 3 })]).kind).toBe('none');
    expect(verdictOf([record({ verdict: 'no skill shown', horizon: 5 }), record({ verdict: 'skill shown' })])).toMatchObject({ kind: 'shown', records: [{ horizon: 1 }, { horizon: 5 }] });
  });
});

describe('the record that is looked at', () => {
  const walk = record({ origin: 'backtest', verdict: 'no skill shown' });
  it('is the one in the address', () => {
    expect(chosenRecord([record(), walk], recordKey(walk))).toBe(walk);
  });
  it('else one that has something to show, live first', () => {
    expect(chosenRecord([record(), walk], 'nonsense')).toBe(walk);
    const judged = record({ horizon: 3, verdict: 'no skill shown' });
    expect(chosenRecord([walk, judged], '')).toBe(judged);
    expect(chosenRecord([], '')).toBeNull();
  });
});

it('puts all skills on one axis around 0', () => {
  expect(skillDomain([record()])[1]).toBeCloseTo(0.055);
  const [low, high] = skillDomain([record({ skill: { value: 0.01, low: -0.2, high: 0.1 } })]);
  expect(low).toBeCloseTo(-0.22);
  expect(high).toBeCloseTo(0.22);
  expect(skillDomain([record({ skill: { value: -3, low: -5, high: -1 } })])).toEqual([-1, 1]);
});

describe('skill over time', () => {
  const day = (i: number, brier: number | null, n = 2): DailyItem => ({
    model_id: 1, horizon: 1, origin: 'live', day: new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10), articles: n, stock_days: n, void: 0, said: n, right: 1, ups: 1,
    brier, base_brier: brier === null ? null : 0.25, log_loss: null, base_log_loss: null, ic: null,
  });
  it('weighs days by their stock-days and begins at the least number of days', () => {
    const days = Array.from({ length: 30 }, (_, i) => day(i, i % 2 ? 0.2 : 0.25, i % 2 ? 3 : 1));
    const points = skillOverTime([...days].reverse(), 1);
    expect(points).toHaveLength(11);
    expect(points[0]?.day).toBe(days[19]?.day);
    expect(points[10]?.skill).toBeCloseTo((3 * 0.05) / (4 * 0.25));
  });
  it('leaves out void days', () => {
    expect(skillOverTime(Array.from({ length: 30 }, (_, i) => day(i, i < 11 ? null : 0.24)), 1)).toEqual([]);
  });
  it('has no width when every day is the same, and a wider one where windows overlap', () => {
    const same = skillOverTime(Array.from({ length: 25 }, (_, i) => day(i, 0.2)), 1).at(-1);
    expect(same?.low).toBeCloseTo(0.2);
    const runs = Array.from({ length: 60 }, (_, i) => day(i, Math.floor(i / 5) % 2 ? 0.2 : 0.3));
    const width = (h: number) => {
      const last = skillOverTime(runs, h).at(-1);
      return (last?.high ?? 0) - (last?.low ?? 0);
    };
    expect(width(5)).toBeGreaterThan(1.3 * width(1));
    const zigzag = Array.from({ length: 60 }, (_, i) => day(i, i % 2 ? 0.2 : 0.3));
    const last = [1, 3].map((h) => skillOverTime(zigzag, h).at(-1)?.high);
    expect(last[1]).toBeCloseTo(last[0] ?? NaN);
  });
});

describe('alerts beside their controls', () => {
  const row = (chooser: PrecisionItem['chooser'], picks: number, value: number, low: number): PrecisionItem => ({
    chooser, k: 3, picks, days: picks, right: Math.round(picks * value), base_rate: 0.45, net_mean_pct: null, precision: picks === 0 ? null : { value, low, high: value + 0.1 },
  });
  it('say nothing before there are enough of all three', () => {
    expect(alertVerdict([])).toBe('nothing');
    expect(alertVerdict([row('sent', 0, 0, 0), row('random', 60, 0.5, 0.4), row('sigma', 60, 0.5, 0.4)])).toBe('nothing');
    expect(alertVerdict([row('sent', 29, 0.9, 0.8), row('random', 60, 0.5, 0.4), row('sigma', 60, 0.5, 0.4)])).toBe('few');
    expect(alertVerdict([row('sent', 60, 0.9, 0.8), row('random', 60, 0.5, 0.4), row('sigma', 3, 0.5, 0.4)])).toBe('few');
  });
  it('are better only when their whole interval lies above both and the base rate', () => {
    const controls = [row('random', 60, 0.5, 0.4), row('sigma', 60, 0.52, 0.4)];
    expect(alertVerdict([row('sent', 60, 0.62, 0.53), ...controls])).toBe('above');
    expect(alertVerdict([row('sent', 60, 0.62, 0.51), ...controls])).toBe('overlap');
  });
});

it('doubts a record that is too good', () => {
  const right = (value: number) => tooGood(record({ accuracy: { value, low: null, high: null } }));
  expect([right(0.55), right(0.58), right(0.6), tooGood(record())]).toEqual([false, false, true, false]);
});

it('tells on which side of a mark an interval lies', () => {
  expect(sideOf({ value: 0.5, low: 0.4, high: 0.6 }, 0.5)).toBe('across');
  expect(sideOf({ value: 0.5, low: 0.51, high: 0.6 }, 0.5)).toBe('above');
  expect(sideOf({ value: 0.5, low: 0.1, high: 0.2 }, 0.5)).toBe('below');
  expect(sideOf({ value: 0.5, low: null, high: null }, 0.5)).toBeNull();
});
