import { fireEvent, render, screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { BinItem } from '@/lib/api';
import { DotStrip, stack } from './dot-strip';
import { DataOf } from './figure';
import { IntervalDot } from './interval-dot';
import { LineWithBand, logTicks, yDomain } from './line-band';
import { candlesOf, candlesOfMinutes, ticks, tickText } from './price-chart';
import { inverseNormal, quantileDots } from './quantiles';
import { placedBins, radiusOf, Reliability } from './reliability';
import { extentOf, padded } from './scale';

describe('scales', () => {
  it('span what is known', () => {
    expect(extentOf([3, null, -1, Number.NaN, undefined])).toEqual([-1, 3]);
    expect(extentOf([null])).toBeNull();
    const [low, high] = padded([5, 5]);
    expect(low).toBeLessThan(5);
    expect(high).toBeGreaterThan(5);
  });
});

describe('dots', () => {
  it('pile up instead of hiding each other', () => {
    const placed = stack([{ value: 1 }, { value: 1 }, { value: 9 }, { value: 1 }], (v) => v * 10, 10);
    expect(placed.map((d) => [d.x, d.y])).toEqual([[10, 0], [10, 1], [10, 2], [90, 0]]);
  });

  it('stand for equal chances: a tenth lies beyond each end of an 80 percent interval', () => {
    expect(inverseNormal(0.9)).toBeCloseTo(1.2816, 4);
    const dots = quantileDots(-3, 5, 20);
    expect(dots.filter((d) => d < -3)).toHaveLength(2);
    expect(dots.filter((d) => d > 5)).toHaveLength(2);
    expect(dots.reduce((a, b) => a + b, 0) / 20).toBeCloseTo(1, 6);
  });

  it('are all drawn, the losers too', () => {
    const { container } = render(<DotStrip summary="3건" dots={[{ value: -2 }, { value: 0 }, { value: 4, label: 'a' }]} format={(v) => `${v}%`} outcome={1} />);
    expect(container.querySelectorAll('circle')).toHaveLength(3);
    expect(container.querySelectorAll('.fill-down')).toHaveLength(1);
    expect(screen.getByRole('img', { name: '3건' })).toBeTruthy();
  });
});

describe('an interval', () => {
  it('keeps within the axis and marks what goes on', () => {
    const { container } = render(<IntervalDot summary="x" value={0.1} low={-9} high={0.2} domain={[-1, 1]} />);
    expect(Number(container.querySelector('circle')?.getAttribute('cx'))).toBeCloseTo(8 + 0.55 * 304, 3);
    expect(container.querySelectorAll('path')).toHaveLength(1);
    const line = container.querySelectorAll('line')[2];
    expect(line?.getAttribute('x1')).toBe('8');
  });
});

describe('reliability', () => {
  const bin = (mean: number | null, frequency: number | null, stock_days: number): BinItem => ({ mean, frequency, stock_days, low: 0.4, high: 0.6 });

  it('draws small bins hollow and leaves out those without a place', () => {
    const bins = [bin(0.6, 0.5, 100), bin(0.4, 0.45, 5), bin(null, null, 0)];
    expect(placedBins(bins).map((b) => b.mean)).toEqual([0.4, 0.6]);
    const { container } = render(<Reliability summary="x" bins={bins} labels={{ predicted: 'p', happened: 'h' }} />);
    const circles = [...container.querySelectorAll('circle')];
    expect(circles.map((c) => c.classList.contains('fill-ink'))).toEqual([false, true]);
    expect(Number(circles[0]?.getAttribute('cy'))).toBeCloseTo(10 + 0.55 * 310, 3);
  });

  it("gives a dot an area that goes with its bin's size", () => {
    expect(radiusOf(100, 100)).toBe(10);
    expect((radiusOf(25, 100) - 3) / (radiusOf(100, 100) - 3)).toBeCloseTo(0.5, 9);
    expect(radiusOf(0, 0)).toBe(3);
  });
});

describe('a line with its band', () => {
  const series = [{ name: 'B', points: [{ x: 1, y: 1 }, { x: 2, y: 0 }, { x: 3, y: 8 }] }];

  it('shows the threshold even where nothing has reached it, and no zero on a log axis', () => {
    const [low, high] = yDomain(series, [{ y: 40 }], true);
    expect(high).toBeGreaterThan(40);
    expect(low).toBeGreaterThan(0);
  });

  it('has few lines across on a log axis', () => {
    expect(logTicks([0.08, 60])).toEqual([0.1, 1, 10]);
    expect(logTicks([0.8, 12])).toEqual([1, 2, 5, 10]);
  });

  it('breaks where there is no value', () => {
    const { container } = render(
      <LineWithBand summary="x" series={series} log marks={[{ y: 40, name: '40' }]} formatX={String} formatY={String} />,
    );
    const line = container.querySelector('path.fill-none')?.getAttribute('d') ?? '';
    expect(line.match(/M/g)).toHaveLength(2);
  });
});

describe('the data as a table', () => {
  it('is made when somebody opens it, and stays', async () => {
    const table = vi.fn(() => ({ head: ['day'], rows: [['11/26']] }));
    render(<DataOf table={table} caption="x" />);
    expect(table).not.toHaveBeenCalled();
    const details = screen.getByRole('group') as HTMLDetailsElement;
    const turn = (open: boolean) => {
      details.open = open;
      fireEvent(details, new Event('toggle'));
    };
    turn(true);
    expect(screen.getByRole('cell').textContent).toBe('11/26');
    turn(false);
    expect(screen.getByRole('cell', { hidden: true }).textContent).toBe('11/26');
  });
});

describe('a moment', () => {
  it('stays marked where the line has fallen again', () => {
    const { container } = render(
      <LineWithBand
        summary="x"
        log
        series={[{ name: 'B', points: [{ x: 1, y: 1 }, { x: 2, y: 50 }, { x: 3, y: 2 }] }]}
        events={[{ x: 2, y: 50, name: '기준 도달' }]}
        formatX={String}
        formatY={String}
      />,
    );
    expect(screen.getByText('기준 도달')).toBeTruthy();
    const ring = container.querySelector('circle.fill-surface');
    const end = container.querySelector('circle.fill-ink');
    expect(Number(ring?.getAttribute('cy'))).toBeLessThan(Number(end?.getAttribute('cy')));
    expect(Number(ring?.getAttribute('cx'))).toBeLessThan(Number(end?.getAttribute('cx')));
  });
});

describe('candles', () => {
  it('are adjusted for splits, and flat where only the close is known', () => {
    const bars = [{ day: '2026-11-26', open: 100, high: 120, low: 90, close: 110, volume: 1, adj_factor: 0.5 }, { day: '2026-11-27', open: null, high: null, low: null, close: 60, volume: 1, adj_factor: 1 }];
    expect(candlesOf(bars)).toEqual([
      { time: '2026-11-26', open: 50, high: 60, low: 45, close: 55 },
      { time: '2026-11-27', open: 60, high: 60, low: 60, close: 60 },
    ]);
  });

  it('of minutes stand where the clock of Seoul reads as the axis does, in UTC', () => {
    const [candle] = candlesOfMinutes([{ at: '2026-11-23T09:01:00+09:00', open: 1, high: 2, low: 1, close: 2, volume: 3 }]);
    expect(new Date(Number(candle?.time) * 1000).toISOString()).toBe('2026-11-23T09:01:00.000Z');
  });
});

describe('marks of the price axis', () => {
  it('are the year, the month or the day that begins, and the clock in KST of minutes', () => {
    expect([ticks.year, ticks.month, ticks.day].map((kind) => tickText('2026-11-02', kind, 'ko'))).toEqual(['2026', '11월', '2일']);
    expect([ticks.month, ticks.day].map((kind) => tickText('2026-11-02', kind, 'en'))).toEqual(['Nov', '2']);
    const [candle] = candlesOfMinutes([{ at: '2026-11-23T09:01:00+09:00', open: 1, high: 1, low: 1, close: 1, volume: 1 }]);
    expect(tickText(candle!.time as never, ticks.time, 'ko')).toBe('09:01');
  });
});
