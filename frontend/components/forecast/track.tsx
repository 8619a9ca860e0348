'use client';

import { usePredictionText } from './words';

const width = 132;
const height = 20;
const edge = 6;

/**
 * A probability on the whole way from 0 to 100 percent, with a line where it usually is: how little most news moves it is
 * meant to be seen.
 */
export function ProbabilityTrack({ probability, baseRate }: { probability: number | null; baseRate: number | null }) {
  const t = usePredictionText();
  if (probability === null) return null;
  const p = Math.round(probability * 100);
  const base = baseRate === null ? null : Math.round(baseRate * 100);
  const x = (share: number) => edge + Math.min(1, Math.max(0, share)) * (width - 2 * edge);
  const y = height / 2;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={base === null ? t.trackAlone(p) : t.track(p, base)} className="inline-block h-5 w-33 shrink-0 align-middle">
      <line x1={x(0)} x2={x(1)} y1={y} y2={y} className="stroke-line [stroke-width:2]" />
      {[0, 0.5, 1].map((tick) => (
        <line key={tick} x1={x(tick)} x2={x(tick)} y1={y - 3} y2={y + 3} className="stroke-line" />
      ))}
      {baseRate !== null ? (
        <>
          <line x1={x(baseRate)} x2={x(probability)} y1={y} y2={y} className="stroke-ink [stroke-width:2.5]" />
          <line x1={x(baseRate)} x2={x(baseRate)} y1={y - 7} y2={y + 7} className="stroke-muted [stroke-width:1.5]" />
        </>
      ) : null}
      <circle cx={x(probability)} cy={y} r={4.5} className="fill-ink stroke-surface [stroke-width:1.5]" />
    </svg>
  );
}
