'use client';

import { Figure } from './figure';
import { frame, xScale } from './scale';

interface Props {
  /** The whole row in words: 기술 점수 0.03, 95% 구간 −0.01에서 0.07. */
  summary: string;
  value: number | null;
  low: number | null;
  high: number | null;
  /** What the axis reaches: the same for all rows that are to be compared. */
  domain: [number, number];
  /** Where a line marks no difference; null for none. */
  reference?: number | null;
}

const widest = 320;
const height = 28;

/** A figure with its interval: a dot on a line, never a bar that ends at the mean. What lies outside the axis ends in an arrow. */
export function IntervalDot({ summary, value, low, high, domain, reference = 0 }: Props) {
  const y = height / 2;
  const [from, to] = domain;
  const draw = (width: number) => {
    const f = { ...frame(width, height), left: 8, right: 8 };
    const x = xScale(f, domain).clamp(true);
    return (
      <>
        <line x1={f.left} x2={width - f.right} y1={y} y2={y} className="stroke-line" />
        {reference !== null && reference >= from && reference <= to ? (
          <line x1={x(reference)} x2={x(reference)} y1={3} y2={height - 3} className="stroke-muted [stroke-dasharray:2_2]" />
        ) : null}
        {low !== null && high !== null ? (
          <>
            <line x1={x(low)} x2={x(high)} y1={y} y2={y} className="stroke-ink [stroke-linecap:round] [stroke-width:3]" />
            {low < from ? <path d={`M${f.left + 6},${y - 5}l-6,5l6,5`} className="fill-none stroke-ink [stroke-width:1.5]" /> : null}
            {high > to ? <path d={`M${width - f.right - 6},${y - 5}l6,5l-6,5`} className="fill-none stroke-ink [stroke-width:1.5]" /> : null}
          </>
        ) : null}
        {value !== null ? <circle cx={x(value)} cy={y} r={5} className="fill-ink stroke-surface [stroke-width:2]" /> : null}
      </>
    );
  };
  return (
    <Figure summary={summary} widest={widest} height={height}>
      {draw}
    </Figure>
  );
}
