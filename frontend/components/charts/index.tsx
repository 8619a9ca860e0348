'use client';

import dynamic from 'next/dynamic';

// Charts are fetched when they are shown, not with the page: import them from here. The price's, which one page has, stands in
// price-chart.tsx: it is small, and fetches its library itself.

const Space = () => <div aria-hidden="true" className="h-24" />;

export const DotStrip = dynamic(() => import('./dot-strip').then((m) => m.DotStrip), { ssr: false, loading: Space });
export const IntervalDot = dynamic(() => import('./interval-dot').then((m) => m.IntervalDot), { ssr: false });
export const LineWithBand = dynamic(() => import('./line-band').then((m) => m.LineWithBand), { ssr: false, loading: Space });
export const Reliability = dynamic(() => import('./reliability').then((m) => m.Reliability), { ssr: false, loading: Space });
export const Sparkline = dynamic(() => import('./sparkline').then((m) => m.Sparkline), { ssr: false });
export { quantileDots } from './quantiles';
export type { Dot } from './dot-strip';
export type { LinePoint, Series } from './line-band';
export type { TableOf } from './figure';
