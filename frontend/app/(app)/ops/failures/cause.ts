// Why failures are one group, and what of them can be retried.
import type { CauseItem } from '@/lib/api';

/** A piece of a message: as it is in all failures of the cause, or something that differs from one to the next. */
export interface Piece {
  text: string;
  varies: boolean;
}

// As the server has it: quoted words, long hex strings, numbers.
const varying = /"[^"]*"|[0-9a-fA-F]{12,}|[0-9]+/g;
const counted = 400;

/** Whether the failure was that the worker died, whose message names the worker and does not form the group. */
export function isCrash(error: string): boolean {
  return /^worker .* died with it in hand$/.test(error) || error === 'it was given out, and nobody has it in hand';
}

/** The message of a cause: what its failures have in common, as far as it counts for the group. */
export function templateOf(error: string): Piece[] {
  const pieces: Piece[] = [];
  const bytes = new TextEncoder();
  let left = counted;
  const take = (text: string, varies: boolean) => {
    if (left <= 0 || text === '') return;
    const size = varies ? 1 : bytes.encode(text).length; // the server puts a # in the place of what varies
    pieces.push({ text: size <= left ? text : cut(text, left), varies });
    left -= size;
  };
  let end = 0;
  for (const found of error.matchAll(varying)) {
    take(error.slice(end, found.index), false);
    take(found[0], true);
    end = found.index + found[0].length;
  }
  take(error.slice(end), false);
  return pieces;
}

/** As many of a text's characters as fit into so many bytes. */
function cut(text: string, size: number): string {
  let out = '';
  let used = 0;
  for (const character of text) {
    used += new TextEncoder().encode(character).length;
    if (used > size) break;
    out += character;
  }
  return out;
}

export type Totals = Pick<CauseItem, 'count' | 'retrying' | 'gave_up' | 'quarantined' | 'resolved'>;

export function totalsOf(causes: readonly Totals[]): Totals {
  const sum = { count: 0, retrying: 0, gave_up: 0, quarantined: 0, resolved: 0 };
  for (const c of causes) for (const name of Object.keys(sum) as (keyof Totals)[]) sum[name] += c[name];
  return sum;
}

export type RestReason = 'retrying' | 'resolved' | 'cap';

/** Why the others that match are not retried, and how many for each reason. */
export function restOf(totals: Totals, eligible: number): { reason: RestReason; count: number }[] {
  const waiting = totals.gave_up + totals.quarantined;
  const all: { reason: RestReason; count: number }[] = [
    { reason: 'retrying', count: totals.retrying },
    { reason: 'resolved', count: totals.resolved },
    { reason: 'cap', count: waiting >= capped && eligible >= capped ? waiting - eligible : 0 },
  ];
  return all.filter((r) => r.count > 0);
}

/** How many failures one order takes. */
export const capped = 100_000;

/** Above so many the count has to be typed. */
export const typedAbove = 100;

/** Seconds until so many failures are let go: from one a second the pace doubles every five seconds up to what is asked. */
export function secondsFor(count: number, perSecond: number): number {
  let gone = 1;
  let seconds = 0;
  while (gone < count) {
    const pace = Math.min(perSecond, 2 ** Math.floor(seconds / 5));
    if (pace === perSecond) return seconds + Math.ceil((count - gone) / perSecond);
    gone += pace;
    seconds++;
  }
  return seconds;
}
