import { render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AbPoint, AbTestAnswer } from '@/lib/api';
import { QueryProvider, type Asked } from '@/lib/query';
import { VerdictPanel } from './verdict';

const base: AbTestAnswer = {
  id: 1, name: 't', a: { id: 1, name: 'one', kind: 'analogue', version: '1', role: 'champion' }, b: { id: 2, name: 'two', kind: 'llm', version: '1', role: 'challenger' },
  metric: 'brier', horizon: 1, codes: [], starts_on: '2026-11-24', comparisons: 1, threshold: 40, min_days: 40, min_stock_days: 500, max_days: 250, created_by: 1,
  created_at: '2026-11-23T10:00:00+09:00', verdict: 'collecting', ended_at: null, stopped_by: null, reason: '', ever_tried: 3, days: 0, stock_days: 0, evidence: [],
};
const point = (day: string, stock_days: number, for_b: number): AbPoint => ({ day, stock_days, for_a: 0.5, for_b, mean: -0.002, low: -0.01, high: 0.006 });
const asked = (data: AbTestAnswer): Asked<AbTestAnswer> => ({ data, error: null, isPending: false, isFetching: false, dataUpdatedAt: 1, refetch: () => undefined });
const show = (over: Partial<AbTestAnswer>) =>
  render(
    <QueryProvider>
      <VerdictPanel query={asked({ ...base, ...over })} />
    </QueryProvider>,
  );
const reasons = () => screen.getAllByRole('listitem').map((li) => li.textContent ?? '');

describe('the banner', () => {
  beforeEach(() => {
    vi.stubGlobal('fetch', () => new Promise(() => undefined));
  });
  afterEach(() => vi.unstubAllGlobals());

  it('collects: how much is lacking, and no word of a leader though the threshold was reached', () => {
    show({ days: 12, stock_days: 200, evidence: [point('2026-11-24', 100, 45), point('2026-11-25', 200, 9)] });
    expect(screen.getByText('수집 중')).toBeTruthy();
    expect(screen.getByText('수집 중 · 40 중 12')).toBeTruthy();
    expect(reasons().some((r) => r.includes('11/24(화)') && r.includes('판정을 미룹니다'))).toBe(true);
    expect(document.body.textContent).not.toMatch(/증거 충분/);
  });

  it('says that not knowing is not being equal', () => {
    show({ verdict: 'undecided', days: 41, stock_days: 600, evidence: [point('2026-11-24', 600, 3)] });
    expect(screen.getByText('아직 모름 (증거 부족)')).toBeTruthy();
    expect(screen.getByText(/같다는 뜻은 아닙니다/)).toBeTruthy();
    expect(reasons()).toContain('어느 쪽 증거도 기준에 이른 적이 없습니다.');
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  it('has a winner with the day on which it was shown', () => {
    show({ verdict: 'b_better', ended_at: '2026-12-24T16:10:00+09:00', days: 41, stock_days: 600, evidence: [point('2026-11-24', 600, 41)] });
    expect(screen.getByText('B가 더 낫다는 증거 충분')).toBeTruthy();
    expect(reasons().some((r) => r.includes('11/24(화)') && r.includes('처음 기준에'))).toBe(true);
  });

  it('is void while a model of it is retired', () => {
    show({ b: { ...base.b, role: 'retired' } });
    expect(screen.getByText('무효 (상태 점검 실패)')).toBeTruthy();
  });

  it('names who stopped it and why, as text', () => {
    show({ verdict: 'stopped', ended_at: '2026-12-24T16:10:00+09:00', stopped_by: 7, reason: '<b>잘못 등록</b>' });
    expect(reasons()[0]).toContain('사용자 7번');
    expect(reasons()[1]).toBe('중단 이유: <b>잘못 등록</b>');
  });
});
