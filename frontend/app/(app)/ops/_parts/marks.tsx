'use client';

import type { ReactNode } from 'react';
import { formatCount } from '@/lib/format';
import { useOps } from './words';

/** A state in an icon and a word: well, or something to look at. */
export function Mark({ ok, children }: { ok: boolean; children: ReactNode }) {
  return (
    <span className={`inline-flex items-center gap-1.5 text-xs font-medium ${ok ? 'text-ok' : 'text-warn'}`}>
      <Sign ok={ok} />
      {children}
    </span>
  );
}

export function Sign({ ok, large = false }: { ok: boolean; large?: boolean }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 20 20" className={`shrink-0 fill-none stroke-current stroke-2 ${large ? 'size-7' : 'size-4'} ${ok ? 'text-ok' : 'text-warn'}`}>
      {ok ? (
        <>
          <circle cx="10" cy="10" r="8" />
          <path d="m6.5 10.3 2.4 2.4 4.6-5.2" strokeLinecap="round" strokeLinejoin="round" />
        </>
      ) : (
        <>
          <path d="M10 2.2 18.6 17.5H1.4z" strokeLinejoin="round" />
          <path d="M10 8v4.2M10 14.6v.3" strokeLinecap="round" />
        </>
      )}
    </svg>
  );
}

/** Says why the controls that others see are not here. */
export function AdminOnly() {
  return <p className="text-xs text-muted">{useOps().adminOnly}</p>;
}

/** How far a run is: what is done, and after it what failed. Without a total there is nothing to measure by. */
export function ProgressBar({ done, failed, total, label }: { done: number; failed: number; total: number; label: string }) {
  const share = (n: number) => (total > 0 ? Math.min(100, (n / total) * 100) : 0);
  return (
    <svg
      viewBox="0 0 100 1"
      preserveAspectRatio="none"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total > 0 ? total : undefined}
      aria-valuenow={total > 0 ? done + failed : undefined}
      className="block h-1.5 w-full overflow-hidden rounded-full bg-line"
    >
      <rect width={share(done)} height="1" className="fill-ink" />
      <rect x={share(done)} width={share(failed)} height="1" className="fill-warn" />
    </svg>
  );
}

/** The same in numbers: 완료 40 · 실패 2 · 남음 58. Of a run that has ended nothing is left: the rest was not done. */
export function ProgressWords({ done, failed, total, ended = false }: { done: number; failed: number; total: number; ended?: boolean }) {
  const t = useOps();
  const n = (value: number) => formatCount(value);
  const rest = total > 0 || ended ? Math.max(0, total - done - failed) : null;
  return (
    <span className="tabular inline-flex flex-wrap gap-x-2 text-xs">
      <span>{t.done(n(done))}</span>
      {failed > 0 ? <span className="text-warn">⚠ {t.failed(n(failed))}</span> : null}
      {rest === null ? <span className="text-muted">{t.noTotal}</span> : rest > 0 ? <span className="text-muted">{ended ? t.undone(n(rest)) : t.left(n(rest))}</span> : null}
    </span>
  );
}

const mostPips = 24;

/** Slots, each a mark that is filled while it is in use. Many of them share marks. */
export function Slots({ busy, all }: { busy: number; all: number }) {
  const t = useOps();
  const shown = Math.min(all, mostPips);
  const filled = all > mostPips ? Math.ceil((busy / all) * mostPips) : busy;
  return (
    <svg role="img" aria-label={t.slots(busy, all)} viewBox={`0 0 ${Math.max(1, shown) * 7} 8`} className="inline-block h-2 align-middle">
      <title>{t.slots(busy, all)}</title>
      {Array.from({ length: shown }, (_, i) => (
        <rect key={i} x={i * 7 + 0.5} y="1" width="5" height="6" rx="1" className={i < filled ? 'fill-ink' : 'fill-line'} />
      ))}
    </svg>
  );
}

/** What the API said, in its own words. */
export function Raw({ value }: { value: unknown }) {
  const t = useOps();
  return (
    <details className="text-xs">
      <summary className="link inline-block text-muted">{t.raw}</summary>
      <pre tabIndex={0} className="mt-2 max-h-72 overflow-auto rounded-control bg-sunken p-3 text-2xs whitespace-pre-wrap">
        {JSON.stringify(value, null, 2)}
      </pre>
    </details>
  );
}

/** A name and what it is. */
export function Facts({ items }: { items: { label: string; value: ReactNode }[] }) {
  return (
    <dl className="grid gap-x-6 gap-y-1.5 text-sm sm:grid-cols-[max-content_minmax(0,1fr)]">
      {items.map((i) => (
        <div key={i.label} className="contents max-sm:block">
          <dt className="text-xs leading-6 text-muted">{i.label}</dt>
          <dd className="min-w-0 max-sm:mb-1.5">{i.value}</dd>
        </div>
      ))}
    </dl>
  );
}
