'use client';

import { area } from 'd3-shape';
import type { BinItem } from '@/lib/api';
import { formatProbability } from '@/lib/format';
import { Figure, type TableOf } from './figure';
import { frame, xScale, yScale } from './scale';

interface Props {
  summary: string;
  bins: readonly BinItem[];
  /** Bins of fewer stock-days are drawn hollow. */
  fewest?: number;
  labels: { predicted: string; happened: string };
  table?: () => TableOf;
}

const widest = 380;
const height = 360;

/** A bin whose place is known. */
export type Placed = BinItem & { mean: number; frequency: number };

export const placedBins = (bins: readonly BinItem[]): Placed[] =>
  bins.filter((b): b is Placed => b.mean !== null && b.frequency !== null).sort((a, b) => a.mean - b.mean);

/** The radius of a bin's dot: its area goes with how many stand behind it. */
export function radiusOf(count: number, most: number): number {
  return most <= 0 ? 3 : 3 + 7 * Math.sqrt(Math.max(0, count) / most);
}

/**
 * Predicted probabilities against what happened. On the diagonal they agree; the band is where a calibrated forecaster's
 * dots would lie, 95 of a hundred times.
 */
export function Reliability({ summary, bins, fewest = 30, labels, table }: Props) {
  const placed = placedBins(bins);
  const most = Math.max(0, ...placed.map((b) => b.stock_days));
  const draw = (width: number) => {
    const f = { ...frame(width, height, 54, 40), right: 20 };
    const x = xScale(f, [0, 1]);
    const y = yScale(f, [0, 1]);
    const band = area<Placed>()
      .defined((b) => b.low !== null && b.high !== null)
      .x((b) => x(b.mean))
      .y0((b) => y(b.low ?? 0))
      .y1((b) => y(b.high ?? 0));
    const ticks = [0, 0.25, 0.5, 0.75, 1];
    return (
      <>
        {ticks.map((tick) => (
          <g key={tick} className="tabular fill-muted text-[11px]">
            <line x1={f.left} x2={width - f.right} y1={y(tick)} y2={y(tick)} className="stroke-line" />
            <text x={f.left - 6} y={y(tick) + 4} textAnchor="end">
              {formatProbability(tick)}
            </text>
            <text x={x(tick)} y={height - f.bottom + 15} textAnchor="middle">
              {formatProbability(tick)}
            </text>
          </g>
        ))}
        <path d={band(placed) ?? undefined} className="fill-muted/20" />
        <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} className="stroke-muted [stroke-dasharray:3_3]" />
        {placed.map((b, i) => (
          <circle
            key={i}
            cx={x(b.mean)}
            cy={y(b.frequency)}
            r={radiusOf(b.stock_days, most)}
            className={`stroke-ink [stroke-width:1.5] ${b.stock_days < fewest ? 'fill-surface' : 'fill-ink'}`}
          >
            <title>{`${formatProbability(b.mean)} → ${formatProbability(b.frequency)} (n=${b.stock_days})`}</title>
          </circle>
        ))}
        <text x={(f.left + width - f.right) / 2} y={height - 6} textAnchor="middle" className="fill-muted text-[11px]">
          {labels.predicted}
        </text>
        <text transform={`translate(11 ${(height - f.bottom) / 2}) rotate(-90)`} textAnchor="middle" className="fill-muted text-[11px]">
          {labels.happened}
        </text>
      </>
    );
  };
  return (
    <Figure summary={summary} widest={widest} height={height} table={table}>
      {draw}
    </Figure>
  );
}
