// What can be worked out of predictions: where they stand, and how those of one stock fared.
import type { Outcome, Prediction } from './api';

export type State = 'open' | 'judged' | 'void';

/** Whether a prediction's outcome is awaited, is known, or has no label. */
export function stateOf(outcome: Outcome | null): State {
  if (outcome === null) return 'open';
  return outcome.void === '' ? 'judged' : 'void';
}

/** Of the predictions: how many stories and pairs of stock and base day, which is what they are worth as evidence. */
export function unitsOf(predictions: readonly Prediction[]): { stories: number; stockDays: number } {
  return {
    stories: new Set(predictions.map((p) => p.story_id)).size,
    stockDays: new Set(predictions.map((p) => `${p.stock.code} ${p.base_day ?? p.as_of.slice(0, 10)}`)).size,
  };
}

export interface Told {
  key: string;
  /** Of one story and stock, in the list's order. */
  predictions: [Prediction, ...Prediction[]];
}

/** A list's predictions, those of one story and stock together where the first of them stands. */
export function byStory(predictions: readonly Prediction[]): Told[] {
  const groups = new Map<string, Told>();
  for (const p of predictions) {
    const key = `${p.story_id} ${p.stock.code}`;
    const group = groups.get(key);
    if (group) group.predictions.push(p);
    else groups.set(key, { key, predictions: [p] });
  }
  return [...groups.values()];
}

const weights = { champion: 0, challenger: 1, retired: 2 };

/** A story's predictions by model, the champion's first, and by horizon, the newest generation first. */
export function byModel(predictions: readonly Prediction[]): Prediction[] {
  return [...predictions].sort(
    (a, b) => weights[a.model.role] - weights[b.model.role] || a.model.id - b.model.id || a.horizon - b.horizon || b.generation - a.generation || b.id - a.id,
  );
}

/** The middle value; of two middle ones their mean; null of none. */
export function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

export interface StockDay {
  day: string;
  /** The stock's return less the others' mean, percent. */
  excess: number;
  right: boolean;
}

export interface TrackRecord {
  horizon: number;
  /** Oldest first. */
  days: StockDay[];
  right: number;
  /** Predictions behind the days. */
  predictions: number;
  void: number;
}

const logit = (p: number) => Math.log(p / (1 - p));
const inside = (p: number | null): p is number => p !== null && p > 0 && p < 1;

/**
 * How predictions of one stock by one model per horizon fared. Those of one base day are one statement, the mean of their
 * logits, since they share their outcome; late ones and days on which nothing was said do not count.
 */
export function trackRecord(predictions: readonly Prediction[]): TrackRecord[] {
  const horizons = [...new Set(predictions.map((p) => p.horizon))].sort((a, b) => a - b);
  return horizons.map((horizon) => {
    const all = predictions.filter((p) => p.horizon === horizon && !p.late && p.outcome !== null);
    const byDay = new Map<string, { said: number; excess: number; n: number }>();
    for (const p of firstGenerations(all)) {
      const o = p.outcome;
      if (o === null || o.void !== '' || o.excess_pct === null || !inside(p.probability) || !inside(p.base_rate)) continue;
      const day = byDay.get(o.base_day) ?? { said: 0, excess: o.excess_pct, n: 0 };
      byDay.set(o.base_day, { said: day.said + logit(p.probability) - logit(p.base_rate), excess: o.excess_pct, n: day.n + 1 });
    }
    const said = [...byDay].filter(([, d]) => Math.abs(d.said) > 1e-9);
    const days = said.map(([day, d]) => ({ day, excess: d.excess, right: d.excess > 0 === d.said > 0 })).sort((a, b) => a.day.localeCompare(b.day));
    return {
      horizon,
      days,
      right: days.filter((d) => d.right).length,
      predictions: said.reduce((n, [, d]) => n + d.n, 0),
      void: all.filter((p) => p.outcome?.void).length,
    };
  });
}

/** Of each statement its first generation: what was said before anybody could know better. */
function firstGenerations(predictions: readonly Prediction[]): Prediction[] {
  const first = new Map<string, Prediction>();
  for (const p of predictions) {
    const key = `${p.story_id} ${p.model.id} ${p.stock.code} ${p.horizon}`;
    const have = first.get(key);
    if (have === undefined || p.generation < have.generation) first.set(key, p);
  }
  return [...first.values()];
}

/** Wilson's 95 percent interval of a share: k of n. */
export function wilson(k: number, n: number): [number, number] {
  if (n === 0) return [0, 1];
  const z = 1.959964;
  const share = k / n;
  const centre = share + (z * z) / (2 * n);
  const width = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [(centre - width) / scale, (centre + width) / scale];
}

export type DayVerdict = 'open' | 'right' | 'wrong' | 'mixed';

/** One word for a day's predictions: open while none is judged, else what most of the judged ones were. null of none that says anything. */
export function verdictOf(outcomes: readonly (Outcome | null)[]): DayVerdict | null {
  const right = outcomes.filter((o) => o?.right === true).length;
  const wrong = outcomes.filter((o) => o?.right === false).length;
  if (right > wrong) return 'right';
  if (wrong > right) return 'wrong';
  if (right > 0) return 'mixed';
  return outcomes.some((o) => o === null) ? 'open' : null;
}
