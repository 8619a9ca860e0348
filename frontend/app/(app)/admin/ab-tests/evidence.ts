import type { AbPoint, AbTest, AbTestAnswer, FlagItem, RecordItem } from '@/lib/api';

/** What is looked at of a model's live record. */
export type Counts = Pick<RecordItem, 'articles' | 'void' | 'late' | 'drift'>;

/** The fixed words for how an experiment stands. void: it runs, and nothing that it needs can come any more. */
export type Word = AbTest['verdict'] | 'void';

export type Side = 'a' | 'b';

export interface Crossing {
  side: Side;
  day: string;
  /** Stock-days up to it. */
  at: number;
  value: number;
}

/** The first day on which each bet reached the threshold: what has crossed stays marked, even where it falls again. */
export function crossings(evidence: readonly AbPoint[], threshold: number): Crossing[] {
  const first = (side: Side, of: (p: AbPoint) => number | null): Crossing[] => {
    const p = evidence.find((x) => (of(x) ?? 0) >= threshold);
    return p ? [{ side, day: p.day, at: p.stock_days, value: of(p) ?? threshold }] : [];
  };
  return [...first('a', (p) => p.for_a), ...first('b', (p) => p.for_b)];
}

/** Whether an interval holds 0; null while it is not known. */
export function holdsZero(p: Pick<AbPoint, 'low' | 'high'>): boolean | null {
  return p.low === null || p.high === null ? null : p.low <= 0 && p.high >= 0;
}

/** How far it is from the least that a verdict needs, by the one of both that lacks more; null when it has it. */
export function lacking(t: Pick<AbTestAnswer, 'days' | 'stock_days' | 'min_days' | 'min_stock_days'>): { days: number; stockDays: number } | null {
  const days = Math.max(0, t.min_days - t.days);
  const stockDays = Math.max(0, t.min_stock_days - t.stock_days);
  return days === 0 && stockDays === 0 ? null : { days, stockDays };
}

export type HealthKey = 'pairing' | 'models' | 'void' | 'late' | 'thin' | 'drift';

export interface HealthItem {
  key: HealthKey;
  /** failed: no verdict can come of it as it is. */
  state: 'ok' | 'warn' | 'failed' | 'unknown';
  /** Figures to fill the sentence with. */
  n: number[];
  flags: PlumbingFlag[];
}

/** Drift of what comes in that both models' pairs rest on, rather than of the news themselves. */
const plumbing = ['crawl_lag', 'prices', 'void', 'embedder'] as const;

export interface PlumbingFlag {
  name: (typeof plumbing)[number];
  value: number | null;
  limit: number | null;
}

/** What could make a comparison worthless, beside the evidence itself. a and b are the models' live records of its horizon. */
export function healthOf(t: AbTestAnswer, a: Counts | null, b: Counts | null, inputs: readonly FlagItem[]): HealthItem[] {
  const running = t.ended_at === null;
  const retired = [t.a, t.b].filter((m) => m.role === 'retired').length;
  const shares = (of: (r: Counts) => number): number[] =>
    [a, b].map((r) => {
      if (!r) return Number.NaN;
      const all = r.articles + r.void + r.late;
      return all === 0 ? Number.NaN : of(r) / all;
    });
  const judge = (list: number[], limit: number): HealthItem['state'] =>
    list.every((v) => Number.isNaN(v)) ? 'unknown' : list.some((v) => v > limit) ? 'warn' : 'ok';
  const voids = shares((r) => r.void);
  const lates = shares((r) => r.late);
  const perDay = t.evidence.map((p, i) => p.stock_days - (t.evidence[i - 1]?.stock_days ?? 0));
  const usual = median(perDay);
  const last = perDay.at(-1) ?? 0;
  const flags = [...inputs, ...(a?.drift ?? []), ...(b?.drift ?? [])].flatMap((f) => {
    const name = plumbing.find((p) => p === f.name);
    return name ? [{ name, value: f.value, limit: f.limit }] : [];
  });
  return [
    { key: 'pairing', state: 'ok', n: [t.stock_days], flags: [] },
    { key: 'models', state: retired > 0 && running ? 'failed' : 'ok', n: [retired], flags: [] },
    { key: 'void', state: judge(voids, voidLimit), n: voids, flags: [] },
    { key: 'late', state: judge(lates, voidLimit), n: lates, flags: [] },
    { key: 'thin', state: usual === null ? 'unknown' : last < usual / 2 ? 'warn' : 'ok', n: [last, usual ?? 0], flags: [] },
    { key: 'drift', state: flags.length > 0 ? 'warn' : 'ok', n: [], flags },
  ];
}

/** Beyond this share of outcomes without a label the program itself speaks of drift. */
const voidLimit = 0.1;

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((x, y) => x - y);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? null) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The word of the banner: the API's verdict, but for an experiment that runs on and cannot get one any more. */
export function wordOf(t: Pick<AbTest, 'verdict' | 'ended_at' | 'a' | 'b'>): Word {
  return t.ended_at === null && (t.a.role === 'retired' || t.b.role === 'retired') ? 'void' : t.verdict;
}

/** How much was bet on an x axis of stock-days: the day of the point that is nearest, for its label. */
export function dayAt(evidence: readonly AbPoint[], stockDays: number): string | null {
  let best: AbPoint | null = null;
  for (const p of evidence) if (best === null || Math.abs(p.stock_days - stockDays) < Math.abs(best.stock_days - stockDays)) best = p;
  return best?.day ?? null;
}

/** An amount that 1 has become: three digits at most, without claiming a nought where there is something. */
export function capitalText(value: number | null, locale: 'en' | 'ko'): string | null {
  if (value === null) return null;
  if (value > 0 && value < 0.001) return '<0.001';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return value.toLocaleString(locale === 'ko' ? 'ko-KR' : 'en-US', { minimumFractionDigits: 0, maximumFractionDigits: digits });
}

/** How many comparisons the champion is in at once, with one more over the same horizon. */
export function leastComparisons(running: readonly AbTest[], modelA: number, horizon: number): number {
  return 1 + running.filter((t) => t.ended_at === null && t.a.id === modelA && t.horizon === horizon).length;
}

/** Codes as they are typed or pasted: separated by anything that is no letter or digit, each once. */
export function codesOf(text: string): string[] {
  return [...new Set(text.toUpperCase().split(/[^0-9A-Z]+/).filter(Boolean))];
}
