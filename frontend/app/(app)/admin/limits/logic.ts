import type { LimitItem, PatchLimitRequest } from '@/lib/api';
import { numberOf } from '../numbers';

export type Group = 'host' | 'model' | 'chat';

/** Whom a key is about: what begins with telegram: is a chat, what begins with openai a model's service. */
export function groupOf(key: string): Group {
  if (key.startsWith('telegram:')) return 'chat';
  return key.startsWith('openai') ? 'model' : 'host';
}

export type Rate = { unit: 'second' | 'minute'; calls: number } | { unit: 'pause'; seconds: number };

/** A limit's rates as they are said: below one call a unit, as the seconds that one call takes. */
export function ratesOf(l: Pick<LimitItem, 'per_second' | 'per_minute'>): Rate[] {
  const rates: Rate[] = [];
  if (l.per_second > 0) rates.push(l.per_second < 1 ? { unit: 'pause', seconds: 1 / l.per_second } : { unit: 'second', calls: l.per_second });
  if (l.per_minute > 0) rates.push(l.per_minute < 1 ? { unit: 'pause', seconds: 60 / l.per_minute } : { unit: 'minute', calls: l.per_minute });
  return rates;
}

export interface LimitForm {
  per_second: string;
  per_minute: string;
  burst: string;
  per_day: string;
}

export const limitFields = ['per_second', 'per_minute', 'burst', 'per_day'] as const;

export function formOf(l: LimitItem | null): LimitForm {
  return {
    per_second: String(l?.per_second ?? 0),
    per_minute: String(l?.per_minute ?? 0),
    burst: String(l?.burst ?? 0),
    per_day: String(l?.per_day ?? 0),
  };
}

/** What the form changes of a limit; of a new key, all of it. null when that is nothing. */
export function patchOf(l: LimitItem | null, form: LimitForm): PatchLimitRequest | null {
  const patch: PatchLimitRequest = {};
  for (const name of limitFields) {
    const value = numberOf(form[name]);
    if (value !== undefined && value !== l?.[name]) patch[name] = value;
  }
  return Object.keys(patch).length === 0 ? null : patch;
}
