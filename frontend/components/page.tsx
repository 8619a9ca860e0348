'use client';

import { startTransition, useDeferredValue, useEffect, useState, type ReactNode } from 'react';
import { useWallNow } from '@/lib/clock';
import { formatRelative } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { setPaused, usePaused } from '@/lib/live';
import type { Asked } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { Button } from './controls';
import { Skeleton } from './panel';

interface Props {
  title: string;
  /** What is shown in place of the title: a name with its code, a title from outside. */
  heading?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  /**
   * What most of the page hangs on: until it has answered or failed, one placeholder stands for all panels, so that none of
   * them is pushed about when it comes.
   */
  waits?: Asked<unknown>;
  children: ReactNode;
}

/** As much of a title as a tab has use for. */
const tabTitle = 120;

/** A page's heading; it names the tab, too. */
export function Page({ title, heading, lead, actions, waits, children }: Props) {
  const t = useCommon();
  useEffect(() => {
    document.title = `${title.slice(0, tabTitle)} · ${t.appName}`;
  }, [title, t.appName]);
  const waiting = useDeferredValue(waits !== undefined && waits.data === undefined && !waits.error);
  return (
    <>
      <header className="mb-5 flex flex-wrap items-end justify-between gap-x-6 gap-y-2">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold tracking-tight">{heading ?? title}</h1>
          {lead ? <div className="mt-0.5 text-muted">{lead}</div> : null}
        </div>
        {actions}
      </header>
      {/* Two elements, not one that changes: what takes a placeholder's place has not been pushed there. */}
      {waiting ? (
        <div key="waiting" aria-busy="true" className="min-h-screen rounded-panel border border-line bg-surface px-4 py-4">
          <Skeleton rows={12} />
        </div>
      ) : (
        <div key="there" className="space-y-4">
          {children}
        </div>
      )}
    </>
  );
}

/** What stands below the first screen: it is made after that has been painted, without holding anything up. */
export function Below({ children }: { children: ReactNode }) {
  const [painted, setPainted] = useState(false);
  useEffect(() => startTransition(() => setPainted(true)), []);
  return painted ? children : <div aria-busy="true" />;
}

/** When the page's data came, and the switch that keeps it from moving. */
export function Updated({ query }: { query: Asked<unknown> }) {
  const t = useCommon();
  const locale = useLocale();
  const now = useWallNow();
  const paused = usePaused();
  const at = query.dataUpdatedAt;
  return (
    <div className="flex items-center gap-1 text-xs text-muted">
      <span className="tabular">
        {at === 0 ? t.notYetUpdated : t.updatedAgo(formatRelative(new Date(Math.min(at, now)).toISOString(), now, locale))}
        {paused ? ` · ${t.paused}` : ''}
      </span>
      <Button look="quiet" aria-pressed={paused} onClick={() => setPaused(!paused)}>
        {paused ? t.resume : t.pause}
      </Button>
    </div>
  );
}
