'use client';

import { Badge, Delta } from '@/components/marks';
import type { Outcome } from '@/lib/api';
import { formatDay } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { stateOf } from '@/lib/predictions';
import { usePredictionText } from './words';

type VoidReason = keyof ReturnType<typeof usePredictionText>['voids'];

/** Why there is no label, in words; what the API says where there are none for it. */
export function useVoidReason(): (reason: string) => string {
  const t = usePredictionText();
  return (reason) => (reason in t.voids ? t.voids[reason as VoidReason] : reason);
}

/** Right or wrong, by shape: ✓ and ✗. */
export function Verdict({ outcome }: { outcome: Outcome }) {
  const t = usePredictionText();
  if (outcome.right === null) return <span className="text-xs text-muted">{t.unsaid}</span>;
  return (
    <span className="text-xs font-medium whitespace-nowrap">
      <span aria-hidden="true">{outcome.right ? '✓' : '✗'} </span>
      {outcome.right ? t.right : t.wrong}
    </span>
  );
}

/** Where a prediction stands: open until when, what came of it, or why it has no label. */
export function Standing({ outcome, targetDay }: { outcome: Outcome | null; targetDay: string | null }) {
  const t = usePredictionText();
  const locale = useLocale();
  const reason = useVoidReason();
  const state = stateOf(outcome);
  if (outcome === null || state === 'open') {
    return (
      <span className="inline-flex flex-wrap items-baseline gap-x-1.5 text-xs text-muted">
        <span aria-hidden="true">○</span>
        <span>{t.states.open}</span>
        <span className="tabular">{targetDay === null ? t.noDeadline : t.until(formatDay(targetDay, locale))}</span>
      </span>
    );
  }
  if (state === 'void') {
    return (
      <span className="inline-flex flex-wrap items-baseline gap-x-1.5 text-xs text-muted">
        <Badge>{t.states.void}</Badge>
        {reason(outcome.void)}
      </span>
    );
  }
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-1.5 text-xs">
      <Verdict outcome={outcome} />
      <Delta value={outcome.excess_pct} />
      <span className="tabular text-muted">{formatDay(outcome.target_day, locale)}</span>
    </span>
  );
}
