'use client';

import { useDeferredValue, useId, type ReactNode } from 'react';
import { faultOf } from '@/lib/api';
import { useWallNow } from '@/lib/clock';
import { formatCount, formatDuration, formatRelative } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import type { Asked } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { Button, ButtonLink } from './controls';

/** Why there is nothing, and what could be done next. */
export interface Empty {
  because: string;
  next?: { href: string; label: string };
}

/** How far something is that needs more data before it says anything. */
export interface Collecting {
  have: number;
  needed: number;
  /** Such as how long it takes at this pace. */
  note?: string;
}

interface Props<T> {
  title: string;
  query: Asked<T>;
  children: (data: T) => ReactNode;
  /** Returns why there is nothing to show; null when there is something. */
  empty?: (data: T) => Empty | null;
  /** Returns how far it is; null when there is enough. */
  collecting?: (data: T) => Collecting | null;
  /** Stands beside the title: a link, a filter. */
  actions?: ReactNode;
  /** A quiet line under the title. */
  note?: ReactNode;
  /** About how many rows there will be, so that nothing jumps when they come. */
  rows?: number;
  /** Stands for what is on its way in place of rows: as tall as that will be. */
  outline?: ReactNode;
  /** The page's only panel repeats its heading: it is shown to screen readers only. */
  hideTitle?: boolean;
}

/**
 * A part of a page with its own data, in one of four states: loading, empty with the reason, collecting n of N, or failed.
 * What was shown stays when a later look fails, with its age.
 */
export function Panel<T>({ title, query, children, empty, collecting, actions, note, rows = 3, outline, hideTitle }: Props<T>) {
  const id = useId();
  // An answer is drawn piece by piece between what else the browser has to do: keys and taps are not kept waiting.
  const data = useDeferredValue(query.data);
  const drawing = data === undefined && query.data !== undefined;
  return (
    <section aria-labelledby={id} aria-busy={query.isPending || drawing} className="min-w-0 rounded-panel border border-line bg-surface">
      <header className={hideTitle && !actions ? 'sr-only' : 'flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 pt-3.5'}>
        <div className="min-w-0">
          <h2 id={id} className={hideTitle ? 'sr-only' : 'text-sm font-semibold'}>
            {title}
          </h2>
          {note ? <p className="text-xs text-muted">{note}</p> : null}
        </div>
        {actions}
      </header>
      <div className="px-4 pt-2.5 pb-4">
        {data === undefined ? query.error ? <Failed query={query} /> : outline ? <Outline>{outline}</Outline> : <Skeleton rows={rows} /> : null}
        {data !== undefined ? (
          <>
            {query.error ? <Stale query={query} /> : null}
            <Body data={data} empty={empty} collecting={collecting}>
              {children}
            </Body>
          </>
        ) : null}
      </div>
    </section>
  );
}

function Body<T>({ data, empty, collecting, children }: Pick<Props<T>, 'empty' | 'collecting' | 'children'> & { data: T }) {
  const nothing = empty?.(data) ?? null;
  const progress = nothing ? null : (collecting?.(data) ?? null);
  if (nothing) return <EmptyNote empty={nothing} />;
  return (
    <>
      {progress ? <CollectingNote progress={progress} /> : null}
      {children(data)}
    </>
  );
}

export function EmptyNote({ empty }: { empty: Empty }) {
  return (
    <div className="flex flex-wrap items-center gap-3 py-3 text-muted">
      <p>{empty.because}</p>
      {empty.next ? <ButtonLink href={empty.next.href}>{empty.next.label}</ButtonLink> : null}
    </div>
  );
}

export function CollectingNote({ progress }: { progress: Collecting }) {
  const t = useCommon();
  return (
    <div className="mb-3 rounded-control bg-sunken px-3 py-2 text-xs">
      <p className="tabular font-medium">{t.collecting(formatCount(progress.have), formatCount(progress.needed))}</p>
      <progress
        className="mt-1.5 block h-1.5 w-full appearance-none overflow-hidden rounded-full bg-line accent-ink [&::-moz-progress-bar]:bg-ink [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-ink"
        max={progress.needed}
        value={Math.min(progress.have, progress.needed)}
        aria-label={t.collecting(formatCount(progress.have), formatCount(progress.needed))}
      />
      {progress.note ? <p className="mt-1 text-muted">{progress.note}</p> : null}
    </div>
  );
}

const widths = ['w-11/12', 'w-4/5', 'w-10/12', 'w-2/3'];

export function Skeleton({ rows }: { rows: number }) {
  const t = useCommon();
  return (
    <div role="status">
      <span className="sr-only">{t.loading}</span>
      <div aria-hidden="true" className="animate-pulse space-y-3 py-1.5">
        {Array.from({ length: rows }, (_, i) => (
          <div key={i} className={`h-4 rounded bg-sunken ${widths[i % widths.length]}`} />
        ))}
      </div>
    </div>
  );
}

/** What looks like the thing to come, out of reach until it has come. */
function Outline({ children }: { children: ReactNode }) {
  const t = useCommon();
  return (
    <div role="status">
      <span className="sr-only">{t.loading}</span>
      <div inert>{children}</div>
    </div>
  );
}

function Failed({ query }: { query: Asked<unknown> }) {
  const t = useCommon();
  const locale = useLocale();
  const fault = faultOf(query.error);
  const what = fault.status === 0 ? t.unreachable : fault.status === 403 ? t.refused : fault.status === 404 ? t.notFound : t.failed;
  return (
    <div role="alert" className="rounded-control border border-warn-line bg-warn-surface px-3 py-2.5 text-warn">
      <p className="font-medium">
        <span aria-hidden="true">⚠ </span>
        {what}
      </p>
      {fault.status !== 0 && fault.detail ? <p className="mt-0.5 text-xs">{fault.detail}</p> : null}
      {fault.requestId ? <p className="mt-0.5 text-xs">{t.requestId(fault.requestId)}</p> : null}
      {fault.retryAfter !== null ? <p className="mt-0.5 text-xs">{t.tryAgainIn(formatDuration(fault.retryAfter, locale))}</p> : null}
      {fault.status === 403 || fault.status === 404 ? null : (
        <Button className="mt-2" disabled={query.isFetching} onClick={() => void query.refetch()}>
          {t.retry}
        </Button>
      )}
    </div>
  );
}

function Stale({ query }: { query: Asked<unknown> }) {
  const t = useCommon();
  const locale = useLocale();
  const now = useWallNow();
  const fault = faultOf(query.error);
  return (
    <div
      role="status"
      className="mb-3 flex flex-wrap items-center justify-between gap-2 rounded-control border border-warn-line bg-warn-surface px-3 py-1.5 text-xs text-warn"
    >
      <p>
        <span aria-hidden="true">⚠ </span>
        {t.stale(formatRelative(new Date(query.dataUpdatedAt).toISOString(), now, locale))}
        {fault.requestId ? ` ${t.requestId(fault.requestId)}` : ''}
      </p>
      <Button disabled={query.isFetching} onClick={() => void query.refetch()}>
        {t.retry}
      </Button>
    </div>
  );
}
