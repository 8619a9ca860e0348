// What a record's numbers come to, before they are put into words or drawn.
import type { DailyItem, Estimate, PrecisionItem, RecordItem } from '@/lib/api';

/** Base days below which no curve over time is drawn; that of the API's own verdict. */
export const leastDays = 20;
/** Picks below which nothing is said of a chooser. */
export const leastPicks = 30;

export interface Progress {
  /** Stock-days. */
  have: number;
  needed: number;
  days: number;
  neededDays: number;
  /** Trading days until both are reached at the record's own pace. */
  left: number;
  /** Nothing is known of the pace yet: it takes so long if every day brings enough. */
  atLeast: boolean;
}

/** How far a collecting record is; null for one that has enough. */
export function progressOf(r: RecordItem): Progress | null {
  if (r.verdict !== 'collecting') return null;
  const shared = { have: r.stock_days, needed: r.stock_days + r.needs.stock_days, days: r.days, neededDays: r.days + r.needs.days };
  // The first outcome is known only after the horizon has passed.
  if (r.days === 0 || r.stock_days === 0) return { ...shared, left: r.needs.days + r.horizon, atLeast: true };
  return { ...shared, left: Math.max(r.needs.days, Math.ceil(r.needs.stock_days / (r.stock_days / r.days))), atLeast: false };
}

export interface Verdict {
  /** shown: some horizon has shown skill; none: none has, of those that could be judged; collecting: none could be. */
  kind: 'shown' | 'none' | 'collecting';
  records: RecordItem[];
}

/** What the champions' live records say together. Backtests say nothing here. */
export function verdictOf(all: readonly RecordItem[]): Verdict {
  const records = all.filter((r) => r.origin === 'live' && r.model.role === 'champion').sort((a, b) => a.horizon - b.horizon);
  if (records.some((r) => r.verdict === 'skill shown')) return { kind: 'shown', records };
  if (records.some((r) => r.verdict === 'no skill shown')) return { kind: 'none', records };
  return { kind: 'collecting', records };
}

const rank = { champion: 0, challenger: 1, retired: 2 } as const;

/** Champions first, then by model and horizon. */
export function sortRecords(records: readonly RecordItem[]): RecordItem[] {
  return [...records].sort((a, b) => rank[a.model.role] - rank[b.model.role] || a.model.id - b.model.id || a.horizon - b.horizon);
}

/** The same axis for all skills: around 0, to the farthest figure or end of an interval, but no farther than ±1. */
export function skillDomain(records: readonly RecordItem[]): [number, number] {
  let far = 0.05;
  for (const { skill } of records) for (const v of [skill?.value, skill?.low, skill?.high]) if (typeof v === 'number' && Number.isFinite(v)) far = Math.max(far, Math.abs(v));
  const reach = Math.min(1, far * 1.1);
  return [-reach, reach];
}

export const recordKey = (r: Pick<RecordItem, 'model' | 'horizon' | 'origin'>) => `${r.model.id}-${r.horizon}-${r.origin}`;

/** The record that an address names; else the champion's that has most to show, live before backtest. */
export function chosenRecord(records: readonly RecordItem[], key: string): RecordItem | null {
  const named = records.find((r) => recordKey(r) === key);
  if (named) return named;
  const weight = (r: RecordItem) => (r.verdict === 'collecting' ? 0 : 8) + (r.origin === 'live' ? 4 : 0) + (r.model.role === 'champion' ? 2 : 0) + (r.model.kind === 'baseline' ? 0 : 1);
  return sortRecords(records).reduce<RecordItem | null>((best, r) => (best === null || weight(r) > weight(best) ? r : best), null);
}

export interface SkillPoint {
  day: string;
  /** Milliseconds, for the axis. */
  x: number;
  skill: number;
  /** Standard errors from days, Newey and West where windows overlap; null below leastDays. */
  low: number | null;
  high: number | null;
  stockDays: number;
}

/**
 * Brier skill of all days up to each day, oldest first. It begins at leastDays: before, a curve would only show chance. Windows of several trading days
 * overlap, so days closer than the horizon are taken to move together.
 */
export function skillOverTime(days: readonly DailyItem[], horizon: number): SkillPoint[] {
  const known = days
    .filter((d): d is DailyItem & { brier: number; base_brier: number } => d.brier !== null && d.base_brier !== null && d.stock_days > 0)
    .sort((a, b) => a.day.localeCompare(b.day));
  const gains: number[] = [];
  const bases: number[] = [];
  const points: SkillPoint[] = [];
  let gain = 0;
  let base = 0;
  let stockDays = 0;
  for (const d of known) {
    gains.push(d.stock_days * (d.base_brier - d.brier));
    bases.push(d.stock_days * d.base_brier);
    gain += d.stock_days * (d.base_brier - d.brier);
    base += d.stock_days * d.base_brier;
    stockDays += d.stock_days;
    if (gains.length < leastDays || base <= 0) continue;
    const skill = gain / base;
    const half = 1.96 * ratioError(gains, bases, skill, base, horizon);
    points.push({ day: d.day, x: Date.parse(`${d.day}T00:00:00+09:00`), skill, low: skill - half, high: skill + half, stockDays });
  }
  return points;
}

/** The standard error of a ratio of sums over days, with Bartlett weights up to horizon - 1 days apart. */
function ratioError(gains: readonly number[], bases: readonly number[], ratio: number, base: number, horizon: number): number {
  const n = gains.length;
  const rest = gains.map((g, i) => g - ratio * (bases[i] ?? 0));
  const at = (i: number) => rest[i] ?? 0;
  const alone = rest.reduce((sum, e) => sum + e * e, 0);
  let sum = alone;
  for (let lag = 1; lag < horizon; lag++) {
    let together = 0;
    for (let i = lag; i < n; i++) together += at(i) * at(i - lag);
    sum += 2 * (1 - lag / horizon) * together;
  }
  // Days that move against each other would narrow it: that is not trusted.
  return Math.sqrt((Math.max(sum, alone) * n) / (n - 1)) / base;
}

/** Whether a record is better than any that can be believed without looking for a leak: more than 58 of 100 directions right. */
export function tooGood(r: RecordItem): boolean {
  return typeof r.accuracy?.value === 'number' && r.accuracy.value > 0.58;
}

export type AlertVerdict = 'nothing' | 'few' | 'above' | 'overlap';

/** Whether the alerts' interval stands clear of both controls and of the base rate. */
export function alertVerdict(rows: readonly PrecisionItem[]): AlertVerdict {
  const of = (chooser: PrecisionItem['chooser']) => rows.find((r) => r.chooser === chooser);
  const sent = of('sent');
  if (!sent || sent.picks === 0 || !sent.precision) return 'nothing';
  const controls = [of('random'), of('sigma')];
  if (sent.picks < leastPicks || controls.some((c) => !c || c.picks < leastPicks)) return 'few';
  const least = sent.precision.low;
  const bars = [sent.base_rate, ...controls.map((c) => c?.precision?.value)];
  return least !== null && bars.every((v) => typeof v === 'number' && least > v) ? 'above' : 'overlap';
}

/** Whether an interval lies wholly above, below or across a mark. */
export function sideOf(e: Estimate | null, mark: number): 'above' | 'below' | 'across' | null {
  if (!e || e.low === null || e.high === null) return null;
  return e.low > mark ? 'above' : e.high < mark ? 'below' : 'across';
}
