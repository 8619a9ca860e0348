import { describe, expect, it } from 'vitest';
import type { TrackedItem } from '@/lib/api';
import { aliasesOf, changedFields, decode, matchesStock, padCodes, resultRows, rowsOf, shortCodes } from './csv';

const bytes = (...values: number[]) => new Uint8Array(values);
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('the encoding of a file', () => {
  it('is told by its bytes', () => {
    expect(decode(utf8('code,name\n005930,삼성전자'))).toEqual({ text: 'code,name\n005930,삼성전자', encoding: 'utf-8' });
    expect(decode(bytes(0xef, 0xbb, 0xbf, 0x61))).toEqual({ text: 'a', encoding: 'utf-8-bom' });
    expect(decode(bytes(0xbb, 0xef, 0xbc, 0xba))).toEqual({ text: '삼성', encoding: 'cp949' });
    expect(decode(bytes(0xff, 0xfe, 0x61, 0x00))).toEqual({ text: 'a', encoding: 'utf-16' });
  });

  it('is refused rather than guessed', () => {
    expect(decode(bytes(0x61, 0xff, 0xff))).toBeNull();
  });
});

describe('rows', () => {
  it('are split at commas outside of quotes, and know the line that they begin on', () => {
    const rows = rowsOf('code,name\r\n005930,"새, ""벽""\n전자"\n\n000660, "SK하이닉스" \n');
    expect(rows.map((r) => [r.line, ...r.cells.map((c) => c.value)])).toEqual([
      [1, 'code', 'name'],
      [2, '005930', '새, "벽"\n전자'],
      [5, '000660', 'SK하이닉스'],
    ]);
  });

  it('end with the text, a quote that is never closed too', () => {
    expect(rowsOf('a,b').map((r) => r.cells.map((c) => c.value))).toEqual([['a', 'b']]);
    expect(rowsOf('a,"b\nc').map((r) => r.cells.map((c) => c.value))).toEqual([['a', 'b\nc']]);
    expect(rowsOf('')).toEqual([]);
  });
});

describe('codes that lost their zeros', () => {
  const text = '\uFEFFname,Code,priority\n삼성전자,5930,1\n동화약품,"20",2\n하이닉스,000660,1\n신주,0001A0,1\nx,,1\n';

  it('are found by the head, with line and both spellings', () => {
    expect(shortCodes(text).map((c) => [c.line, c.from, c.to])).toEqual([[2, '5930', '005930'], [3, '20', '000020']]);
    expect(shortCodes('5930,삼성전자')).toEqual([]);
  });

  it('are filled up in their place, nothing else is touched', () => {
    expect(padCodes(text, shortCodes(text))).toBe(text.replace('5930', '005930').replace('"20"', '000020'));
    expect(padCodes(text, [])).toBe(text);
  });
});

describe('the dry run', () => {
  const stock = (over: Partial<TrackedItem>): TrackedItem => ({ code: '005930', name: '삼성전자', aliases: ['삼전', 'Samsung'], priority: 1, active: true, ...over });

  it('has every line in its order, refused ones among them', () => {
    const rows = resultRows({
      dry_run: true, added: 1, changed: 0, unchanged: 1, refused_total: 1, refused: [{ line: 3, why: 'code' }],
      lines: [{ line: 2, result: 'added', before: null, after: stock({}) }, { line: 4, result: 'unchanged', before: stock({}), after: stock({}) }],
    });
    expect(rows.map((r) => [r.line, r.result])).toEqual([[2, 'added'], [3, 'refused'], [4, 'unchanged']]);
  });

  it('says which fields change; the order of aliases is none of them', () => {
    expect(changedFields(stock({}), stock({ aliases: ['Samsung', '삼전'] }))).toEqual([]);
    expect(changedFields(stock({}), stock({ aliases: [], active: false, name: '삼성' }))).toEqual(['name', 'aliases', 'active']);
  });

  it('finds a stock by any of its names', () => {
    expect(matchesStock(stock({}), ' 삼 전 ')).toBe(true);
    expect(matchesStock(stock({}), 'SAMS')).toBe(true);
    expect(matchesStock(stock({}), '5930')).toBe(true);
    expect(matchesStock(stock({}), 'LG')).toBe(false);
    expect(aliasesOf('삼전, Samsung|삼전\n ')).toEqual(['삼전', 'Samsung']);
  });
});
