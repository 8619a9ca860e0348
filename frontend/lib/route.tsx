'use client';

import { usePathname } from 'next/navigation';
import type { ComponentType } from 'react';

/** The prerendered page's stand-in for any value, see generateStaticParams of the dynamic pages. */
export const placeholder = '_';

/** The path's part at an index: segmentOf('/stocks/005930', 1) is 005930. null where there is none, or the placeholder. */
export function segmentOf(pathname: string, index: number): string | null {
  const part = pathname.split('/').filter(Boolean)[index];
  if (part === undefined || part === placeholder) return null;
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // no valid encoding: it is what somebody typed, and the API will not know it
  }
}

/** The value in a dynamic page's address. useParams knows the placeholder only. */
export function useSegment(index: number): string | null {
  return segmentOf(usePathname() ?? '', index);
}

/**
 * Makes a dynamic page of a view: it gets the address's value, and is made anew when that changes, since the router keeps a
 * page's state from one value to the next. Prerendered, and while the value is not known, there is nothing to show.
 */
export function withSegment(index: number, View: ComponentType<{ segment: string }>): ComponentType {
  return function SegmentPage() {
    const segment = useSegment(index);
    return segment === null ? null : <View key={segment} segment={segment} />;
  };
}

/** A row's id in an address: whole and positive, else null. */
export function idOf(segment: string): number | null {
  return /^[1-9]\d{0,15}$/.test(segment) ? Number(segment) : null;
}
