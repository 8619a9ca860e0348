import { act, render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { makeLit, stepTo, useIsLit, type Lit } from './lit';

const drawn: string[] = [];

function Row({ lit, name }: { lit: Lit; name: string }) {
  drawn.push(name);
  return <p data-testid={name}>{useIsLit(lit, name) ? 'lit' : ''}</p>;
}

it('what is pointed at lights up, and only who changes is drawn anew', () => {
  const lit = makeLit();
  render(
    <>
      <Row lit={lit} name="a" />
      <Row lit={lit} name="b" />
      <Row lit={lit} name="c" />
    </>,
  );
  drawn.length = 0;
  act(() => lit.set('a'));
  act(() => lit.set('a'));
  expect([screen.getByTestId('a').textContent, drawn]).toEqual(['lit', ['a']]);
  act(() => lit.set('b'));
  expect(drawn).toEqual(['a', 'a', 'b']);
  act(() => lit.set(''));
  expect([screen.getByTestId('b').textContent, drawn.length]).toEqual(['', 4]);
});

describe('keys', () => {
  const stops = ['2026-11-20', '2026-11-23', '2026-11-24'];
  it.each([
    ['', 'ArrowLeft', '2026-11-24'],
    ['', 'ArrowRight', '2026-11-24'],
    ['2026-11-24', 'ArrowLeft', '2026-11-23'],
    ['2026-11-24', 'ArrowRight', '2026-11-24'],
    ['2026-11-20', 'ArrowLeft', '2026-11-20'],
    ['2026-11-20', 'ArrowUp', '2026-11-23'],
    ['2026-11-21', 'ArrowDown', '2026-11-24'], // nothing stands there
    ['2026-11-23', 'Home', '2026-11-20'],
    ['2026-11-23', 'End', '2026-11-24'],
    ['2026-11-23', 'Tab', null],
  ])('from %s by %s to %s', (from, key, to) => expect(stepTo(stops, from, key)).toBe(to));
  it('lead nowhere where there is nothing', () => expect(stepTo([], '', 'End')).toBeNull());
});
