import { describe, expect, it } from 'vitest';
import type { Signal, StockItem } from '@/lib/api';
import { toggled } from '@/lib/watch';
import { narrowed, sorted, sortOf } from './order';

const stock = (code: string, change: Partial<StockItem> = {}): StockItem => ({
  code, name: code, active: true, aliases: [], change_pct: null, last_close: null, last_day: null, market: 'KOSPI', news_24h: 0, predictions_24h: 0, priority: 1, signals: [], ...change,
});
const signal = (probability: number | null): Signal => ({
  as_of: '', base_rate: 0.5, code: '', direction: 1, horizon: 1, late: false, neighbours: 1, prediction_id: 1, probability, story_id: 1,
});
const codes = (list: StockItem[]) => list.map((s) => s.code);

describe('stocks', () => {
  it('are ordered by what is known, the unknown last in both directions', () => {
    const list = [stock('3', { change_pct: -2 }), stock('2'), stock('1', { change_pct: 4 }), stock('4', { change_pct: 4 })];
    expect(codes(sorted(list, 'change'))).toEqual(['1', '4', '3', '2']);
    expect(codes(sorted(list, 'fall'))).toEqual(['3', '1', '4', '2']);
    expect(codes(sorted(list, 'code'))).toEqual(['1', '2', '3', '4']);
  });

  it('are ordered by how far a prediction is from usual, on either side', () => {
    const list = [stock('1', { signals: [signal(0.55)] }), stock('2', { signals: [signal(0.3), signal(0.51)] }), stock('3'), stock('4', { signals: [signal(null)] })];
    expect(codes(sorted(list, 'gap'))).toEqual(['2', '1', '3', '4']);
  });

  it('are narrowed to a market, to the watchlist, or to news', () => {
    const list = [stock('1', { news_24h: 2 }), stock('2', { market: 'KOSDAQ' }), stock('3')];
    const watched = new Set(['2', '3']);
    expect(codes(narrowed(list, { market: 'KOSPI', only: 'watched', watched }))).toEqual(['3']);
    expect(codes(narrowed(list, { market: '', only: 'news', watched }))).toEqual(['1']);
    expect(codes(narrowed(list, { market: '', only: 'nonsense', watched }))).toEqual(['1', '2', '3']);
  });

  it('keep their order where an address names one that there is not', () => {
    expect([sortOf('news'), sortOf('price'), sortOf('')]).toEqual(['news', 'code', 'code']);
  });
});

describe('a watchlist', () => {
  it('holds each stock once, new ones at its end', () => {
    expect(toggled(['1', '2'], '3', true)).toEqual(['1', '2', '3']);
    expect(toggled(['1', '2'], '1', true)).toEqual(['1', '2']);
    expect(toggled(['1', '2'], '1', false)).toEqual(['2']);
    expect(toggled(['1'], '9', false)).toEqual(['1']);
  });
});
