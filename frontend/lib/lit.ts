'use client';

// One thing that is pointed at in several places at once: whoever shows it lights up, and nothing else is drawn anew.
import { useState, useSyncExternalStore } from 'react';

export interface Lit {
  /** What is pointed at; empty for nothing. */
  get(): string;
  set(name: string): void;
  subscribe(listen: () => void): () => void;
}

export function makeLit(): Lit {
  let name = '';
  const listeners = new Set<() => void>();
  return {
    get: () => name,
    set(next) {
      if (next === name) return;
      name = next;
      for (const listen of listeners) listen();
    },
    subscribe(listen) {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
  };
}

/** Makes one for as long as the component lives. */
export function useNewLit(): Lit {
  return useState(makeLit)[0];
}

const nothing = () => '';

/** What is pointed at. */
export function useLit(lit: Lit): string {
  return useSyncExternalStore(lit.subscribe, lit.get, nothing);
}

/** Whether this is what is pointed at: the component is drawn anew when that changes, not whenever something else is. */
export function useIsLit(lit: Lit, name: string | null): boolean {
  return useSyncExternalStore(
    lit.subscribe,
    () => name !== null && name !== '' && lit.get() === name,
    () => false,
  );
}

/**
 * Where a key leads among stops in their order, from the one that is lit; null for keys that lead nowhere. From nowhere an
 * arrow leads to the last one, which is the newest.
 */
export function stepTo(stops: readonly string[], lit: string, key: string): string | null {
  const at = stops.indexOf(lit);
  const last = stops.length - 1;
  if (last < 0) return null;
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return stops[at < 0 ? last : Math.max(0, at - 1)] ?? null;
    case 'ArrowRight':
    case 'ArrowUp':
      return stops[at < 0 ? last : Math.min(last, at + 1)] ?? null;
    case 'Home':
      return stops[0] ?? null;
    case 'End':
      return stops[last] ?? null;
  }
  return null;
}
