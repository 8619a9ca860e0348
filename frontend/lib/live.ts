'use client';

import { useSyncExternalStore } from 'react';

// Whether the page renews itself. One switch for all of it: whoever reads closely wants nothing to move.
let paused = false;
const listeners = new Set<() => void>();

export function setPaused(value: boolean): void {
  paused = value;
  for (const tell of listeners) tell();
}

export function usePaused(): boolean {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => paused,
    () => false,
  );
}
