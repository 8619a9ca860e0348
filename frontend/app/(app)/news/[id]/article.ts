// What can be worked out of an article, apart from how it is shown.
import type { ArticleAnswer, CompanyItem, NewsItem, Prediction, SimilarItem, Telling } from '@/lib/api';

export interface Piece {
  text: string;
  /** It is why a stock was matched. */
  marked: boolean;
}

/**
 * A text in pieces, names of companies marked. Places are counted in characters as the API counts them, not in UTF-16 units;
 * one where the text says something else is left unmarked.
 */
export function marked(text: string, field: CompanyItem['field'], companies: readonly CompanyItem[]): Piece[] {
  const characters = Array.from(text);
  const spans = companies
    .filter((c) => c.field === field && c.start < c.end && characters.slice(c.start, c.end).join('') === c.text)
    .sort((a, b) => a.start - b.start);
  const pieces: Piece[] = [];
  let at = 0;
  for (const { start, end } of spans) {
    if (start < at) continue;
    if (start > at) pieces.push({ text: characters.slice(at, start).join(''), marked: false });
    pieces.push({ text: characters.slice(start, end).join(''), marked: true });
    at = end;
  }
  if (at < characters.length) pieces.push({ text: characters.slice(at).join(''), marked: false });
  return pieces;
}

export type Method = 'name' | 'alias' | 'code' | 'filer';

/** By what a company was found. */
export function methodOf(c: CompanyItem): Method {
  if (c.field === 'filer') return 'filer';
  if (c.text === c.code) return 'code';
  return c.text === c.name ? 'name' : 'alias';
}

/** A link to the outside, where it is one: nothing but http and https is followed. */
export function outsideOf(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, href } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? href : null;
}

export interface Moment {
  id: number;
  title: string;
  press: string;
  url: string;
  at: string;
  /** Seconds after the story's first article. */
  after: number;
  /** To the first article; null for an echo, which is a story of its own. */
  cosine: number | null;
}

/** A story's articles and echoes in the order in which they came. */
export function timeline(tellings: readonly Telling[], echoes: readonly NewsItem[]): Moment[] {
  const all = [
    ...tellings.map((t) => ({ id: t.id, title: t.title, press: t.press || t.source, url: t.url, at: t.available_at, cosine: t.cosine ?? 0 })),
    ...echoes.map((e) => ({ id: e.id, title: e.title, press: e.press || e.source, url: e.url, at: e.available_at, cosine: null })),
  ].sort((a, b) => new Date(a.at).getTime() - new Date(b.at).getTime() || a.id - b.id);
  const first = new Date(all[0]?.at ?? 0).getTime();
  return all.map((m) => ({ ...m, after: (new Date(m.at).getTime() - first) / 1000 }));
}

export interface Followed {
  horizon: number;
  moves: { excess: number; item: SimilarItem }[];
}

/** What followed the similar news, by horizon: every known move, the losers as well. */
export function followedBy(similar: readonly SimilarItem[]): Followed[] {
  const horizons = [...new Set(similar.flatMap((s) => s.moves.map((m) => m.horizon)))].sort((a, b) => a - b);
  return horizons.map((horizon) => ({
    horizon,
    moves: similar.flatMap((item) => item.moves.filter((m) => m.horizon === horizon && m.excess_pct !== null).map((m) => ({ excess: m.excess_pct ?? 0, item }))),
  }));
}

/** What happened after this story, by horizon, as its champion's predictions of a stock tell it. */
export function outcomeOf(article: ArticleAnswer, horizon: number): number | null {
  const stocks = new Set(article.signals.map((s) => s.code));
  if (stocks.size !== 1) return null; // several stocks did several things
  const judged = article.predictions.find((p) => p.horizon === horizon && stocks.has(p.stock.code) && p.outcome !== null && p.outcome.void === '');
  return judged?.outcome?.excess_pct ?? null;
}

export interface Statement {
  key: string;
  prediction: Prediction;
  byHorizon: Map<number, Prediction>;
}

/** Predictions as a table: a line per stock and model, a column per horizon, the newest generation of each. */
export function statements(predictions: readonly Prediction[]): Statement[] {
  const lines = new Map<string, Statement>();
  for (const p of predictions) {
    const key = `${p.stock.code} ${p.model.id}`;
    const line = lines.get(key) ?? { key, prediction: p, byHorizon: new Map<number, Prediction>() };
    const have = line.byHorizon.get(p.horizon);
    if (have === undefined || p.generation > have.generation) line.byHorizon.set(p.horizon, p);
    lines.set(key, line);
  }
  const weight = (p: Prediction) => ({ champion: 0, challenger: 1, retired: 2 })[p.model.role];
  return [...lines.values()].sort((a, b) => a.prediction.stock.code.localeCompare(b.prediction.stock.code) || weight(a.prediction) - weight(b.prediction) || a.prediction.model.id - b.prediction.model.id);
}
