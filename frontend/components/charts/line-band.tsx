'use client';

import { area, line } from 'd3-shape';
import { Figure, type TableOf } from './figure';
import { extentOf, frame, padded, xScale, yScale } from './scale';

export interface LinePoint {
  /** Where it stands: a day's number, or how many were judged. */
  x: number;
  y: number | null;
  low?: number | null;
  high?: number | null;
}

export interface Series {
  name: string;
  points: readonly LinePoint[];
  /** solid and dashed tell two series apart without colour. */
  dash?: boolean;
}

interface Props {
  summary: string;
  series: readonly Series[];
  formatX: (x: number) => string;
  formatY: (y: number) => string;
  /** Lines across, each with its name: 1 "no evidence", the threshold. */
  marks?: readonly { y: number; name: string }[];
  /** Moments that stay marked, such as the first time that a threshold was reached. */
  events?: readonly { x: number; y: number; name: string }[];
  /** For what multiplies, such as evidence. Values of 0 and less are left out. */
  log?: boolean;
  table?: () => TableOf;
}

const widest = 880;
const height = 280;

/** The y axis' reach: all values, bands and marks; on a log axis only what is above 0. */
export function yDomain(series: readonly Series[], marks: readonly { y: number }[], log: boolean): [number, number] {
  const values = [...series.flatMap((s) => s.points.flatMap((p) => [p.y, p.low, p.high])), ...marks.map((m) => m.y)];
  const extent = extentOf(log ? values.filter((v) => v !== null && v !== undefined && v > 0) : values);
  if (!extent) return log ? [0.1, 10] : [0, 1];
  return log ? [extent[0] / 1.3, extent[1] * 1.3] : padded(extent);
}

/** Powers of ten within a reach, with their doubles and fives where those alone would be few. */
export function logTicks([low, high]: [number, number]): number[] {
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 }, (_, i) => Math.floor(Math.log10(low)) + i);
  const within = (factors: number[]) => powers.flatMap((p) => factors.map((n) => Number((n * 10 ** p).toPrecision(1)))).filter((v) => v >= low && v <= high);
  const tens = within([1]);
  return tens.length >= 3 ? tens : within([1, 2, 5]);
}

/** One or two lines over time, with the band that their truth lies in. */
export function LineWithBand({ summary, series, formatX, formatY, marks = [], events = [], log = false, table }: Props) {
  const xs = extentOf(series.flatMap((s) => s.points.map((p) => p.x))) ?? [0, 1];
  const reach = yDomain(series, marks, log);
  const drawable = (v: number | null | undefined): v is number => v !== null && v !== undefined && (!log || v > 0);
  const draw = (width: number) => {
    const f = { ...frame(width, height, 52, 26), right: 18 };
    const x = xScale(f, xs[0] === xs[1] ? padded(xs) : xs);
    const y = yScale(f, reach, log);
    const path = line<LinePoint>()
      .defined((p) => drawable(p.y))
      .x((p) => x(p.x))
      .y((p) => y(p.y ?? 1));
    const band = area<LinePoint>()
      .defined((p) => drawable(p.low) && drawable(p.high))
      .x((p) => x(p.x))
      .y0((p) => y(p.low ?? 1))
      .y1((p) => y(p.high ?? 1));
    const ends = x.ticks(width < 500 ? 3 : 6);
    const levels = log ? logTicks(reach) : y.ticks(5);
    return (
      <>
        {levels.map((tick) => (
          <g key={tick} className="tabular fill-muted text-[11px]">
            <line x1={f.left} x2={width - f.right} y1={y(tick)} y2={y(tick)} className="stroke-line" />
            <text x={f.left - 6} y={y(tick) + 4} textAnchor="end">
              {formatY(tick)}
            </text>
          </g>
        ))}
        {ends.map((tick) => (
          <text key={tick} x={x(tick)} y={height - 8} textAnchor="middle" className="tabular fill-muted text-[11px]">
            {formatX(tick)}
          </text>
        ))}
        {series.map((s) => (
          <path key={`${s.name} band`} d={band(s.points) ?? undefined} className="fill-muted/15" />
        ))}
        {marks.map((m) => (
          <line key={m.name} x1={f.left} x2={width - f.right} y1={y(m.y)} y2={y(m.y)} className="stroke-ink [stroke-dasharray:4_3]" />
        ))}
        {series.map((s) => (
          <path key={s.name} d={path(s.points) ?? undefined} className={`fill-none stroke-ink [stroke-width:2] ${s.dash ? '[stroke-dasharray:5_4]' : ''}`} />
        ))}
        {/* Above the lines, with a rim: a line that runs along a mark must not cross its name out. */}
        {marks.map((m) => (
          <text
            key={m.name}
            x={width - f.right}
            y={y(m.y) - 5}
            textAnchor="end"
            className="fill-ink stroke-surface text-[11px] [paint-order:stroke] [stroke-linejoin:round] [stroke-width:4]"
          >
            {m.name}
          </text>
        ))}
        {events.map((e) => (
          <g key={e.name}>
            <line x1={x(e.x)} x2={x(e.x)} y1={f.top} y2={height - f.bottom} className="stroke-ink [stroke-dasharray:1_3]" />
            <circle cx={x(e.x)} cy={y(e.y)} r={6} className="fill-surface stroke-ink [stroke-width:2]" />
            <text x={x(e.x) > width / 2 ? x(e.x) - 9 : x(e.x) + 9} y={f.top + 10} textAnchor={x(e.x) > width / 2 ? 'end' : 'start'} className="fill-ink text-[11px] font-semibold">
              {e.name}
            </text>
          </g>
        ))}
        {series.map((s) => {
          const last = s.points.findLast((p) => drawable(p.y));
          if (!last || last.y === null) return null;
          return (
            <g key={`${s.name} end`}>
              <circle cx={x(last.x)} cy={y(last.y)} r={3.5} className="fill-ink" />
              {series.length > 1 ? (
                <text x={x(last.x) - 7} y={y(last.y) - 7} textAnchor="end" className="fill-ink text-[11px] font-semibold">
                  {s.name}
                </text>
              ) : null}
            </g>
          );
        })}
      </>
    );
  };
  return (
    <Figure summary={summary} widest={widest} height={height} table={table}>
      {draw}
    </Figure>
  );
}
