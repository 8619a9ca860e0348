import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { describe, expect, it } from 'vitest';
import { FreshItems, MoreItems } from '@/components/list';
import { countFresh, mergeRows, useList } from './query';

interface Row {
  id: number;
  text: string;
}
const id = (r: Row) => r.id;
const row = (n: number, text = `row ${n}`): Row => ({ id: n, text });

describe('rows of a list', () => {
  it('change in place and keep their order', () => {
    expect(mergeRows([row(2), row(1)], [row(3), row(1, 'changed')], id)).toEqual([row(2), row(1, 'changed')]);
  });

  it('count those that came since, and not those below', () => {
    expect(countFresh([row(2), row(1)], [row(4), row(3), row(2)], id)).toBe(2);
    expect(countFresh([row(2), row(1)], [row(2), row(1), row(0)], id)).toBe(0);
    expect(countFresh([row(2)], [row(9), row(8)], id)).toBe(2);
    expect(countFresh([], [], id)).toBe(0);
  });
});

/** A list of the API, newest first, two a page. */
class Feed {
  rows = [row(4), row(3), row(2), row(1)];
  ask = (cursor: string | undefined) => {
    const from = cursor === undefined ? 0 : this.rows.findIndex((r) => String(r.id) === cursor) + 1;
    const items = this.rows.slice(from, from + 2);
    const last = items.at(-1);
    return Promise.resolve({ items, next_cursor: last && from + 2 < this.rows.length ? String(last.id) : null });
  };
}

function List({ feed }: { feed: Feed }) {
  const list = useList(['rows'], feed.ask, id, { every: 3600 });
  return (
    <>
      <FreshItems list={list} />
      <ol>{list.data?.map((r) => <li key={r.id}>{r.text}</li>)}</ol>
      <MoreItems list={list} shown={list.data?.length ?? 0} />
    </>
  );
}

function shown(): string[] {
  return screen.queryAllByRole('listitem').map((li) => li.textContent);
}

describe('useList', () => {
  it('reads page by page, holds its place, and shows new items when asked to', async () => {
    const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;
    const feed = new Feed();
    const user = userEvent.setup();
    render(<List feed={feed} />, { wrapper });
    await waitFor(() => expect(shown()).toEqual(['row 4', 'row 3']));
    await user.click(screen.getByRole('button', { name: '더 보기' }));
    await waitFor(() => expect(shown()).toEqual(['row 4', 'row 3', 'row 2', 'row 1']));
    expect(screen.getByText('목록의 끝입니다.')).toBeTruthy();

    feed.rows = [row(6), row(5), ...feed.rows];
    await act(() => client.refetchQueries({ queryKey: ['rows', 'head'] }));
    expect(shown()).toEqual(['row 4', 'row 3', 'row 2', 'row 1']);
    await user.click(await screen.findByRole('button', { name: '새 항목 2건' }));
    await waitFor(() => expect(shown()).toEqual(['row 6', 'row 5']));
    expect(screen.queryByRole('button', { name: /새 항목/ })).toBeNull();
  });
});
