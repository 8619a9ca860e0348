import type { SourceItem } from '@/lib/api';
import { isFailing, isLate } from '../health';

/** What is to be said of a source first: the worst that is true of it. */
export type Freshness = 'gone' | 'off' | 'breakerOpen' | 'breakerHalf' | 'failing' | 'late' | 'dry' | 'fineNever' | 'fine';

export function freshnessOf(s: SourceItem): Freshness {
  if (!s.configured) return 'gone';
  if (!s.on) return 'off';
  if (s.breaker.state === 'open') return 'breakerOpen';
  if (s.breaker.state === 'half_open') return 'breakerHalf';
  if (isFailing(s)) return 'failing';
  if (isLate(s)) return 'late';
  if (s.yield === 'dry') return 'dry';
  return s.age_seconds === null ? 'fineNever' : 'fine';
}

const calm: readonly Freshness[] = ['fine', 'fineNever', 'off', 'gone'];

/** Whether nothing needs a look. What somebody switched off is not amiss. */
export const isCalm = (f: Freshness) => calm.includes(f);

/** How many of the last 32 attempts failed; null when it was never asked. */
export function failedOf32(s: SourceItem): number | null {
  return s.last_attempt_at === null || s.error_rate === null ? null : Math.round(s.error_rate * 32);
}

/** Sources with something to say first, then by name; those that are no longer configured last. */
export function inOrder(sources: readonly SourceItem[]): SourceItem[] {
  const rank = (s: SourceItem) => (!s.configured ? 3 : !s.on ? 2 : isCalm(freshnessOf(s)) ? 1 : 0);
  return [...sources].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}
