import { describe, expect, it } from 'vitest';
import type { CompanyItem, NewsItem, Prediction, SimilarItem, Telling } from '@/lib/api';
import { followedBy, marked, methodOf, outsideOf, statements, timeline } from './article';

const company = (start: number, end: number, text: string, change: Partial<CompanyItem> = {}): CompanyItem => ({
  code: '990020', name: '하늬반도체', field: 'title', start, end, text, ...change,
});

describe('a matched name', () => {
  it('is marked where it stands, behind characters of any width', () => {
    expect(marked('📈 하늬반도체, 반등', 'title', [company(2, 7, '하늬반도체')])).toEqual([
      { text: '📈 ', marked: false },
      { text: '하늬반도체', marked: true },
      { text: ', 반등', marked: false },
    ]);
  });

  it('is left alone where the text says something else, stands elsewhere, or overlaps', () => {
    const plain = [{ text: '하늬 소식', marked: false }];
    expect(marked('하늬 소식', 'title', [company(0, 5, '하늬반도체')])).toEqual(plain);
    expect(marked('하늬 소식', 'title', [company(0, 2, '하늬', { field: 'summary' })])).toEqual(plain);
    expect(marked('하늬 소식', 'title', [company(0, 4, '하늬 소'), company(3, 5, '소식')]).filter((p) => p.marked)).toEqual([{ text: '하늬 소', marked: true }]);
    expect(marked('', 'title', [])).toEqual([]);
  });

  it('says by what it was found', () => {
    expect([company(0, 5, '하늬반도체'), company(0, 2, '하늬'), company(0, 6, '990020'), company(0, 0, '', { field: 'filer' })].map(methodOf)).toEqual(['name', 'alias', 'code', 'filer']);
  });
});

describe('a source', () => {
  it('is linked only by http', () => {
    expect(outsideOf('https://a.invalid/1')).toBe('https://a.invalid/1');
    expect(outsideOf('javascript:alert(1)')).toBeNull();
    expect(outsideOf('data:text/html,x')).toBeNull();
    expect(outsideOf('')).toBeNull();
  });
});

describe('a story', () => {
  const telling = (id: number, available_at: string): Telling => ({ id, available_at, title: `t${id}`, source: 'wire', press: '', url: '', cosine: 0.9 });
  const echo = (id: number, available_at: string) => ({ id, available_at, title: `e${id}`, source: 'wire', press: '신문', url: '' }) as NewsItem;

  it('is told in order, echoes among its articles', () => {
    const moments = timeline([telling(1, '2026-11-23T10:00:00+09:00'), telling(3, '2026-11-23T01:05:00Z')], [echo(2, '2026-11-23T10:02:00+09:00')]);
    expect(moments.map((m) => [m.id, m.after, m.cosine, m.press])).toEqual([[1, 0, 0.9, 'wire'], [2, 120, null, '신문'], [3, 300, 0.9, 'wire']]);
    expect(timeline([], [])).toEqual([]);
  });
});

describe('similar news', () => {
  it('show every move by horizon, and none that is not known', () => {
    const similar = (article_id: number, moves: [number, number | null][]): SimilarItem => ({
      article_id, story_id: article_id, title: '', available_at: null, cosine: 0.7, stock: { code: '990020', name: '' },
      moves: moves.map(([horizon, excess_pct]) => ({ horizon, excess_pct, known_at: '', target_day: null, weight: 1 })),
    });
    const followed = followedBy([similar(1, [[3, -2], [1, 1]]), similar(2, [[1, -4], [3, null]])]);
    expect(followed.map((f) => [f.horizon, f.moves.map((m) => m.excess)])).toEqual([[1, [1, -4]], [3, [-2]]]);
  });
});

describe('predictions of a story', () => {
  it('are one line per stock and model, the champion first, the newest generation of each', () => {
    const said = (id: number, model: number, role: Prediction['model']['role'], horizon: number, generation: number) =>
      ({ id, stock: { code: '990020', name: '' }, model: { id: model, role, name: '', kind: '', version: '' }, horizon, generation }) as Prediction;
    const lines = statements([said(1, 2, 'challenger', 1, 1), said(2, 1, 'champion', 1, 1), said(4, 1, 'champion', 3, 2), said(3, 1, 'champion', 3, 1)]);
    expect(lines.map((l) => [l.prediction.model.id, [...l.byHorizon].map(([h, p]) => [h, p.id])])).toEqual([
      [1, [[1, 2], [3, 4]]],
      [2, [[1, 1]]],
    ]);
  });
});
