'use client';

import type { IChartApi, SeriesMarker, TickMarkType, Time, UTCTimestamp } from 'lightweight-charts';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { BarItem, MinuteItem } from '@/lib/api';
import { formatClock, formatCount, formatDay, formatPrice, monthNames } from '@/lib/format';
import { useLocale, usePreferences } from '@/lib/i18n';
import { stepTo, useLit, type Lit } from '@/lib/lit';
import { useCommon } from '@/lib/words';
import { DataOf } from './figure';

export interface ChartMarker {
  /** The trading day, 2026-11-26; one marker per day and kind, or they hide each other. */
  day: string;
  text: string;
  /** news stand above, open and judged predictions below; what became of them differs by shape. */
  kind: 'news' | 'open' | 'right' | 'wrong' | 'mixed';
  /** Of a walk through history: told apart from what was said live. */
  faint?: boolean;
}

interface Props {
  /** What the chart shows, for screen readers. */
  summary: string;
  bars: readonly BarItem[];
  /** Minutes in place of days. */
  minutes?: readonly MinuteItem[];
  markers?: readonly ChartMarker[];
  /** Called with a trading day whose bar or marker was chosen. */
  onDay?: (day: string) => void;
  /** The day that is pointed at, here or elsewhere on the page: its markers stand out. */
  lit?: Lit;
  /** Says a marked day in words. With it and lit, keys lead from one marked day to the next. */
  describe?: (day: string) => string;
}

/** How a prediction's marker looks. The library's own arrows would read as a rise and a fall. */
export const glyphs = { news: '■', open: '○', right: '✓', wrong: '✗', mixed: '≈' } as const;

interface Candle {
  time: string | UTCTimestamp;
  open: number;
  high: number;
  low: number;
  close: number;
}

const kst = 9 * 3600;

interface Colors {
  up: string;
  down: string;
  ink: string;
  muted: string;
  line: string;
}

/** The theme's colours as the chart library can read them: it knows no CSS variables. */
function colorsOf(box: HTMLElement): Colors {
  const probe = document.createElement('span');
  box.append(probe);
  const read = (name: string) => {
    probe.className = name;
    return getComputedStyle(probe).color;
  };
  const colors = { up: read('text-up'), down: read('text-down'), ink: read('text-ink'), muted: read('text-muted'), line: read('text-line') };
  probe.remove();
  return colors;
}

/** Candles of bars that have an open, prices of all adjusted for splits, so that days compare. */
export function candlesOf(bars: readonly BarItem[]) {
  return bars.map((b) => {
    const adjusted = (won: number | null) => (won ?? b.close) * b.adj_factor;
    return { time: b.day, open: adjusted(b.open), high: adjusted(b.high), low: adjusted(b.low), close: b.close * b.adj_factor };
  });
}

/** Candles of minutes. The library shows instants in UTC, so they are moved to where UTC reads as KST. */
export function candlesOfMinutes(minutes: readonly MinuteItem[]): Candle[] {
  return minutes.map((m) => ({
    time: (Math.floor(new Date(m.at).getTime() / 1000) + kst) as UTCTimestamp,
    open: m.open,
    high: m.high,
    low: m.low,
    close: m.close,
  }));
}

/** The day of an instant in KST. */
function kstDay(iso: string): string {
  return new Date(new Date(iso).getTime() + kst * 1000).toISOString().slice(0, 10);
}

/** A moment of the axis: a day, or the clock of one in KST. */
function timeText(time: Time, locale: 'ko' | 'en'): string {
  if (typeof time !== 'number') return formatDay(String(time), locale);
  const iso = new Date((time - kst) * 1000).toISOString();
  return `${formatDay(kstDay(iso), locale)} ${formatClock(iso)} KST`;
}

/** What begins at a mark below the axis, as the library numbers it: the library itself is fetched later. */
export const ticks = { year: 0, month: 1, day: 2, time: 3 } as const satisfies Record<string, TickMarkType>;

/** A mark below the axis: a year, a month, a day, or the clock in KST. The library's own would make Intl's formatters. */
export function tickText(time: Time, kind: TickMarkType, locale: 'ko' | 'en'): string {
  const iso = typeof time === 'number' ? new Date((time - kst) * 1000).toISOString() : `${String(time)}T12:00:00+09:00`;
  if (kind >= ticks.time) return formatClock(iso);
  const [year, month, day] = kstDay(iso).split('-').map(Number) as [number, number, number];
  if (kind === ticks.year) return String(year);
  if (kind === ticks.month) return locale === 'ko' ? `${month}월` : monthNames[month - 1]!;
  return locale === 'ko' ? `${day}일` : String(day);
}

interface Drawn {
  candles: readonly Candle[];
  volumes: readonly number[];
  markers: readonly ChartMarker[];
}

/** Lets the browser do what waits: keys, taps, and the rest of the page, for half a second at most. */
const idle = () =>
  new Promise<void>((resolve) => {
    if (typeof requestIdleCallback === 'undefined') setTimeout(resolve);
    else requestIdleCallback(() => resolve(), { timeout: 500 });
  });

interface Chart {
  api: IChartApi;
  /** Makes a day's markers stand out; with the crosshair where the pointer is not here itself. */
  mark: (day: string, crosshair: boolean) => void;
}

async function draw(box: HTMLElement, { candles: values, volumes, markers }: Drawn, locale: 'ko' | 'en'): Promise<Chart> {
  await idle();
  const { CandlestickSeries, HistogramSeries, createChart, createSeriesMarkers } = await import('lightweight-charts');
  await idle();
  const c = colorsOf(box);
  const chart = createChart(box, {
    autoSize: true,
    // The library's logo brings a style element of its own, which our policy refuses; its notice stands below the chart.
    layout: { attributionLogo: false, background: { color: 'transparent' }, textColor: c.muted, fontFamily: getComputedStyle(box).fontFamily, fontSize: 11 },
    grid: { vertLines: { visible: false }, horzLines: { color: c.line } },
    rightPriceScale: { borderVisible: false },
    timeScale: {
      borderVisible: false,
      timeVisible: typeof values[0]?.time === 'number',
      secondsVisible: false,
      tickMarkFormatter: (t: Time, kind: TickMarkType) => tickText(t, kind, locale),
    },
    localization: { locale: locale === 'ko' ? 'ko-KR' : 'en-US', priceFormatter: (won: number) => formatCount(won), timeFormatter: (t: Time) => timeText(t, locale) },
    handleScroll: { vertTouchDrag: false },
  });
  await idle();
  const candles = chart.addSeries(CandlestickSeries, {
    upColor: c.up, wickUpColor: c.up, borderUpColor: c.up, downColor: c.down, wickDownColor: c.down, borderDownColor: c.down,
  });
  candles.setData([...values]);
  const volume = chart.addSeries(HistogramSeries, { priceScaleId: 'volume', priceFormat: { type: 'volume' }, color: c.line, lastValueVisible: false, priceLineVisible: false });
  chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  candles.priceScale().applyOptions({ scaleMargins: { top: 0.1, bottom: 0.24 } });
  volume.setData(values.map((v, i) => ({ time: v.time, value: volumes[i] ?? 0 })));
  const days = new Set(values.map((v) => v.time));
  const placed = markers.filter((m) => days.has(m.day)).sort((a, b) => a.day.localeCompare(b.day));
  const seriesMarkers = (day: string) =>
    placed.map((m): SeriesMarker<Time> => {
      const lit = m.day === day;
      return {
        time: m.day,
        position: m.kind === 'news' ? 'aboveBar' : 'belowBar',
        shape: m.kind === 'news' ? 'square' : 'circle',
        color: !lit && (m.faint || m.kind === 'news') ? c.muted : c.ink,
        text: m.kind === 'news' ? m.text : glyphs[m.kind] + m.text,
        size: m.kind === 'news' ? (lit ? 1.2 : 0.4) : lit ? 0.6 : 0,
      };
    });
  const plugin = createSeriesMarkers(candles, seriesMarkers(''));
  const closes = new Map(values.map((v) => [v.time, v.close]));
  chart.timeScale().fitContent();
  return {
    api: chart,
    mark: (day, crosshair) => {
      plugin.setMarkers(seriesMarkers(day));
      const close = closes.get(day);
      if (!crosshair) return;
      if (close === undefined) chart.clearCrosshairPosition();
      else chart.setCrosshairPosition(close, day, candles);
    },
  };
}

const none: readonly ChartMarker[] = [];

/** Candles of days or minutes, with volume and markers. The library is fetched when the chart is shown, not with the page. */
export function PriceChart({ summary, bars, minutes, markers = none, onDay, lit, describe }: Props) {
  const t = useCommon();
  const locale = useLocale();
  const { theme, rise } = usePreferences();
  const ref = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState(false);
  const [dark, setDark] = useState(false);
  const stops = useMemo(() => {
    const known = new Set(bars.map((b) => b.day));
    return [...new Set(markers.map((m) => m.day))].filter((day) => known.has(day)).sort();
  }, [bars, markers]);
  const steps = lit !== undefined && describe !== undefined && stops.length > 0;
  const chosen = useRef(onDay);
  const pointed = useRef(lit);
  useEffect(() => {
    chosen.current = onDay;
    pointed.current = lit;
  });
  const made = useRef<Chart | null>(null);
  const here = useRef(false); // the pointer is on the chart, which shows its crosshair itself

  useEffect(() => {
    const query = window.matchMedia('(prefers-color-scheme: dark)');
    const change = () => setDark(query.matches);
    change();
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, []);

  useEffect(() => {
    const box = ref.current;
    const drawn: Drawn = minutes
      ? { candles: candlesOfMinutes(minutes), volumes: minutes.map((m) => m.volume), markers: none }
      : { candles: candlesOf(bars), volumes: bars.map((b) => b.volume), markers };
    if (!box || drawn.candles.length === 0) return;
    let gone = false;
    draw(box, drawn, locale).then(
      (chart) => {
        if (gone) return chart.api.remove();
        made.current = chart;
        chart.mark(pointed.current?.get() ?? '', true);
        chart.api.subscribeClick((event) => {
          if (typeof event.time === 'string') chosen.current?.(event.time);
        });
        chart.api.subscribeCrosshairMove((event) => {
          // It is also called when markers change, and when the crosshair is put where something else points.
          if (here.current) pointed.current?.set(typeof event.time === 'string' ? event.time : '');
        });
      },
      () => setFailed(true), // its chunk could not be fetched: the table still tells all
    );
    return () => {
      gone = true;
      made.current?.api.remove();
      made.current = null;
    };
  }, [bars, minutes, markers, steps, locale, theme, rise, dark]);

  useEffect(() => {
    const box = ref.current;
    if (!box) return;
    const enter = () => {
      here.current = true;
    };
    const leave = () => {
      here.current = false;
      pointed.current?.set('');
    };
    box.addEventListener('pointerenter', enter);
    box.addEventListener('pointerleave', leave);
    return () => {
      box.removeEventListener('pointerenter', enter);
      box.removeEventListener('pointerleave', leave);
    };
  }, [failed, steps]);

  useEffect(() => lit?.subscribe(() => made.current?.mark(lit.get(), !here.current)), [lit]);

  const table = () => {
    const prices = (b: { open: number | null; high: number | null; low: number | null; close: number; volume: number }) => [
      formatPrice(b.open, locale), formatPrice(b.high, locale), formatPrice(b.low, locale), formatPrice(b.close, locale), formatCount(b.volume),
    ];
    const rows = minutes
      ? minutes.map((m) => [`${formatDay(kstDay(m.at), locale)} ${formatClock(m.at)}`, ...prices(m)])
      : bars.map((b) => [formatDay(b.day, locale), ...prices(b)]);
    return { head: [minutes ? t.chart.minute : t.chart.day, t.chart.open, t.chart.high, t.chart.low, t.chart.close, t.chart.volume], rows: rows.reverse() };
  };
  return (
    <figure className="min-w-0">
      {failed ? (
        <p className="text-warn">⚠ {t.chart.failed}</p>
      ) : steps && lit && describe ? (
        <Steps lit={lit} stops={stops} summary={summary} describe={describe} onDay={onDay}>
          <div ref={ref} aria-hidden="true" className="h-80 w-full" />
        </Steps>
      ) : (
        <div ref={ref} role="img" aria-label={summary} className="h-80 w-full" />
      )}
      <figcaption className="mt-1 text-2xs text-muted">
        <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer" className="link">
          {t.chart.notice}
        </a>{' '}
        {t.chart.copyright}
      </figcaption>
      <DataOf table={table} caption={summary} />
    </figure>
  );
}

interface StepsProps {
  lit: Lit;
  /** The marked days, oldest first. */
  stops: readonly string[];
  summary: string;
  describe: (day: string) => string;
  onDay?: (day: string) => void;
  children: ReactNode;
}

/** Makes a chart a thing that keys lead through: from one marked day to the next, and Enter chooses it. */
function Steps({ lit, stops, summary, describe, onDay, children }: StepsProps) {
  const t = useCommon();
  const day = useLit(lit);
  const at = stops.indexOf(day);
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={`${summary}. ${t.chart.keys}`}
      aria-valuemin={1}
      aria-valuemax={stops.length}
      aria-valuenow={at < 0 ? stops.length : at + 1}
      aria-valuetext={at < 0 ? t.chart.noDay : describe(day)}
      onKeyDown={(event) => {
        if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
        const next = stepTo(stops, day, event.key);
        if (next !== null) {
          event.preventDefault();
          lit.set(next);
        } else if (event.key === 'Enter' && at >= 0) onDay?.(day);
      }}
      onBlur={() => lit.set('')}
    >
      {children}
    </div>
  );
}
