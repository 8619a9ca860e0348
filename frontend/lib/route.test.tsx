import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { idOf, segmentOf, withSegment } from './route';

let path = '/stocks/_';
vi.mock('next/navigation', () => ({ usePathname: () => path }));

describe('the value in an address', () => {
  it('is read from the path, decoded', () => {
    expect(segmentOf('/stocks/005930', 1)).toBe('005930');
    expect(segmentOf('/ops/failures/a%2Fb', 2)).toBe('a/b');
    expect(segmentOf('/ops/failures/%E0%A4', 2)).toBe('%E0%A4');
  });

  it('is none while the page is the placeholder', () => {
    expect(segmentOf('/stocks/_', 1)).toBeNull();
    expect(segmentOf('/stocks', 1)).toBeNull();
  });

  it('is an id only when it is one', () => {
    expect(idOf('42')).toBe(42);
    for (const bad of ['0', '-1', '1.5', '1e3', 'x', '']) expect(idOf(bad)).toBeNull();
  });
});

describe('withSegment', () => {
  const Page = withSegment(1, function View({ segment }) {
    const [count, setCount] = useState(0);
    return <button onClick={() => setCount(count + 1)}>{`${segment} ${count}`}</button>;
  });

  it('shows nothing for the placeholder, and begins anew with each value', async () => {
    path = '/stocks/_';
    const { rerender, container } = render(<Page />);
    expect(container.textContent).toBe('');
    path = '/stocks/005930';
    rerender(<Page />);
    await userEvent.click(screen.getByRole('button'));
    expect(screen.getByRole('button').textContent).toBe('005930 1');
    path = '/stocks/000660';
    rerender(<Page />);
    expect(screen.getByRole('button').textContent).toBe('000660 0');
  });
});
