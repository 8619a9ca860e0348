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

interface Props {
  summary: string;
  dots: readonly Dot[];
  format: (value: number) => string;
  /** What happened, on the same axis; null while it is not known. */
  outcome?: number | null;
  domain?: [number, number];
  table?: () => TableOf;
}

const widest = 640;
const narrowest = 320;
const size = 12;

/** Values as a pile of dots around 0: what rose to the right, what fell to the left, all of them shown. */
export function DotStrip({ summary, dots, format, outcome = null, domain, table }: Props) {
  const extent = domain ?? padded(extentOf([...dots.map((d) => d.value), 0, outcome]) ?? [-1, 1]);
  const inside = (width: number) => ({ ...frame(width, 0), left: size * 2, right: size * 2 });
  // The fewer columns there are, the higher they may pile up: room for the narrowest screen.
  const rows = Math.max(3, ...stack(dots, xScale(inside(narrowest), extent), size).map((d) => d.y + 1));
  const base = rows * size + 14;
  const draw = (width: number) => {
    const inner = inside(width);
    const x = xScale(inner, extent);
    const placed = stack(dots, x, size);
    return (
      <>
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
        {x.ticks(width < 400 ? 3 : 5).map((tick) => (
          <text key={tick} x={x(tick)} y={base + 18} textAnchor="middle" className="tabular fill-muted text-[11px]">
            {format(tick)}
          </text>
        ))}
      </>
    );
  };
  return (
    <Figure summary={summary} widest={widest} height={base + 22} table={table}>
      {draw}
    </Figure>
  );
}
