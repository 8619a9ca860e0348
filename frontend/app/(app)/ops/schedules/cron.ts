// A schedule's time in plain words. What it knows is what the server reads: five fields, the words such as @daily, and @every
// with a period. Whatever cannot be said in a short sentence is not said at all: the expression itself is shown then.
import { formatDuration } from '@/lib/format';
import type { Locale } from '@/lib/preferences';
import type ko from '@/messages/ko/schedules';

export type Words = (typeof ko)['words'];

/** The values that a field allows, and how it was written where that says more. */
interface Field {
  any: boolean;
  /** Of a field such as an asterisk and /15: the 15. */
  step: number | null;
  values: number[];
}

const descriptors: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Seconds of a period such as 1h30m or 24h0m0s; null for anything else, and for less than a second. */
export function periodOf(text: string): number | null {
  if (!/^(\d+(\.\d+)?(h|m|s|ms))+$/.test(text)) return null;
  const size: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  const seconds = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * (size[unit ?? ''] ?? 0), 0);
  return seconds >= 1 ? Math.floor(seconds) : null;
}

function fieldOf(text: string, low: number, high: number, names: readonly string[] = []): Field | null {
  const number = (part: string): number | null => {
    const named = names.indexOf(part.toLowerCase());
    if (named >= 0) return named + low;
    return /^\d{1,2}$/.test(part) ? Number(part) : null;
  };
  const values = new Set<number>();
  let step: number | null = null;
  for (const part of text.split(',')) {
    const [range = '', by, extra] = part.split('/');
    if (extra !== undefined || (by !== undefined && !/^[1-9]\d?$/.test(by))) return null;
    const stride = by === undefined ? 1 : Number(by);
    let from: number | null = low;
    let to: number | null = high;
    if (range !== '*' && range !== '?') {
      const [a = '', b, more] = range.split('-');
      if (more !== undefined) return null;
      from = number(a);
      to = b !== undefined ? number(b) : by === undefined ? from : high;
    } else if (by !== undefined && text === part) {
      step = stride;
    }
    if (from === null || to === null || from < low || to > high || from > to) return null;
    for (let v = from; v <= to; v += stride) values.add(v);
  }
  const list = [...values].sort((a, b) => a - b);
  return { any: list.length === high - low + 1, step: step === 1 ? null : step, values: list };
}

const run = (v: number[]) => v.length > 2 && v.every((n, i) => i === 0 || n === (v[i - 1] ?? 0) + 1);
const two = (n: number) => String(n).padStart(2, '0');

/** A schedule in words; null for one that has no short ones. Times are KST, as the schedule's are. */
export function cronWords(spec: string, words: Words, locale: Locale): string | null {
  const text = spec.trim();
  const every = /^@every\s+(\S+)$/.exec(text);
  if (every) {
    const seconds = periodOf(every[1] ?? '');
    return seconds === null ? null : words.every(formatDuration(seconds, locale));
  }
  const parts = (descriptors[text] ?? text).split(/\s+/);
  if (parts.length !== 5) return null;
  const [m = '', h = '', d = '', mo = '', w = ''] = parts;
  const minute = fieldOf(m, 0, 59);
  const hour = fieldOf(h, 0, 23);
  const day = fieldOf(d, 1, 31);
  const month = fieldOf(mo, 1, 12, months);
  const week = fieldOf(w, 0, 6, weekdays);
  if (!minute || !hour || !day || !month || !week) return null;
  const time = timeOf(minute, hour, words);
  const when = daysOf(day, month, week, !hour.any && hour.step === null, words);
  return time === null || when === null ? null : words.join(when, time);
}

/** Minutes and hours in words. */
function timeOf(minute: Field, hour: Field, words: Words): string | null {
  const minutes = words.list(minute.values.map(String));
  const within = (what: string | null) => {
    const [from, to] = [hour.values[0], hour.values.at(-1)];
    if (hour.any || what === null) return what;
    return run(hour.values) && from !== undefined && to !== undefined ? words.between(from, to, what) : null;
  };
  if (minute.any) return within(words.minutely);
  if (minute.step !== null) return within(words.everyMinutes(minute.step));
  if (hour.any) return minute.values.length > 6 ? null : minute.values.length === 1 && minute.values[0] === 0 ? words.onTheHour : words.hourlyAt(minutes);
  if (hour.step !== null) return minute.values.length === 1 ? words.everyHours(hour.step, minutes) : null;
  const times = hour.values.flatMap((x) => minute.values.map((y) => `${two(x)}:${two(y)}`));
  if (times.length <= 4) return words.at(words.list(times));
  return minute.values.length > 6 ? null : within(minute.values.length === 1 && minute.values[0] === 0 ? words.onTheHour : words.hourlyAt(minutes));
}

/** Days in words; empty where there is nothing to say, since hours go round the clock every day. */
function daysOf(day: Field, month: Field, week: Field, sayDaily: boolean, words: Words): string | null {
  if (!day.any && day.values.length > 6) return null;
  const weekly = week.any ? null : weekOf(week.values, words);
  const named = month.values.map((n) => words.monthNames[n - 1] ?? '');
  if (!month.any && month.values.length > 6) return null;
  if (weekly === null && !day.any && !month.any && day.values.length === 1 && named.length === 1) return words.yearly(named[0] ?? '', day.values[0] ?? 1);
  const monthly = day.any ? null : words.onDays(day.values);
  // Two restrictions on days are alternatives: that is how cron is read.
  const when = monthly !== null && weekly !== null ? words.either(monthly, weekly) : (monthly ?? weekly ?? (sayDaily || !month.any ? words.daily : ''));
  return month.any ? when : words.inMonths(named, when);
}

function weekOf(values: number[], words: Words): string {
  if (values.join() === '1,2,3,4,5') return words.weekdays;
  if (values.join() === '0,6') return words.weekend;
  const names = values.map((n) => words.weekNames[n] ?? '');
  return run(values) ? words.weekRange(names[0] ?? '', names.at(-1) ?? '') : words.onWeek(names);
}
