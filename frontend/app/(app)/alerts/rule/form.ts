// A rule as a form holds it, and what a preview of it comes to.
import type { PutRuleRequest, RuleBody, RuleRequest } from '@/lib/api';

export interface RuleForm {
  horizons: number[];
  direction: -1 | 0 | 1;
  /** Of probabilities, 0 leaves it to the gate. */
  min_shift: number;
  urgent: boolean;
  digest: boolean;
  quiet_from: number;
  quiet_to: number;
  daily_cap: number;
  language: 'ko' | 'en';
}

export const horizons = [1, 3, 5] as const;
export const hours = Array.from({ length: 24 }, (_, h) => h);
export const caps = [1, 2, 3, 4, 5] as const;

export function formOf(r: RuleBody): RuleForm {
  const { direction, urgent, digest, quiet_from, quiet_to, daily_cap, language } = r;
  return { horizons: [...r.horizons].sort((a, b) => a - b), direction, min_shift: r.min_shift ?? 0, urgent, digest, quiet_from, quiet_to, daily_cap, language };
}

export function withHorizon(form: RuleForm, horizon: number, on: boolean): RuleForm {
  const rest = form.horizons.filter((h) => h !== horizon);
  return { ...form, horizons: on ? [...rest, horizon].sort((a, b) => a - b) : rest };
}

/** The rule alone, as a preview is asked for. A whole rule: what is left out would be as the default has it. */
export function ruleRequest(form: RuleForm): RuleRequest {
  const { language: _, ...rule } = form;
  return rule;
}

/** What is put: with the switch and the mute as they stand, since a whole rule replaces the one before. */
export function putRequest(form: RuleForm, now: Pick<RuleBody, 'active' | 'muted_until'>): PutRuleRequest {
  return { ...form, active: now.active, ...(now.muted_until === null ? {} : { muted_until: now.muted_until }) };
}

export const sameForm = (a: RuleForm, b: RuleForm) => JSON.stringify(a) === JSON.stringify(b);

/** The distances that can be chosen, in whole points: the gate's own, those above it, and whatever is set. */
export function shiftChoices(gate: number, current: number): number[] {
  const points = new Set([0, ...[5, 6, 7, 8, 10, 12, 15, 20].filter((p) => p > Math.round(gate * 100))]);
  if (current > 0) points.add(Math.round(current * 100));
  return [...points].sort((a, b) => a - b);
}

/** Wilson's 95 percent interval of a share; null without any. */
export function wilson(right: number, n: number): { low: number; high: number } | null {
  if (n <= 0) return null;
  const z = 1.959964;
  const p = right / n;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
