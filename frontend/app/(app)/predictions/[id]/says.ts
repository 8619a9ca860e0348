import type { Outcome } from '@/lib/api';
import type { usePredictionText } from '@/components/forecast/words';
import { formatDay, formatNumber, formatPercent } from '@/lib/format';
import type { Locale } from '@/lib/preferences';

type Words = ReturnType<typeof usePredictionText>;

/** What came of it, in a sentence. */
export function outcomeSentence(t: Words, outcome: Outcome | null, reason: (why: string) => string, locale: Locale): string {
  if (outcome === null) return t.detail.openNow;
  if (outcome.void !== '') return t.detail.outcomeVoid(reason(outcome.void));
  const day = formatDay(outcome.target_day, locale);
  const excess = formatPercent(outcome.excess_pct);
  if (outcome.right === null) return t.detail.outcomeUnsaid(day, excess);
  return outcome.right ? t.detail.outcomeRight(day, excess) : t.detail.outcomeWrong(day, excess);
}

/** Whether the outcome lies within the interval; null while either is not known. */
export function insideInterval(outcome: Outcome | null, low: number | null, high: number | null): boolean | null {
  if (outcome === null || outcome.void !== '' || outcome.excess_pct === null || low === null || high === null) return null;
  return low <= outcome.excess_pct && outcome.excess_pct <= high;
}

/** A cost in won, small ones to a hundredth: a call may cost less than one. */
export function costOf(microWon: number, locale: Locale): string {
  const won = microWon / 1e6;
  const text = formatNumber(won, won !== 0 && won < 100 ? 2 : 0);
  return locale === 'ko' ? `${text}원` : `₩${text}`;
}
