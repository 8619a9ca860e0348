import type { AuditItem } from '@/lib/api';
import { hrefs } from '@/lib/routes';

const parts = (path: string) => path.split('/').filter(Boolean);

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // what was sent is no valid encoding
  }
}

/** The values that an entry's path has for its route's parameters: {id: '7'} of DELETE /api/tasks/{id}. */
export function paramsOf(e: Pick<AuditItem, 'action' | 'path'>): Record<string, string> {
  const template = parts(e.action.slice(e.action.indexOf(' ') + 1));
  const path = parts(e.path);
  const found: Record<string, string> = {};
  template.forEach((name, i) => {
    const value = path[i];
    if (name.startsWith('{') && value !== undefined) found[name.slice(1, -1)] = decoded(value);
  });
  return found;
}

export interface Target {
  text: string;
  href: string | null;
}

const wholeId = (text: string | undefined) => (text && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null);

/** What was changed, and where it is shown; null for what has no name, as a new one. */
export function targetOf(e: Pick<AuditItem, 'action' | 'path'>): Target | null {
  const params = paramsOf(e);
  const text = Object.values(params).join(' ');
  const id = wholeId(params.id);
  const base = (start: string) => e.path.startsWith(start);
  if (text === '') return base('/api/alerts/gate') ? { text: '', href: hrefs.gate() } : null;
  if (base('/api/tasks/') && id !== null) return { text: `#${id}`, href: hrefs.run(id) };
  if (base('/api/ab-test/') && id !== null) return { text: `#${id}`, href: hrefs.abTest(id) };
  if (base('/api/admin/stocks/') && params.code) return { text, href: hrefs.stock(params.code) };
  if (base('/api/failures/') && params.fingerprint) return { text, href: hrefs.failure(params.fingerprint) };
  if (base('/api/models/')) return { text: `#${text}`, href: hrefs.models() };
  if (base('/api/users/')) return { text: `#${text}`, href: hrefs.users() };
  if (base('/api/limits/')) return { text, href: hrefs.limits() };
  if (base('/api/sources/')) return { text, href: hrefs.sources() };
  if (base('/api/schedules/')) return { text, href: hrefs.schedules() };
  if (base('/api/queues/')) return { text, href: hrefs.queues() };
  if (base('/api/workers/')) return { text, href: hrefs.workers() };
  if (base('/api/recipients/')) return { text: `#${text}`, href: hrefs.recipients() };
  return { text: `#${text}`, href: null };
}

export interface FieldChange {
  field: string;
  /** undefined when it is not known, or there was none. */
  before: string | undefined;
  after: string;
}

function fieldsOf(input: unknown): [string, unknown][] {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? Object.entries(input) : [];
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value);
}

const succeeded = (e: Pick<AuditItem, 'status'>) => e.status !== null && e.status >= 200 && e.status < 300;

/** Whether the entry changed what was there before, rather than made or ended something. */
export function isEdit(e: Pick<AuditItem, 'action'>): boolean {
  return e.action.startsWith('PATCH ') || e.action.startsWith('PUT ');
}

/** What an entry set, each beside what an earlier entry of the same target had set; older holds entries before it, newest first. */
export function changesOf(e: AuditItem, older: readonly AuditItem[]): FieldChange[] {
  const params = paramsOf(e);
  return fieldsOf(e.input)
    .filter(([field]) => !(field in params))
    .map(([field, value]) => {
      const earlier = isEdit(e) ? older.find((o) => o.path === e.path && succeeded(o) && fieldsOf(o.input).some(([name]) => name === field)) : undefined;
      const before = earlier ? fieldsOf(earlier.input).find(([name]) => name === field)?.[1] : undefined;
      return { field, before: before === undefined ? undefined : textOf(before), after: textOf(value) };
    });
}

export type Outcome = 'done' | 'refused' | 'failed' | 'unknown';

export function outcomeOf(e: Pick<AuditItem, 'status'>): Outcome {
  if (e.status === null) return 'unknown';
  return e.status < 400 ? 'done' : e.status < 500 ? 'refused' : 'failed';
}

/** A day in KST as the instants that it begins and ends at; undefined for what is no day. */
export function spanOf(from: string, to: string): { from: string | undefined; to: string | undefined } {
  const day = /^\d{4}-\d{2}-\d{2}$/;
  const next = (d: string) => {
    const at = new Date(`${d}T00:00:00Z`);
    if (Number.isNaN(at.getTime())) return undefined;
    at.setUTCDate(at.getUTCDate() + 1);
    return `${at.toISOString().slice(0, 10)}T00:00:00+09:00`;
  };
  return { from: day.test(from) ? `${from}T00:00:00+09:00` : undefined, to: day.test(to) ? next(to) : undefined };
}
