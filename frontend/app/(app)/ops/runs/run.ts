// What a run says of itself, made sense of. Its parameters and its result depend on its kind, and the API passes them on as
// they are: whatever is not as expected is left out here, and shown as it came.
import type { RunBody } from '@/lib/api';

export const isOpen = (r: RunBody) => r.state === 'queued' || r.state === 'running';

/** Steps a second since the run began; null while that cannot be told. now is the wall clock in milliseconds. */
export function paceOf(r: RunBody, now: number): number | null {
  const ended = r.done + r.failed;
  if (r.started_at === null || ended === 0) return null;
  const seconds = ((r.finished_at === null ? now : new Date(r.finished_at).getTime()) - new Date(r.started_at).getTime()) / 1000;
  return seconds > 0 ? ended / seconds : null;
}

/** Why nobody can say how long an open run will take; null when it is known, or the run has ended. */
export function etaUnknownBecause(r: RunBody): 'queued' | 'noTotal' | 'noneDone' | null {
  if (!isOpen(r) || r.eta_seconds !== null) return null;
  if (r.state === 'queued') return 'queued';
  return r.total === 0 ? 'noTotal' : 'noneDone';
}

/** Seconds that a run took; null while it is open, or when it never began. */
export function tookOf(r: RunBody): number | null {
  if (r.started_at === null || r.finished_at === null) return null;
  return (new Date(r.finished_at).getTime() - new Date(r.started_at).getTime()) / 1000;
}

type Raw = Record<string, unknown>;

const objectOf = (value: unknown): Raw => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {});
const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
const numberOf = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const listOf = <T>(value: unknown, one: (v: unknown) => T | null): T[] => (Array.isArray(value) ? value.map(one).filter((v): v is T => v !== null) : []);

export type Params =
  | { kind: 'crawl'; source: string }
  | { kind: 'retry'; snapshot: number; perSecond: number }
  | { kind: 'repredict'; codes: string[]; from: string | null; to: string | null; stories: number; models: number[] }
  | { kind: 'other' };

export function paramsOf(r: RunBody): Params {
  const p = objectOf(r.params);
  switch (r.kind) {
    case 'crawl': {
      const source = textOf(p.source);
      return source === null ? { kind: 'other' } : { kind: 'crawl', source };
    }
    case 'retry': {
      const snapshot = numberOf(p.snapshot);
      return snapshot === null ? { kind: 'other' } : { kind: 'retry', snapshot, perSecond: numberOf(p.per_second) ?? 0 };
    }
    case 'repredict':
      return {
        kind: 'repredict',
        codes: listOf(p.codes, textOf),
        from: textOf(p.from),
        to: textOf(p.to),
        stories: listOf(p.story_ids, numberOf).length,
        models: listOf(p.model_ids, numberOf),
      };
  }
  return { kind: 'other' };
}

/** How one model's predictions of a horizon differ from the generation before. */
export interface Compared {
  model: string;
  horizon: number;
  /** Predictions with one of the generation before, and those without. */
  pairs: number;
  fresh: number;
  /** Of the probability, new less old. */
  mean: number;
  meanAbs: number;
  /** Whose direction is another one now. */
  turned: number;
  /** Pairs whose outcome is known, and both generations' Brier scores over them; null without such pairs. */
  brier: { pairs: number; before: number; after: number } | null;
}

function comparedOf(value: unknown): Compared | null {
  const c = objectOf(value);
  const model = textOf(c.model);
  const horizon = numberOf(c.horizon);
  if (model === null || horizon === null) return null;
  const known = numberOf(c.brier_pairs) ?? 0;
  return {
    model,
    horizon,
    pairs: numberOf(c.pairs) ?? 0,
    fresh: numberOf(c.new) ?? 0,
    mean: numberOf(c.mean_change) ?? 0,
    meanAbs: numberOf(c.mean_abs_change) ?? 0,
    turned: numberOf(c.turned) ?? 0,
    brier: known > 0 ? { pairs: known, before: numberOf(c.brier_old) ?? 0, after: numberOf(c.brier_new) ?? 0 } : null,
  };
}

/** The figures of a result, in the order in which they are shown. */
export interface Result {
  figures: { name: string; value: number }[];
  compared: Compared[] | null;
  /** The source that an ordered crawl rang for. */
  rung: string | null;
}

const figuresOf: Record<string, readonly string[]> = { repredict: ['calls', 'skipped', 'gave_up'], retry: ['failures', 'let_go', 'resolved', 'failed_again'] };

/** What came out of a run; null while it is open. */
export function resultOf(r: RunBody): Result | null {
  if (r.result === null || r.result === undefined) return null;
  const found = objectOf(r.result);
  return {
    figures: (figuresOf[r.kind] ?? []).flatMap((name) => {
      const value = numberOf(found[name]);
      return value === null ? [] : [{ name, value }];
    }),
    compared: Array.isArray(found.compared) ? listOf(found.compared, comparedOf) : null,
    rung: textOf(found.rung),
  };
}

/** A run from a message of its stream; null when it is none of the run that is followed. */
export function runOf(data: string, id: number): RunBody | null {
  try {
    const run: unknown = JSON.parse(data);
    return objectOf(run).id === id ? (run as RunBody) : null;
  } catch {
    return null; // a broken message changes nothing: the next look at the run does
  }
}
