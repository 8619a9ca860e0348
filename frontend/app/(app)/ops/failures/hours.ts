// How often a cause's work failed by the hour, as bars and in words.

/** A bar's height in units of the tallest one; 0 for none, and never so low that one failure cannot be seen. */
export function heightsOf(perHour: readonly number[]): number[] {
  const most = Math.max(...perHour, 0);
  return perHour.map((n) => (n === 0 ? 0 : Math.max(0.12, n / most)));
}

export interface Peak {
  total: number;
  most: number;
  /** The instant at which the hour with the most began; the later one of two. */
  at: string;
}

/** What bars show in words; null where nothing failed. The last hour is the one that now lies in, on the wall clock in milliseconds. */
export function peakOf(perHour: readonly number[], now: number): Peak | null {
  const total = perHour.reduce((sum, n) => sum + n, 0);
  if (total === 0) return null;
  const most = Math.max(...perHour);
  const hour = 3_600_000;
  const running = Math.floor(now / hour) * hour;
  return { total, most, at: new Date(running - (perHour.length - 1 - perHour.lastIndexOf(most)) * hour).toISOString() };
}
