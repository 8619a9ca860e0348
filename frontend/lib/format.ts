// Numbers and times as readers see them. Times are always KST, whatever the machine's zone.
import type { Locale } from './preferences';

export const zone = 'Asia/Seoul';
/** Stands for a value that is not known. */
export const unknownMark = '–';

type Maybe = number | null | undefined;

const lacks = (n: Maybe): n is null | undefined => n === null || n === undefined || !Number.isFinite(n);
const tag = (locale: Locale) => (locale === 'ko' ? 'ko-KR' : 'en-US');
const minus = (text: string) => text.replace('-', '−');

/** Formatters by what they were made of: making one takes longer than a hundred uses, and a table of prices has a thousand. */
const made = new Map<string, unknown>();

function kept<F>(of: readonly unknown[], make: () => F): F {
  const key = JSON.stringify(of);
  if (!made.has(key)) made.set(key, make());
  return made.get(key) as F;
}

const numbers = (locale: Locale, options: Intl.NumberFormatOptions = {}) =>
  kept(['number', locale, options], () => new Intl.NumberFormat(tag(locale), options));

/** A number with separators and at most so many digits behind the point. */
export function formatNumber(n: Maybe, locale: Locale, digits: number): string {
  return lacks(n) ? unknownMark : minus(numbers(locale, { maximumFractionDigits: digits }).format(n));
}

/** A whole number with separators. */
export function formatCount(n: Maybe, locale: Locale): string {
  return lacks(n) ? unknownMark : formatNumber(Math.round(n), locale, 0);
}

/** A price in won: 72,300원, ₩72,300. */
export function formatPrice(won: Maybe, locale: Locale): string {
  if (lacks(won)) return unknownMark;
  const text = formatCount(won, locale);
  return locale === 'ko' ? `${text}원` : text.startsWith('−') ? `−₩${text.slice(1)}` : `₩${text}`;
}

/**
 * An amount of won to about four digits: 1조 2,345억, 3,450만, 72,300원; ₩1.23T in English. The exact value belongs into a
 * title.
 */
export function formatKrw(won: Maybe, locale: Locale): string {
  if (lacks(won)) return unknownMark;
  const sign = won < 0 ? '−' : '';
  const abs = Math.abs(Math.round(won));
  if (locale === 'en') {
    return `${sign}₩${numbers(locale, { notation: 'compact', maximumSignificantDigits: 3 }).format(abs)}`;
  }
  if (abs < 1e5) return formatPrice(won, locale);
  const step = abs >= 1e14 ? 1e12 : abs >= 1e10 ? 1e8 : 1e4;
  const rounded = Math.round(abs / step) * step; // first, so that 9,999.9억 is said as 1조
  const words = [
    { n: Math.floor(rounded / 1e12), unit: '조' },
    { n: Math.floor((rounded % 1e12) / 1e8), unit: '억' },
    { n: Math.floor((rounded % 1e8) / 1e4), unit: '만' },
  ];
  return sign + words.filter((w) => w.n > 0).map((w) => formatCount(w.n, locale) + w.unit).join(' ');
}

/** A return: signed, two decimals, +1.23%. */
export function formatPercent(pct: Maybe, digits = 2): string {
  if (lacks(pct)) return unknownMark;
  const text = Math.abs(pct).toFixed(digits);
  return Number(text) === 0 ? `${text}%` : `${pct < 0 ? '−' : '+'}${text}%`;
}

/** A probability or share, 0 to 1, as a whole percent: more digits would claim knowledge that nobody has. */
export function formatProbability(p: Maybe): string {
  return lacks(p) ? unknownMark : `${Math.round(p * 100)}%`;
}

/** A difference of two probabilities: +6%p in Korean, +6 pp in English. */
export function formatPoints(difference: Maybe, locale: Locale): string {
  if (lacks(difference)) return unknownMark;
  const n = Math.round(difference * 100);
  return `${n > 0 ? '+' : n < 0 ? '−' : ''}${Math.abs(n)}${locale === 'ko' ? '%p' : ' pp'}`;
}

/** A plain decimal with the given digits and a real minus. */
export function formatDecimal(n: Maybe, digits = 2): string {
  return lacks(n) ? unknownMark : minus(n.toFixed(digits));
}

const parts = (at: Date, options: Intl.DateTimeFormatOptions, locale: Locale) =>
  kept(['date', locale, options], () => new Intl.DateTimeFormat(tag(locale), { timeZone: zone, hourCycle: 'h23', ...options })).format(at);

/** An instant in full: 2026. 11. 26.(목) 15:30:00 KST. */
export function formatExact(iso: string, locale: Locale): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return unknownMark;
  const day = parts(at, { year: 'numeric', month: locale === 'ko' ? 'numeric' : 'short', day: 'numeric' }, locale);
  const week = parts(at, { weekday: 'short' }, locale);
  const time = parts(at, { hour: '2-digit', minute: '2-digit', second: '2-digit' }, locale);
  return locale === 'ko' ? `${day}(${week}) ${time} KST` : `${week}, ${day}, ${time} KST`;
}

/** The clock's time of an instant: 15:30. */
export function formatClock(iso: string, locale: Locale): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? unknownMark : parts(at, { hour: '2-digit', minute: '2-digit' }, locale);
}

/** A trading day, given as 2026-11-26: 11/26(목), Thu 11/26. */
export function formatDay(day: string | null | undefined, locale: Locale): string {
  const found = /^(\d{4})-(\d{2})-(\d{2})/.exec(day ?? '');
  if (!found) return unknownMark;
  const [, year, month, date] = found;
  const at = new Date(`${year}-${month}-${date}T12:00:00+09:00`);
  const week = parts(at, { weekday: 'short' }, locale);
  const short = `${Number(month)}/${Number(date)}`;
  return locale === 'ko' ? `${short}(${week})` : `${week} ${short}`;
}

const steps = [
  { below: 60, size: 1, unit: 'second' },
  { below: 3600, size: 60, unit: 'minute' },
  { below: 86400, size: 3600, unit: 'hour' },
  { below: 30 * 86400, size: 86400, unit: 'day' },
] as const;

/** How long ago, or how far ahead, an instant is: 12초 전, 3시간 후. Beyond 30 days its date. */
export function formatRelative(iso: string, now: number, locale: Locale): string {
  const at = new Date(iso).getTime();
  if (Number.isNaN(at)) return unknownMark;
  const seconds = Math.round((at - now) / 1000);
  const step = steps.find((s) => Math.abs(seconds) < s.below);
  if (!step) return parts(new Date(at), { year: 'numeric', month: 'numeric', day: 'numeric' }, locale);
  // Minus zero: this very second counts as past.
  return kept(['relative', locale], () => new Intl.RelativeTimeFormat(tag(locale), { numeric: 'always' })).format(Math.trunc(seconds / step.size) || -0, step.unit);
}

/** A length of time in its two largest units: 1시간 12분, 3 min 5 s. */
export function formatDuration(seconds: Maybe, locale: Locale): string {
  if (lacks(seconds)) return unknownMark;
  if (seconds > 0 && seconds < 1) return locale === 'ko' ? `${Math.round(seconds * 1000)}ms` : `${Math.round(seconds * 1000)} ms`;
  const s = Math.max(0, Math.round(seconds));
  const names = locale === 'ko' ? ['일', '시간', '분', '초'] : [' d', ' h', ' min', ' s'];
  const values = [Math.floor(s / 86400), Math.floor((s % 86400) / 3600), Math.floor((s % 3600) / 60), s % 60];
  const first = values.findIndex((v) => v > 0);
  if (first < 0) return `0${names[3]}`;
  return values
    .slice(first, first + 2)
    .map((v, i) => (v > 0 ? `${v}${names[first + i]}` : ''))
    .filter(Boolean)
    .join(' ');
}
