// Reads codes out of whatever was pasted, and keeps the order of a list.
import type { PutWatchlistRequest, WatchlistBody } from '@/lib/api';

/** Stocks on a list at most; the API refuses more. */
export const mostStocks = 200;

export interface Pasted {
  /** Each once, in their order. */
  codes: string[];
  /** Codes that had lost their zeros, as a spreadsheet does: what was pasted, and what it was taken for. */
  padded: { from: string; to: string }[];
  /** What is no code. */
  refused: string[];
}

/**
 * Splits at blanks, commas, semicolons and line ends. Six letters and digits are a code; 4 or 5 digits are one whose zeros were lost; an A before
 * six is how some tools write it.
 */
export function parseCodes(text: string): Pasted {
  const out: Pasted = { codes: [], padded: [], refused: [] };
  for (const word of text.toUpperCase().split(/[\s,;|"']+/).filter(Boolean)) {
    const bare = /^A[0-9A-Z]{6}$/.test(word) ? word.slice(1) : word;
    const code = /^\d{4,5}$/.test(bare) ? bare.padStart(6, '0') : bare;
    if (!/^\d[0-9A-Z]{5}$/.test(code)) {
      if (!out.refused.includes(word)) out.refused.push(word);
      continue;
    }
    if (code !== bare) out.padded.push({ from: bare, to: code });
    if (!out.codes.includes(code)) out.codes.push(code);
  }
  return out;
}

/** The code of a list that a refusal is about; null when it names none of them. */
export function refusedCode(detail: string, codes: readonly string[]): string | null {
  const words = new Set(detail.match(/[0-9A-Z]{6}/g));
  return codes.find((code) => words.has(code)) ?? null;
}

/** The list with one of it moved by so many places, never beyond its ends. */
export function moved<T>(list: readonly T[], from: number, by: number): T[] {
  const to = Math.min(list.length - 1, Math.max(0, from + by));
  const next = [...list];
  const [item] = next.splice(from, 1);
  if (item === undefined) return [...list];
  next.splice(to, 0, item);
  return next;
}

/** A list as the API takes it. The switches always go along: a stock that was taken off and put back is as it was. */
export function requestOf(list: WatchlistBody): PutWatchlistRequest {
  return { all: list.all, codes: list.stocks.map((s) => s.code), silent: list.stocks.filter((s) => !s.alerts).map((s) => s.code) };
}
