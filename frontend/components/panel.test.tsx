import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { ApiError, type Problem } from '@/lib/api';
import type { Asked } from '@/lib/query';
import { Panel } from './panel';

const asked = (over: Partial<Asked<string[]>>): Asked<string[]> => ({
  data: undefined, error: null, isPending: false, isFetching: false, dataUpdatedAt: 0, refetch: () => undefined, ...over,
});
const refused = (over: Partial<Problem>) =>
  new ApiError({ type: 'about:blank', title: '', status: 500, detail: 'internal error', field: '', request_id: 'req-7', ...over }, null);
const show = (query: Asked<string[]>, props: Partial<Parameters<typeof Panel<string[]>>[0]> = {}) =>
  render(
    <Panel title="종목" query={query} empty={(d) => (d.length > 0 ? null : { because: '종목이 없습니다.', next: { href: '/x', label: '추가' } })} {...props}>
      {(d) => <p>{d.join(' ')}</p>}
    </Panel>,
  );

describe('Panel', () => {
  it('says that it is loading, and nothing of emptiness', () => {
    show(asked({ isPending: true, isFetching: true }));
    expect(screen.getByRole('region', { name: '종목' }).getAttribute('aria-busy')).toBe('true');
    expect(screen.getByRole('status').textContent).toBe('불러오는 중');
    expect(screen.queryByText('종목이 없습니다.')).toBeNull();
  });

  it('says why it is empty and what to do', () => {
    show(asked({ data: [] }));
    expect(screen.getByText('종목이 없습니다.')).toBeTruthy();
    expect(screen.getByRole('link', { name: '추가' }).getAttribute('href')).toBe('/x');
  });

  it('says how many of how many are collected, beside what there is', () => {
    show(asked({ data: ['a'] }), { collecting: () => ({ have: 84, needed: 200, note: '약 12거래일 남음' }) });
    expect(screen.getByText('수집 중 · 200 중 84')).toBeTruthy();
    expect(screen.getByRole<HTMLProgressElement>('progressbar').value).toBe(84);
    expect(screen.getByText('a')).toBeTruthy();
  });

  it('says what failed, with the reference, and tries again', async () => {
    const refetch = vi.fn();
    show(asked({ error: refused({}), refetch }));
    expect(screen.getByRole('alert').textContent).toContain('문의 번호 req-7');
    await userEvent.click(screen.getByRole('button', { name: '다시 시도' }));
    expect(refetch).toHaveBeenCalledOnce();
  });

  it('keeps what it had when a later look fails, with its age', () => {
    show(asked({ data: ['a'], error: refused({}), dataUpdatedAt: Date.now() - 180_000 }));
    expect(screen.getByText('a')).toBeTruthy();
    expect(screen.getByRole('status').textContent).toContain('3분 전에 받은 자료입니다.');
  });

  it('says that data is refused, without a way to try again', () => {
    show(asked({ error: refused({ status: 403, detail: 'not yours' }) }));
    expect(screen.getByRole('alert').textContent).toContain('이 자료를 볼 권한이 없습니다.');
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('shows text from outside as text', () => {
    show(asked({ data: ['<img src=x onerror=alert(1)>'] }));
    expect(document.querySelector('img')).toBeNull();
  });
});
