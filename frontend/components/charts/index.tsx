'use client';

import dynamic from 'next/dynamic';

// Charts are fetched when they are shown, not with the page: import them from here.

const Space = () => <div aria-hidden="true" className="h-24" />;
/** As tall as the chart with its notice, so that nothing below moves when it comes. */
const PriceSpace = () => <div aria-hidden="true" className="h-93" />;

export const DotStrip = dynamic(() => import('./dot-strip').then((m) => m.DotStrip), { ssr: false, loading: Space });
export const IntervalDot = dynamic(() => import('./interval-dot').then((m) => m.IntervalDot), { ssr: false });
export const LineWithBand = dynamic(() => import('./line-band').then((m) => m.LineWithBand), { ssr: false, loading: Space });
export const PriceChart = dynamic(() => import('./price-chart').then((m) => m.PriceChart), { ssr: false, loading: PriceSpace });
export const Reliability = dynamic(() => import('./reliability').then((m) => m.Reliability), { ssr: false, loading: Space });
export const Sparkline = dynamic(() => import('./sparkline').then((m) => m.Sparkline), { ssr: false });
export { quantileDots } from './quantiles';
export type { Dot } from './dot-strip';
export type { LinePoint, Series } from './line-band';
export type { ChartMarker } from './price-chart';
export type { TableOf } from './figure';
