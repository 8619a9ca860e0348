import type { Signal } from './api';

/** The signal that is farthest from its base rate. */
export function strongest(signals: readonly Signal[]): Signal | null {
  const gap = (s: Signal) => (s.probability === null || s.base_rate === null ? -1 : Math.abs(s.probability - s.base_rate));
  return signals.reduce<Signal | null>((best, s) => (best === null || gap(s) > gap(best) ? s : best), null);
}
