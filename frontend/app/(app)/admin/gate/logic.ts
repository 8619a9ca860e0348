import type { GateBody, GateOpened, PatchGateRequest } from '@/lib/api';
import { numberOf } from '../numbers';

export type Why = 'short' | 'drifting' | 'unproven' | 'proven';

/** Why the gate is open or shut over a horizon. */
export function whyOf(g: GateOpened): Why {
  if (!g.recalibration) return 'short';
  if (g.open) return 'proven';
  return g.recalibration.drifting ? 'drifting' : 'unproven';
}

export interface GateForm {
  min_shift: string;
  min_score_pct: string;
  per_day: string;
}

export function formOf(g: GateBody): GateForm {
  return { min_shift: String(g.min_shift), min_score_pct: String(g.min_score_pct), per_day: String(g.per_day) };
}

/** Only what the form changes; null when that is nothing. */
export function patchOf(g: GateBody, form: GateForm): PatchGateRequest | null {
  const patch: PatchGateRequest = {};
  const shift = numberOf(form.min_shift);
  const score = numberOf(form.min_score_pct);
  const perDay = numberOf(form.per_day);
  if (shift !== undefined && shift !== g.min_shift) patch.min_shift = shift;
  if (score !== undefined && score !== g.min_score_pct) patch.min_score_pct = score;
  if (perDay !== undefined && perDay !== g.per_day) patch.per_day = perDay;
  return Object.keys(patch).length === 0 ? null : patch;
}

/** What the expected move must exceed now, percent. */
export function scoreNow(g: GateBody): number {
  return Math.max(g.min_score_pct, g.floor_pct ?? 0);
}
