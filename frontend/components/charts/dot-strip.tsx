'use client';

import { Figure, type TableOf } from './figure';
import { extentOf, frame, padded, xScale } from './scale';

export interface Dot {
  value: number;
  /** Such as the stock and the day that it stands for. */
  label?: string;
}

export interface PlacedDot extends Dot {
  x: number;
  y: number;
}

/** Piles dots up in columns as wide as a dot, so that none hides another. y counts from 0 at the bottom. */
export function stack(dots: readonly Dot[], x: (value: number) => number, size: number): PlacedDot[] {
  const columns = new Map<number, number>();
  return [...dots]
    .sort((a, b) => a.value - b.value)
    .map((dot) => {
      const column = Math.round(x(dot.value) / size);
      const row = columns.get(column) ?? 0;
      columns.set(column, row + 1);
      return { ...dot, x: column * size, y: row };
    });
}

/**
 * Dots that stand for a normal distribution between the ends of an interval: each is as likely as any other, so that 4 of 20
 * above 0 means 20 percent. coverage is what the interval holds, .8 in predictions.
 */
export function quantileDots(low: number, high: number, count = 20, coverage = 0.8): number[] {
  const mean = (low + high) / 2;
  const sigma = (high - low) / 2 / inverseNormal(0.5 + coverage / 2);
  return Array.from({ length: count }, (_, i) => mean + sigma * inverseNormal((i + 0.5) / count));
}

/** The standard normal's quantile, by bisection of its distribution function; good to about 1e-7. */
export function inverseNormal(p: number): number {
  let low = -8;
  let high = 8;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normal(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The standard normal's distribution function (Abramowitz and Stegun 26.2.17, error below 7.5e-8). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
}

interface Props {
  summary: string;
  dots: readonly Dot[];
  format: (value: number) => string;
  /** What happened, on the same axis; null while it is not known. */
  outcome?: number | null;
  domain?: [number, number];
  table?: TableOf;
}

const width = 480;
const size = 12;

/** Values as a pile of dots around 0: what rose to the right, what fell to the left, all of them shown. */
export function DotStrip({ summary, dots, format, outcome = null, domain, table }: Props) {
  const extent = domain ?? padded(extentOf([...dots.map((d) => d.value), 0, outcome]) ?? [-1, 1]);
  const inner = { ...frame(width, 0), left: size, right: size };
  const x = xScale(inner, extent);
  const placed = stack(dots, x, size);
  const rows = Math.max(3, ...placed.map((d) => d.y + 1));
  const base = rows * size + 14;
  return (
    <Figure summary={summary} width={width} height={base + 22} table={table}>
      <line x1={inner.left} x2={width - inner.right} y1={base} y2={base} className="stroke-line" />
      <line x1={x(0)} x2={x(0)} y1={4} y2={base + 4} className="stroke-muted [stroke-dasharray:2_2]" />
      {placed.map((d, i) => (
        <circle key={i} cx={d.x} cy={base - size / 2 - d.y * size} r={size / 2 - 1} className={d.value > 0 ? 'fill-up' : d.value < 0 ? 'fill-down' : 'fill-flat'}>
          <title>{`${d.label ? `${d.label}: ` : ''}${format(d.value)}`}</title>
        </circle>
      ))}
      {outcome !== null ? (
        <path d={`M${x(outcome)},${base + 2}l-5,9h10z`} className="fill-ink">
          <title>{format(outcome)}</title>
        </path>
      ) : null}
      {x.ticks(5).map((tick) => (
        <text key={tick} x={x(tick)} y={base + 18} textAnchor="middle" className="tabular fill-muted text-[11px]">
          {format(tick)}
        </text>
      ))}
    </Figure>
  );
}
