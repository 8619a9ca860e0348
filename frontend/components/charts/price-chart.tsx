'use client';

import type { IChartApi, SeriesMarker, Time } from 'lightweight-charts';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { BarItem } from '@/lib/api';
import { formatCount, formatDay, formatPrice } from '@/lib/format';
import { useLocale, usePreferences } from '@/lib/i18n';
import { useCommon } from '@/lib/words';
import { DataOf } from './figure';

export interface ChartMarker {
  /** The trading day, 2026-11-26; one marker per day and kind, or they hide each other. */
  day: string;
  text: string;
  /** news stand above, open and judged predictions below; right and wrong differ by shape. */
  kind: 'news' | 'open' | 'right' | 'wrong';
}

interface Props {
  /** What the chart shows, for screen readers. */
  summary: string;
  bars: readonly BarItem[];
  markers?: readonly ChartMarker[];
  /** Called with a trading day whose bar or marker was chosen. */
  onDay?: (day: string) => void;
}

const shapes = { news: 'square', open: 'circle', right: 'arrowUp', wrong: 'arrowDown' } as const;

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

async function draw(box: HTMLElement, bars: readonly BarItem[], markers: readonly ChartMarker[], locale: 'ko' | 'en'): Promise<IChartApi> {
  const { CandlestickSeries, HistogramSeries, createChart, createSeriesMarkers } = await import('lightweight-charts');
  const c = colorsOf(box);
  const chart = createChart(box, {
    autoSize: true,
    // The library's logo brings a style element of its own, which our policy refuses; its notice stands below the chart.
    layout: { attributionLogo: false, background: { color: 'transparent' }, textColor: c.muted, fontFamily: getComputedStyle(box).fontFamily, fontSize: 11 },
    grid: { vertLines: { visible: false }, horzLines: { color: c.line } },
    rightPriceScale: { borderVisible: false },
    timeScale: { borderVisible: false },
    localization: { locale: locale === 'ko' ? 'ko-KR' : 'en-US', priceFormatter: (won: number) => formatCount(won, locale), timeFormatter: (t: Time) => formatDay(String(t), locale) },
    handleScroll: { vertTouchDrag: false },
  });
  const candles = chart.addSeries(CandlestickSeries, {
    upColor: c.up, wickUpColor: c.up, borderUpColor: c.up, downColor: c.down, wickDownColor: c.down, borderDownColor: c.down,
  });
  candles.setData(candlesOf(bars));
  const volume = chart.addSeries(HistogramSeries, { priceScaleId: 'volume', priceFormat: { type: 'volume' }, color: c.line, lastValueVisible: false, priceLineVisible: false });
  chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  candles.priceScale().applyOptions({ scaleMargins: { top: 0.1, bottom: 0.24 } });
  volume.setData(bars.map((b) => ({ time: b.day, value: b.volume })));
  const days = new Set(bars.map((b) => b.day));
  createSeriesMarkers(
    candles,
    markers
      .filter((m) => days.has(m.day))
      .map((m): SeriesMarker<Time> => ({
        time: m.day,
        position: m.kind === 'news' ? 'aboveBar' : 'belowBar',
        shape: shapes[m.kind],
        color: m.kind === 'news' ? c.muted : c.ink,
        text: m.text,
        size: 1,
      }))
      .sort((a, b) => String(a.time).localeCompare(String(b.time))),
  );
  chart.timeScale().fitContent();
  return chart;
}

/** Daily candles with volume and markers. The library is fetched when the chart is shown, not with the page. */
export function PriceChart({ summary, bars, markers = [], onDay }: Props) {
  const t = useCommon();
  const locale = useLocale();
  const { theme, rise } = usePreferences();
  const ref = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState(false);
  const [dark, setDark] = useState(false);
  const chosen = useRef(onDay);
  useEffect(() => {
    chosen.current = onDay;
  });

  useEffect(() => {
    const query = window.matchMedia('(prefers-color-scheme: dark)');
    const change = () => setDark(query.matches);
    change();
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, []);

  useEffect(() => {
    const box = ref.current;
    if (!box || bars.length === 0) return;
    let chart: IChartApi | null = null;
    let gone = false;
    draw(box, bars, markers, locale).then(
      (drawn) => {
        if (gone) return drawn.remove();
        chart = drawn;
        drawn.subscribeClick((event) => {
          if (typeof event.time === 'string') chosen.current?.(event.time);
        });
      },
      () => setFailed(true), // its chunk could not be fetched: the table still tells all
    );
    return () => {
      gone = true;
      chart?.remove();
    };
  }, [bars, markers, locale, theme, rise, dark]);

  const table = useMemo(
    () => ({
      head: [t.chart.day, t.chart.open, t.chart.high, t.chart.low, t.chart.close, t.chart.volume],
      rows: [...bars]
        .reverse()
        .map((b) => [formatDay(b.day, locale), formatPrice(b.open, locale), formatPrice(b.high, locale), formatPrice(b.low, locale), formatPrice(b.close, locale), formatCount(b.volume, locale)]),
    }),
    [bars, locale, t],
  );
  return (
    <figure className="min-w-0">
      {failed ? <p className="text-warn">⚠ {t.chart.failed}</p> : <div ref={ref} role="img" aria-label={summary} className="h-80 w-full" />}
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
