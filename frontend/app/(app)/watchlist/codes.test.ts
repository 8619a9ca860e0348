import { describe, expect, it } from 'vitest';
import { moved, parseCodes, refusedCode, requestOf } from './codes';

describe('pasted codes', () => {
  it('are taken out of lists, lines and columns, each once', () => {
    expect(parseCodes('005930, 000660;035420\n005930\t0126Z0')).toEqual({ codes: ['005930', '000660', '035420', '0126Z0'], padded: [], refused: [] });
  });
  it('get the zeros back that a spreadsheet took', () => {
    expect(parseCodes('5930 660')).toEqual({ codes: ['005930'], padded: [{ from: '5930', to: '005930' }], refused: ['660'] });
  });
  it('may carry an A before them, in small letters, and quotes around them', () => {
    expect(parseCodes('a005930 "000660"').codes).toEqual(['005930', '000660']);
  });
  it('are told from what is none', () => {
    expect(parseCodes('삼성전자 <b> 1234567 005930 삼성전자')).toEqual({ codes: ['005930'], padded: [], refused: ['삼성전자', '<B>', '1234567'] });
    expect(parseCodes('  ')).toEqual({ codes: [], padded: [], refused: [] });
  });
});

it('finds the code that a refusal names', () => {
  expect(refusedCode('005930 is no stock that is known', ['000660', '005930'])).toBe('005930');
  expect(refusedCode('005930 is no stock that is known', ['000660'])).toBeNull();
  expect(refusedCode('', ['000660'])).toBeNull();
});

it('moves within a list', () => {
  expect(moved(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
  expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c']);
  expect(moved(['a', 'b', 'c'], 0, 99)).toEqual(['b', 'c', 'a']);
  expect(moved(['a'], 5, 1)).toEqual(['a']);
});

it('a list is saved with the switches of its stocks', () => {
  const stocks = [
    { code: '005930', name: 'A', alerts: false },
    { code: '000660', name: 'B', alerts: true },
  ];
  expect(requestOf({ all: true, stocks })).toEqual({ all: true, codes: ['005930', '000660'], silent: ['005930'] });
});
