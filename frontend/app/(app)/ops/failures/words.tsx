'use client';

import { Badge, Foreign } from '@/components/marks';
import type { CauseItem, FailureItem } from '@/lib/api';
import { formatCount } from '@/lib/format';
import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/failures';
import ko from '@/messages/ko/failures';
import { templateOf } from './cause';

export const useText = dictionary({ ko, en });

export const states = ['gave_up', 'quarantined', 'retrying', 'resolved'] as const;

/** A message with what differs between the failures of its cause marked. */
export function Template({ error }: { error: string }) {
  const t = useText();
  return (
    <code dir="auto" className="foreign font-mono text-xs">
      {templateOf(error).map((piece, i) =>
        piece.varies ? (
          <span key={i} title={`${t.varies}: ${piece.text}`} className="mx-px rounded bg-sunken px-1 text-muted">
            #<span className="sr-only"> ({t.varies})</span>
          </span>
        ) : (
          <span key={i}>{piece.text}</span>
        ),
      )}
    </code>
  );
}

/** How many of a cause stand where: only what there is. */
export function Counts({ cause }: { cause: CauseItem }) {
  const t = useText();
  return (
    <span className="inline-flex flex-wrap gap-1">
      {states.map((state) =>
        cause[state] > 0 ? (
          <Badge key={state} tone={state === 'gave_up' || state === 'quarantined' ? 'warn' : 'plain'}>
            {t.states[state]} <span className="tabular">{formatCount(cause[state])}</span>
          </Badge>
        ) : null,
      )}
    </span>
  );
}

export function State({ state }: { state: FailureItem['state'] }) {
  const t = useText();
  return (
    <span title={t.statesHelp[state]}>
      <Badge tone={state === 'gave_up' || state === 'quarantined' ? 'warn' : 'plain'}>{t.states[state]}</Badge>
    </span>
  );
}

/** Text of an error, with its end cut off where it is long. */
export function ErrorText({ children }: { children: string }) {
  return (
    <span className="line-clamp-3 font-mono text-xs" title={children.length > 240 ? children.slice(0, 2000) : undefined}>
      <Foreign>{children}</Foreign>
    </span>
  );
}
