import { describe, expect, it } from 'vitest';
import {
  formatClock,
  formatDay,
  formatDecimal,
  formatDuration,
  formatExact,
  formatKrw,
  formatNumber,
  formatPercent,
  formatPoints,
  formatPrice,
  formatProbability,
  formatRelative,
} from './format';

describe('money', () => {
  it.each([
    [0, '0원'],
    [72_300, '72,300원'],
    [-72_300, '−72,300원'],
    [99_999, '99,999원'],
    [34_500_000, '3,450만'],
    [99_995_000, '1억'],
    [345_670_000, '3억 4,567만'],
    [12_345_000_000, '123억'],
    [999_999_000_000, '1조'],
    [1_234_500_000_000, '1조 2,345억'],
    [123_456_000_000_000, '123조'],
    [-1_234_500_000_000, '−1조 2,345억'],
  ])('%d won is %s', (won, text) => expect(formatKrw(won, 'ko')).toBe(text));

  it('is compact in English', () => {
    expect(formatKrw(1_234_500_000_000, 'en')).toBe('₩1.23T');
    expect(formatKrw(-34_500_000, 'en')).toBe('−₩34.5M');
  });

  it('names prices in full', () => {
    expect(formatPrice(72_300, 'ko')).toBe('72,300원');
    expect(formatPrice(-72_300, 'en')).toBe('−₩72,300');
    expect(formatPrice(null, 'ko')).toBe('–');
  });
});

describe('shares and returns', () => {
  it('signs returns with two decimals, and nothing that rounds to zero', () => {
    expect(formatPercent(1.234)).toBe('+1.23%');
    expect(formatPercent(-0.53286)).toBe('−0.53%');
    expect(formatPercent(-0.001)).toBe('0.00%');
    expect(formatPercent(Number.NaN)).toBe('–');
  });

  it('gives probabilities as whole percents and differences as points', () => {
    expect(formatProbability(0.5762)).toBe('58%');
    expect(formatPoints(0.06, 'ko')).toBe('+6%p');
    expect(formatPoints(-0.154, 'en')).toBe('−15 pp');
    expect(formatPoints(0.001, 'ko')).toBe('0%p');
    expect(formatDecimal(-0.034, 3)).toBe('−0.034');
  });
});

describe('time, with the machine in UTC', () => {
  it('is told in KST', () => {
    expect(new Date(0).getTimezoneOffset()).toBe(0);
    expect(formatClock('2026-11-26T06:30:00Z')).toBe('15:30');
    expect(formatExact('2026-11-26T15:30:00Z', 'ko')).toBe('2026. 11. 27.(금) 00:30:00 KST');
    expect(formatExact('2026-11-26T06:30:00Z', 'en')).toBe('Thu, Nov 26, 2026, 15:30:00 KST');
  });

  it('names trading days with their weekday', () => {
    expect(formatDay('2026-11-26', 'ko')).toBe('11/26(목)');
    expect(formatDay('2026-11-26', 'en')).toBe('Thu 11/26');
    expect(formatDay(null, 'ko')).toBe('–');
  });

  it('tells how long ago', () => {
    const now = Date.parse('2026-11-26T06:30:00Z');
    expect(formatRelative('2026-11-26T06:29:48Z', now, 'ko')).toBe('12초 전');
    expect(formatRelative('2026-11-26T04:31:00Z', now, 'en')).toBe('1 hour ago');
    expect(formatRelative('2026-11-26T09:30:00Z', now, 'ko')).toBe('3시간 후');
    expect(formatRelative('2026-09-01T00:00:00Z', now, 'ko')).toBe('2026. 9. 1.');
    expect(formatRelative('2026-11-26T06:30:00Z', now, 'en')).toBe('0 seconds ago');
    expect(formatRelative('nonsense', now, 'ko')).toBe('–');
  });

  it('tells lengths in their two largest units', () => {
    expect(formatDuration(4320, 'ko')).toBe('1시간 12분');
    expect(formatDuration(185, 'en')).toBe('3 min 5 s');
    expect(formatDuration(3600, 'ko')).toBe('1시간');
    expect(formatDuration(0, 'ko')).toBe('0초');
    expect(formatDuration(0.25, 'en')).toBe('250 ms');
  });
});

// The browser's own formatters are slow to make, and know what is right.
describe('beside Intl', () => {
  const zone = { timeZone: 'Asia/Seoul', hourCycle: 'h23' } as const;
  const instants = Array.from({ length: 400 }, (_, i) => new Date(Date.UTC(2024, 0, 1) + i * 86_400_000 * 2.37));

  it.each(['ko', 'en'] as const)('says the same of instants in %s', (locale) => {
    const tag = locale === 'ko' ? 'ko-KR' : 'en-US';
    const date = new Intl.DateTimeFormat(tag, { ...zone, year: 'numeric', month: locale === 'ko' ? 'numeric' : 'short', day: 'numeric' });
    const weekday = new Intl.DateTimeFormat(tag, { ...zone, weekday: 'short' });
    const time = new Intl.DateTimeFormat(tag, { ...zone, hour: '2-digit', minute: '2-digit', second: '2-digit' });
    for (const at of instants) {
      const [d, w, t] = [date.format(at), weekday.format(at), time.format(at)];
      expect(formatExact(at.toISOString(), locale)).toBe(locale === 'ko' ? `${d}(${w}) ${t} KST` : `${w}, ${d}, ${t} KST`);
    }
  });

  it.each(['ko', 'en'] as const)('says the same of distances in %s', (locale) => {
    const relative = new Intl.RelativeTimeFormat(locale === 'ko' ? 'ko-KR' : 'en-US', { numeric: 'always' });
    const now = Date.UTC(2026, 10, 26);
    for (const [seconds, n, unit] of [[-1, -1, 'second'], [30, 30, 'second'], [-61, -1, 'minute'], [7200, 2, 'hour'], [-86_400 * 3, -3, 'day'], [86_400, 1, 'day']] as const) {
      expect(formatRelative(new Date(now + seconds * 1000).toISOString(), now, locale)).toBe(relative.format(n, unit));
    }
  });

  it('says the same of numbers', () => {
    const whole = new Intl.NumberFormat('ko-KR', { maximumFractionDigits: 0 });
    const fine = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
    const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
    for (let n = 1; n < 1e15; n = Math.round(n * 3.7)) {
      for (const signed of [n, -n]) expect(formatNumber(signed, 0)).toBe(whole.format(signed).replace('-', '−'));
      expect(formatNumber(n / 64, 2)).toBe(fine.format(Number((n / 64).toFixed(2))));
      expect(formatKrw(n, 'en')).toBe(`₩${compact.format(n)}`);
    }
    expect(formatKrw(999_999, 'en')).toBe('₩1M');
    expect(formatNumber(-0.4, 0)).toBe('0');
  });
});
