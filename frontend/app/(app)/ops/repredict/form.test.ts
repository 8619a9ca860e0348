import { describe, expect, it } from 'vitest';
import { instantOf, orderOf, type Typed } from './form';

const typed = (change: Partial<Typed>): Typed => ({ codes: '', from: '', to: '', ids: '', models: [], ...change });

describe('an order', () => {
  it('is made of what is typed, in Seoul time', () => {
    expect(orderOf(typed({ codes: '005930, 000660\n0001a0', from: '2026-11-23T10:00', to: '2026-11-24T00:00:30', models: [3, 1] }))).toEqual({
      order: { filter: { codes: ['005930', '000660', '0001A0'], from: '2026-11-23T01:00:00.000Z', to: '2026-11-23T15:00:30.000Z' }, model_ids: [1, 3] },
    });
  });

  it('names each thing once, and leaves out what is empty', () => {
    expect(orderOf(typed({ codes: '005930 005930' }))).toEqual({ order: { filter: { codes: ['005930'] } } });
    expect(orderOf(typed({ ids: '7;8 7' }))).toEqual({ order: { ids: [7, 8] } });
  });

  it('needs something that narrows it down', () => {
    expect(orderOf(typed({ models: [1] }))).toEqual({ wrong: { field: 'filter' } });
    expect(orderOf(typed({ codes: ' , ' }))).toEqual({ wrong: { field: 'filter' } });
  });

  it('says which parts are no codes, no numbers', () => {
    expect(orderOf(typed({ codes: '005930 5930 삼성전자' }))).toEqual({ wrong: { field: 'filter.codes', parts: ['5930', '삼성전자'] } });
    expect(orderOf(typed({ ids: '0 -3 x 12' }))).toEqual({ wrong: { field: 'ids', parts: ['0', '-3', 'x'] } });
  });

  it('begins before it ends', () => {
    expect(orderOf(typed({ from: '2026-11-23T10:00', to: '2026-11-23T10:00' }))).toEqual({ wrong: { field: 'filter.from' } });
  });
});

it.each([
  ['2026-11-23T00:00', '2026-11-22T15:00:00.000Z'],
  ['2026-13-01T00:00', undefined],
  ['soon', undefined],
  ['', undefined],
])('%s in Seoul is %s', (text, instant) => expect(instantOf(text)).toBe(instant));
