// What is typed, made into an order. Times are typed as they are in Seoul, wherever the reader sits.
import type { RepredictRequest } from '@/lib/api';

export interface Typed {
  codes: string;
  /** As a datetime-local input has it: 2026-11-23T10:00. */
  from: string;
  to: string;
  ids: string;
  models: readonly number[];
}

export type Wrong = { field: 'filter.codes' | 'ids'; parts: string[] } | { field: 'filter.from' } | { field: 'filter' };

const partsOf = (text: string) => text.split(/[\s,;]+/).filter(Boolean);
const most = 3;

/** The instant of a time typed in KST; undefined for none. */
export function instantOf(typed: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(typed)) return undefined;
  const at = new Date(`${typed.length === 16 ? `${typed}:00` : typed}+09:00`);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** The order, or what is wrong with what was typed. */
export function orderOf(t: Typed): { order: RepredictRequest } | { wrong: Wrong } {
  const codes = [...new Set(partsOf(t.codes).map((c) => c.toUpperCase()))];
  const badCodes = codes.filter((c) => !/^[0-9A-Z]{6}$/.test(c));
  if (badCodes.length > 0) return { wrong: { field: 'filter.codes', parts: badCodes.slice(0, most) } };
  const numbers = [...new Set(partsOf(t.ids))];
  const badIds = numbers.filter((n) => !/^[1-9]\d{0,15}$/.test(n));
  if (badIds.length > 0) return { wrong: { field: 'ids', parts: badIds.slice(0, most) } };
  const from = instantOf(t.from);
  const to = instantOf(t.to);
  if (from !== undefined && to !== undefined && from >= to) return { wrong: { field: 'filter.from' } };
  if (codes.length === 0 && numbers.length === 0 && from === undefined && to === undefined) return { wrong: { field: 'filter' } };
  const filter: NonNullable<RepredictRequest['filter']> = {};
  if (codes.length > 0) filter.codes = codes;
  if (from !== undefined) filter.from = from;
  if (to !== undefined) filter.to = to;
  const order: RepredictRequest = {};
  if (Object.keys(filter).length > 0) order.filter = filter;
  if (numbers.length > 0) order.ids = numbers.map(Number);
  if (t.models.length > 0) order.model_ids = [...t.models].sort((a, b) => a - b);
  return { order };
}
