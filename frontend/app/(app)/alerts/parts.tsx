'use client';

import Link from 'next/link';
import type { ReactNode } from 'react';
import { Badge, Delta, Foreign } from '@/components/marks';
import { Day, Time } from '@/components/time';
import type { AlertItem, MyNotice, OptionItem, Outcome, RuleBody } from '@/lib/api';
import { formatPercent, formatPoints } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { useReason, useText } from './words';

/** What became of an alert for the reader. */
export function Mine({ mine }: { mine: MyNotice | null }) {
  const t = useText();
  const reason = useReason();
  if (!mine) return <span className="text-muted">{t.mineNone}</span>;
  const bad = mine.state === 'failed' || mine.state === 'refused' || mine.state === 'ambiguous';
  const why = mine.reason && mine.reason !== 'passed' ? reason(mine.reason) : '';
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2">
      <Badge tone={bad ? 'warn' : 'plain'}>{t.states[mine.state]}</Badge>
      {mine.in_digest ? <Badge>{t.inDigest}</Badge> : null}
      {mine.sent_at ? (
        <span className="text-muted">
          <Time at={mine.sent_at} clock="wall" as="exact" />
        </span>
      ) : null}
      {why ? (
        <span className="text-muted">
          <Foreign>{why}</Foreign>
        </span>
      ) : null}
    </span>
  );
}

/** One horizon's outcome in a line. */
export function OutcomeLine({ outcome: o }: { outcome: Outcome }) {
  const t = useText();
  const common = useCommon();
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2">
      <span className="text-muted">
        {common.horizon(o.horizon)} <Day day={o.target_day} />
      </span>
      {o.void ? (
        <>
          <Badge>{t.void}</Badge>
          <span className="text-muted">
            <Foreign>{o.void}</Foreign>
          </span>
        </>
      ) : (
        <>
          <span>
            {t.excess} <Delta value={o.excess_pct} />
          </span>
          {o.flat ? <span className="text-muted">{t.flat}</span> : null}
          {o.right === null ? null : <span className="font-medium">{o.right ? `✓ ${t.right}` : `✗ ${t.wrong}`}</span>}
        </>
      )}
    </span>
  );
}

/** Outcomes, that of the signal's own horizon first. */
export function Outcomes({ alert }: { alert: Pick<AlertItem, 'outcomes' | 'signal'> }) {
  const t = useText();
  const own = alert.signal?.horizon ?? 0;
  const known = [...alert.outcomes].sort((a, b) => Number(b.horizon === own) - Number(a.horizon === own) || a.horizon - b.horizon);
  const waits = known.length === 0 || (own !== 0 && known[0]?.horizon !== own);
  return (
    <span className="inline-flex flex-wrap gap-x-4 gap-y-1">
      {waits ? <span className="text-muted">{t.open}</span> : null}
      {known.map((o) => (
        <OutcomeLine key={o.horizon} outcome={o} />
      ))}
    </span>
  );
}

/** A value with what it needs, and whether it is enough, by word and not by colour. */
function Against({ value, needed, enough }: { value: string; needed: string; enough: boolean | null }) {
  const t = useText();
  return (
    <>
      <span className="tabular font-medium whitespace-nowrap">{value}</span>{' '}
      <span className="tabular whitespace-nowrap text-muted">
        ({t.needs(needed)}
        {enough === null ? '' : ` · ${enough ? t.meets : t.misses}`})
      </span>
    </>
  );
}

/** What each horizon's prediction came to, beside what it needs. */
export function Options({ options, gate }: { options: readonly OptionItem[]; gate: RuleBody['gate'] | undefined }) {
  const t = useText();
  const common = useCommon();
  const locale = useLocale();
  const reason = useReason();
  const shift = gate?.min_shift ?? null;
  const score = gate?.min_score_pct ?? null;
  // The API rounds to the sixth decimal, both sides.
  const reached = (value: number | null, least: number | null) => (value === null || least === null ? null : Math.abs(value) >= least - 1e-6);
  return (
    <ul className="divide-y divide-line">
      {options.map((o) => (
        <li key={o.prediction_id} className="grid gap-x-4 py-2 first:pt-0 last:pb-0 sm:grid-cols-[4.5rem_minmax(0,1fr)]">
          <Link href={hrefs.prediction(o.prediction_id)} prefetch={false} className="link w-fit font-medium whitespace-nowrap">
            {common.horizon(o.horizon)}
          </Link>
          <div className="min-w-0">
            <p>
              <Foreign>{reason(o.reason)}</Foreign>
            </p>
            <dl className="flex flex-wrap gap-x-5 text-xs">
              <div>
                <dt className="inline text-muted">{t.shift}</dt>{' '}
                <dd className="inline">
                  <Against value={formatPoints(o.shift, locale)} needed={formatPoints(shift, locale).replace('+', '')} enough={reached(o.shift, shift)} />
                </dd>
              </div>
              <div>
                <dt className="inline text-muted">{t.score}</dt>{' '}
                <dd className="inline">
                  <Against value={formatPercent(o.score_pct).replace('+', '')} needed={formatPercent(score).replace('+', '')} enough={reached(o.score_pct, score)} />
                </dd>
              </div>
            </dl>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** A name and what belongs to it, in one row. */
export function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-3 sm:grid-cols-[5.5rem_minmax(0,1fr)]">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}
