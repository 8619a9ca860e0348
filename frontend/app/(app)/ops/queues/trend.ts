'use client';

import { useEffect, useState } from 'react';
import type { QueueItem } from '@/lib/api';

/** Looks that are kept: at one every three seconds these are three minutes. */
const kept = 60;

export type Trends = Readonly<Record<string, readonly number[]>>;

/** Adds a look at the queues to what was seen before: how many tasks waited in each. */
export function addLook(before: Trends, queues: readonly QueueItem[]): Trends {
  return Object.fromEntries(queues.map((q) => [q.name, [...(before[q.name] ?? []).slice(1 - kept), q.pending]]));
}

/** How many tasks waited in each queue since the page was opened. at changes with every look. */
export function useTrends(queues: readonly QueueItem[] | undefined, at: number): Trends {
  const [trends, setTrends] = useState<Trends>({});
  useEffect(() => {
    if (queues && at > 0) setTrends((before) => addLook(before, queues));
    // A look is told apart by its time: the same numbers again are a look, too.
  }, [at]);
  return trends;
}
