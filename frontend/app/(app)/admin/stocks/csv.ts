import type { ImportAnswer, TrackedItem } from '@/lib/api';

export type Encoding = 'utf-8' | 'utf-8-bom' | 'cp949' | 'utf-16';

export interface Decoded {
  text: string;
  encoding: Encoding;
}

function strictly(bytes: Uint8Array, label: string): string | null {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    return null; // not in this encoding
  }
}

/** Reads a file's bytes as what they are: UTF-16 by its mark, UTF-8 where it is valid, else CP949; null where it is neither. */
export function decode(bytes: Uint8Array): Decoded | null {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xfe) return wrap(strictly(bytes, 'utf-16le'), 'utf-16');
  if (first === 0xfe && second === 0xff) return wrap(strictly(bytes, 'utf-16be'), 'utf-16');
  const utf8 = strictly(bytes, 'utf-8');
  if (utf8 !== null) return { text: utf8, encoding: first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8-bom' : 'utf-8' };
  // What browsers call euc-kr is CP949, with all of its syllables.
  return wrap(strictly(bytes, 'euc-kr'), 'cp949');
}

function wrap(text: string | null, encoding: Encoding): Decoded | null {
  return text === null ? null : { text, encoding };
}

interface Cell {
  /** Its text, unquoted. */
  value: string;
  /** Where it stands in the file, its quotes included. */
  start: number;
  end: number;
}

interface Row {
  /** The line that it begins on; the first is 1. */
  line: number;
  cells: Cell[];
}

/** Splits a CSV text into its rows; quoted cells may hold commas, quotes and line breaks. Empty lines are left out. */
export function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const row: Row = { line, cells: [] };
    for (;;) {
      const start = at;
      let value = '';
      while (text[at] === ' ') at++;
      if (text[at] === '"') {
        at++;
        for (;;) {
          const quote = text.indexOf('"', at);
          const end = quote < 0 ? text.length : quote;
          value += text.slice(at, end);
          at = end + 1;
          if (quote < 0 || text[at] !== '"') break;
          value += '"';
          at++;
        }
        line += value.split('\n').length - 1;
      }
      while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') value += text[at++];
      row.cells.push({ value: value.trim(), start, end: Math.min(at, text.length) });
      if (text[at] !== ',') break;
      at++;
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    line++;
    if (row.cells.length > 1 || row.cells[0]?.value !== '') rows.push(row);
  }
  return rows;
}

export interface ShortCode {
  line: number;
  from: string;
  to: string;
  start: number;
  end: number;
}

/** Codes that lost their leading zeros, as spreadsheets do to numbers: digits alone, fewer than six. */
export function shortCodes(text: string): ShortCode[] {
  const [head, ...rows] = rowsOf(text.replace(/^\uFEFF/, ' '));
  const column = head?.cells.findIndex((c) => c.value.toLowerCase() === 'code') ?? -1;
  if (column < 0) return [];
  return rows.flatMap((row) => {
    const cell = row.cells[column];
    if (!cell || !/^\d{1,5}$/.test(cell.value)) return [];
    return [{ line: row.line, from: cell.value, to: cell.value.padStart(6, '0'), start: cell.start, end: cell.end }];
  });
}

/** The text with those codes filled up, everything else as it was. */
export function padCodes(text: string, codes: readonly ShortCode[]): string {
  let out = '';
  let at = 0;
  for (const code of codes) {
    out += text.slice(at, code.start) + code.to;
    at = code.end;
  }
  return out + text.slice(at);
}

export type Result = 'added' | 'changed' | 'unchanged' | 'refused';

export interface ResultRow {
  line: number;
  result: Result;
  before: TrackedItem | null;
  after: TrackedItem | null;
  /** Why a line was refused. */
  why: string;
}

/** What every line comes to, by line. */
export function resultRows(answer: ImportAnswer): ResultRow[] {
  const taken = answer.lines.map((l): ResultRow => ({ line: l.line, result: l.result, before: l.before, after: l.after, why: '' }));
  const refused = answer.refused.map((l): ResultRow => ({ line: l.line, result: 'refused', before: null, after: null, why: l.why }));
  return [...taken, ...refused].sort((a, b) => a.line - b.line);
}

export type StockField = 'name' | 'aliases' | 'priority' | 'active';
export const stockFields: readonly StockField[] = ['name', 'aliases', 'priority', 'active'];

/** Fields that differ between two states of a stock. Aliases are a set. */
export function changedFields(before: TrackedItem, after: TrackedItem): StockField[] {
  const text = (s: TrackedItem, f: StockField) => (f === 'aliases' ? JSON.stringify([...s.aliases].sort()) : String(s[f]));
  return stockFields.filter((f) => text(before, f) !== text(after, f));
}

/** Names separated by commas, bars or lines, each once. */
export function aliasesOf(text: string): string[] {
  return [...new Set(text.split(/[,|\n]/).map((a) => a.trim()))].filter(Boolean);
}

/** Whether a stock is meant by what was typed: a part of a name, an alias or the code, spaces and case aside. */
export function matchesStock(s: TrackedItem, q: string): boolean {
  const plain = (text: string) => text.normalize('NFC').toLowerCase().replace(/\s+/g, '');
  const wanted = plain(q);
  return wanted === '' || [s.code, s.name, ...s.aliases].some((text) => plain(text).includes(wanted));
}
