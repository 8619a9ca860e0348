'use client';

import { line } from 'd3-shape';
import { extentOf, frame, padded, xScale, yScale } from './scale';

interface Props {
  /** What it shows, in words: it has no axis to read. */
  summary: string;
  values: readonly (number | null)[];
}

const width = 96;
const height = 24;

/** A line the size of a word. Gaps stay gaps. */
export function Sparkline({ summary, values }: Props) {
  const f = { ...frame(width, height), left: 2, right: 2, top: 2, bottom: 2 };
  const x = xScale(f, [0, Math.max(1, values.length - 1)]);
  const y = yScale(f, padded(extentOf(values) ?? [0, 1]));
  const path = line<number | null>()
    .defined((v) => v !== null)
    .x((_, i) => x(i))
    .y((v) => y(v ?? 0));
  return (
    <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={summary} className="inline-block h-6 w-24 align-middle">
      <path d={path([...values]) ?? undefined} className="fill-none stroke-ink [stroke-width:1.5]" />
    </svg>
  );
}
