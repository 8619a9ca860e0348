'use client';

import { useAppNow, useWallNow } from '@/lib/clock';
import { formatClock, formatDay, formatExact, formatRelative, unknownMark } from '@/lib/format';
import { useLocale } from '@/lib/i18n';

interface Props {
  at: string | null | undefined;
  /** app: the application's clock, which news and sessions are told by. wall: this machine's, which the API's own doings are. */
  clock?: 'app' | 'wall';
  /** ago: how long ago, with the exact time as its title. exact: in full. clock: hours and minutes. */
  as?: 'ago' | 'exact' | 'clock';
  /** It is to come, even where it comes within seconds. */
  ahead?: boolean;
}

/** Milliseconds by which the clocks here may be behind: they are looked at every five seconds. */
const behind = 6000;

/** An instant, in KST. */
export function Time({ at, clock = 'app', as = 'ago', ahead = false }: Props) {
  const locale = useLocale();
  const app = useAppNow();
  const wall = useWallNow();
  if (!at) return <span>{unknownMark}</span>;
  const now = clock === 'app' ? app : wall;
  const early = new Date(at).getTime() - now;
  const exact = formatExact(at, locale);
  const text = as === 'exact' ? exact : as === 'clock' ? formatClock(at) : formatRelative(at, ahead || early > behind ? now : Math.max(now, now + early), locale);
  return (
    <time dateTime={at} title={as === 'exact' ? undefined : exact} className="tabular whitespace-nowrap">
      {text}
    </time>
  );
}

/** A trading day: 11/26(목). */
export function Day({ day }: { day: string | null | undefined }) {
  const locale = useLocale();
  if (!day) return <span>{unknownMark}</span>;
  return (
    <time dateTime={day} title={day} className="tabular whitespace-nowrap">
      {formatDay(day, locale)}
    </time>
  );
}
