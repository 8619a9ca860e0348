// Numbers and times as readers see them. Times are always KST, whatever the machine's zone.
import type { Locale } from './preferences';

export const zone = 'Asia/Seoul';
/** Stands for a value that is not known. */
export const unknownMark = '–';

type Maybe = number | null | undefined;

const lacks = (n: Maybe): n is null | undefined => n === null || n === undefined || !Number.isFinite(n);
const minus = (text: string) => text.replace('-', '−');

/**
 * A number with separators and at most so many digits behind the point. Intl would say the same, but it has to be made first:
 * it takes a phone's processor a tenth of a second, before anything is shown.
 */
export function formatNumber(n: Maybe, digits: number): string {
  if (lacks(n)) return unknownMark;
  const [whole = '', behind = ''] = n.toFixed(digits).split('.');
  const kept = behind.replace(/0+$/, '');
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ',') + (kept && `.${kept}`);
  return text === '-0' ? '0' : minus(text);
}

/** A whole number with separators. */
export function formatCount(n: Maybe): string {
  return formatNumber(n, 0);
}

/** A price in won: 72,300원, ₩72,300. */
export function formatPrice(won: Maybe, locale: Locale): string {
  if (lacks(won)) return unknownMark;
  const text = formatCount(won);
  return locale === 'ko' ? `${text}원` : text.startsWith('−') ? `−₩${text.slice(1)}` : `₩${text}`;
}

/** An amount to three digits: 34.5M. */
function compact(n: number): string {
  if (n < 1000) return String(n);
  const rounded = Number(n.toPrecision(3)); // first, so that 999,999 is said as 1M
  const power = Math.min(Math.floor(Math.log10(rounded) / 3), 4);
  return `${Number((rounded / 1000 ** power).toPrecision(3))}${['', 'K', 'M', 'B', 'T'][power]}`;
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
    return `${sign}₩${compact(abs)}`;
  }
  if (abs < 1e5) return formatPrice(won, locale);
  const step = abs >= 1e14 ? 1e12 : abs >= 1e10 ? 1e8 : 1e4;
  const rounded = Math.round(abs / step) * step; // first, so that 9,999.9억 is said as 1조
  const words = [
    { n: Math.floor(rounded / 1e12), unit: '조' },
    { n: Math.floor((rounded % 1e12) / 1e8), unit: '억' },
    { n: Math.floor((rounded % 1e8) / 1e4), unit: '만' },
  ];
  return sign + words.filter((w) => w.n > 0).map((w) => formatCount(w.n) + w.unit).join(' ');
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

const weekdays = { ko: ['일', '월', '화', '수', '목', '금', '토'], en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] } as const;
/** Of January first, in English. */
export const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const two = (n: number) => String(n).padStart(2, '0');

/** An instant's date and clock in KST, which has been nine hours ahead of UTC since 1988, without summer time. null for nonsense. */
function inKst(instant: number | string) {
  const at = new Date(new Date(instant).getTime() + 9 * 3_600_000);
  if (Number.isNaN(at.getTime())) return null;
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  const date = (locale: Locale) => (locale === 'ko' ? `${year}. ${month + 1}. ${day}.` : `${monthNames[month]} ${day}, ${year}`);
  return { year, month: month + 1, day, weekday: (locale: Locale) => weekdays[locale][at.getUTCDay()], date, clock, seconds: two(at.getUTCSeconds()) };
}

/** An instant in full: 2026. 11. 26.(목) 15:30:00 KST. */
export function formatExact(iso: string, locale: Locale): string {
  const at = inKst(iso);
  if (!at) return unknownMark;
  const time = `${at.clock}:${at.seconds} KST`;
  return locale === 'ko' ? `${at.date(locale)}(${at.weekday(locale)}) ${time}` : `${at.weekday(locale)}, ${at.date(locale)}, ${time}`;
}

/** The clock's time of an instant: 15:30. */
export function formatClock(iso: string): string {
  return inKst(iso)?.clock ?? unknownMark;
}

/** A trading day, given as 2026-11-26: 11/26(목), Thu 11/26. */
export function formatDay(day: string | null | undefined, locale: Locale): string {
  const at = /^\d{4}-\d{2}-\d{2}/.test(day ?? '') ? inKst(`${day?.slice(0, 10)}T12:00:00+09:00`) : null;
  if (!at) return unknownMark;
  const short = `${at.month}/${at.day}`;
  return locale === 'ko' ? `${short}(${at.weekday(locale)})` : `${at.weekday(locale)} ${short}`;
}

const steps = [
  { below: 60, size: 1, unit: 'second' },
  { below: 3600, size: 60, unit: 'minute' },
  { below: 86400, size: 3600, unit: 'hour' },
  { below: 30 * 86400, size: 86400, unit: 'day' },
] as const;
const units = { second: '초', minute: '분', hour: '시간', day: '일' } as const;

/** How long ago, or how far ahead, an instant is: 12초 전, 3시간 후. Beyond 30 days its date. */
export function formatRelative(iso: string, now: number, locale: Locale): string {
  const at = new Date(iso).getTime();
  if (Number.isNaN(at)) return unknownMark;
  const seconds = Math.round((at - now) / 1000);
  const step = steps.find((s) => Math.abs(seconds) < s.below);
  if (!step) return inKst(at)?.date(locale) ?? unknownMark;
  const n = Math.trunc(Math.abs(seconds) / step.size);
  const ahead = seconds > 0; // this very second counts as past
  if (locale === 'ko') return `${n}${units[step.unit]} ${ahead ? '후' : '전'}`;
  const words = `${n} ${step.unit}${n === 1 ? '' : 's'}`;
  return ahead ? `in ${words}` : `${words} ago`;
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
