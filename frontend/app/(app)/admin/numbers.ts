import type { Estimate } from '@/lib/api';
import { formatDecimal, unknownMark } from '@/lib/format';

/** A figure with its 95 percent interval: −0.012 [−0.040, 0.016]. */
export function estimateText(e: Estimate | null | undefined, digits = 3): string {
  if (!e) return unknownMark;
  const value = formatDecimal(e.value, digits);
  return e.low === null || e.high === null ? value : `${value} [${formatDecimal(e.low, digits)}, ${formatDecimal(e.high, digits)}]`;
}

/** What a number's field says: undefined while it is empty. */
export function numberOf(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text);
}
