import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from 'd3-scale';

/** A chart's inside, in the units of its viewBox. */
export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export const frame = (width: number, height: number, left = 40, bottom = 24): Frame => ({ width, height, left, right: 10, top: 10, bottom });

/** The lowest and the highest of the numbers that are known; null when none is. */
export function extentOf(values: Iterable<number | null | undefined>): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const v of values) {
    if (v === null || v === undefined || !Number.isFinite(v)) continue;
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  return low <= high ? [low, high] : null;
}

/** The extent with some air, and never of no width. */
export function padded([low, high]: [number, number], share = 0.06): [number, number] {
  const air = (high - low) * share || Math.abs(low) * share || 1;
  return [low - air, high + air];
}

export function xScale(f: Frame, domain: [number, number]): ScaleContinuousNumeric<number, number> {
  return scaleLinear(domain, [f.left, f.width - f.right]);
}

export function yScale(f: Frame, domain: [number, number], log = false): ScaleContinuousNumeric<number, number> {
  const range: [number, number] = [f.height - f.bottom, f.top];
  return log ? scaleLog(domain, range) : scaleLinear(domain, range);
}
