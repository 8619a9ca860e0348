'use client';

import { useSyncExternalStore } from 'react';

// The application's clock may differ from this machine's, as in a demonstration on another day. The API says what it shows;
// ages of what it tells are measured by it.
let offset = 0;
let now = 0;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;
const period = 5000;

function tick(): void {
  now = Date.now();
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  timer ??= setInterval(tick, period);
  return () => {
    listeners.delete(tell);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

/** Takes what the API said the time is. */
export function setAppNow(iso: string, heardAt = Date.now()): void {
  const next = new Date(iso).getTime() - heardAt;
  if (!Number.isFinite(next) || Math.abs(next - offset) < 1000) return;
  offset = next;
  tick();
}

/** The application's clock in milliseconds, looked at every five seconds. */
export function useAppNow(): number {
  return useSyncExternalStore(subscribe, () => (now ||= Date.now()) + offset, () => 0);
}

/** This machine's clock in milliseconds, looked at every five seconds. */
export function useWallNow(): number {
  return useSyncExternalStore(subscribe, () => (now ||= Date.now()), () => 0);
}
