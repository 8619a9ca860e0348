import { render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Asked } from '@/lib/query';
import { Page } from './page';

const asked = (over: Partial<Asked<string>>): Asked<string> => ({
  data: undefined, error: null, isPending: false, isFetching: false, dataUpdatedAt: 0, refetch: () => undefined, ...over,
});
const show = (query: Asked<string>) =>
  render(
    <Page title="통계" waits={query}>
      <p>하나</p>
      <p>둘</p>
    </Page>,
  );

describe('Page', () => {
  it('has one placeholder for all panels until there is an answer', () => {
    show(asked({ isPending: true, isFetching: true }));
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('통계');
    expect(screen.getAllByRole('status')).toHaveLength(1);
    expect(screen.queryByText('하나')).toBeNull();
  });

  it('shows the panels when it has come, and when it has failed', () => {
    show(asked({ data: 'x' })).unmount();
    expect(screen.queryByText('둘')).toBeNull();
    show(asked({ data: 'x' }));
    expect(screen.getByText('둘')).toBeTruthy();
    expect(screen.queryByRole('status')).toBeNull();
  });

  it('lets each panel say what failed', () => {
    show(asked({ error: new Error('away') }));
    expect(screen.getByText('하나')).toBeTruthy();
  });
});
