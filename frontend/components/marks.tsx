'use client';

import Link from 'next/link';
import type { ReactNode } from 'react';
import { formatPercent, formatPoints, formatPrice, formatProbability, unknownMark } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';

/** Text from outside, such as a title: it cannot turn or widen what stands around it. */
export function Foreign({ children }: { children: string }) {
  return <bdi className="foreign">{children}</bdi>;
}

type Tone = 'plain' | 'warn' | 'strong';

const tones: Record<Tone, string> = {
  plain: 'border-line bg-sunken text-muted',
  warn: 'border-warn-line bg-warn-surface text-warn',
  strong: 'border-ink bg-ink text-page',
};

/** A word about a state. */
export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={`inline-flex items-center gap-1 rounded-full border px-2 text-2xs font-medium whitespace-nowrap ${tones[tone]}`}>
      {tone === 'warn' ? <span aria-hidden="true">⚠</span> : null}
      {children}
    </span>
  );
}

/** A thing that can be gone to, among others of its kind. */
export function Chip({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link
      href={href}
      prefetch={false}
      className="inline-flex min-h-7 max-w-full items-center gap-1 rounded-full border border-line bg-surface px-2.5 text-xs hover:border-control"
    >
      {children}
    </Link>
  );
}

/** A stock's name with its code, which is a text and keeps its zeros. */
export function StockLink({ code, name, market }: { code: string; name: string; market?: string }) {
  return (
    <Link href={hrefs.stock(code)} prefetch={false} className="group inline-flex min-w-0 flex-wrap items-baseline gap-x-1.5">
      <span className="font-medium group-hover:underline">
        <Foreign>{name}</Foreign>
      </span>
      <span className="tabular text-xs text-muted">
        {code}
        {market ? ` ${market}` : ''}
      </span>
    </Link>
  );
}

export function StockChip({ code, name }: { code: string; name: string }) {
  return (
    <Chip href={hrefs.stock(code)}>
      <Foreign>{name}</Foreign>
      <span className="tabular text-2xs text-muted">{code}</span>
    </Chip>
  );
}

export function Price({ won }: { won: number | null }) {
  return <span className="tabular whitespace-nowrap">{formatPrice(won, useLocale())}</span>;
}

const colors = { up: 'text-up', down: 'text-down', flat: 'text-flat' } as const;
const arrows = { up: '▲', down: '▼', flat: '■' } as const;

export function directionOf(n: number | null | undefined): 'up' | 'down' | 'flat' {
  return !n ? 'flat' : n > 0 ? 'up' : 'down';
}

/** A change, said by sign, shape and colour. unit: a return in percent, or a difference of probabilities in points. */
export function Delta({ value, unit = 'percent' }: { value: number | null | undefined; unit?: 'percent' | 'points' }) {
  const locale = useLocale();
  const t = useCommon();
  if (value === null || value === undefined) return <span className="text-muted">{unknownMark}</span>;
  const text = unit === 'percent' ? formatPercent(value) : formatPoints(value, locale);
  // What rounds to nothing points nowhere.
  const direction = /[1-9]/.test(text) ? directionOf(value) : 'flat';
  return (
    <span className={`tabular whitespace-nowrap ${colors[direction]}`}>
      <span aria-hidden="true" className="mr-0.5 text-[0.7em]">
        {direction === 'flat' ? '' : arrows[direction]}
      </span>
      <span className="sr-only">{t[direction]} </span>
      {text}
    </span>
  );
}

interface ProbabilityProps {
  probability: number | null;
  baseRate: number | null;
  /** Trading days ahead. */
  horizon?: number;
}

/** A probability beside its base rate in one short line: 58% 평소 52% ▲+6%p. */
export function Probability({ probability, baseRate, horizon }: ProbabilityProps) {
  const t = useCommon();
  if (probability === null) return <span className="text-muted">{t.probabilityUnknown}</span>;
  const base = baseRate === null ? null : Math.round(baseRate * 100);
  const whole = Math.round(probability * 100);
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-1.5 text-xs">
      {horizon !== undefined ? <span className="text-muted">{t.horizon(horizon)}</span> : null}
      <span className="tabular text-sm font-semibold">{formatProbability(probability)}</span>
      {base !== null ? (
        <span className="inline-flex items-baseline gap-x-1.5 whitespace-nowrap">
          <span className="tabular text-muted">{t.basePercent(base)}</span>
          <Delta value={(whole - base) / 100} unit="points" />
        </span>
      ) : null}
    </span>
  );
}

/** A probability as a sentence of frequencies, the base rate in the same form. */
export function ProbabilitySentence({ probability, baseRate, horizon }: ProbabilityProps) {
  const t = useCommon();
  if (probability === null) return <span className="text-muted">{t.probabilityUnknown}</span>;
  return (
    <span>
      {horizon !== undefined ? `${t.horizon(horizon)}: ` : ''}
      {t.frequency(Math.round(probability * 100))}
      {baseRate !== null ? ` (${t.baseFrequency(Math.round(baseRate * 100))})` : ''}
    </span>
  );
}

/** Must stand with every text that a language model wrote. */
export function AiMark() {
  return <Badge>{useCommon().aiMade}</Badge>;
}

/** Must stand on every page that shows a prediction. */
export function NotAdvice() {
  return <p className="text-xs text-muted">{useCommon().notAdvice}</p>;
}
