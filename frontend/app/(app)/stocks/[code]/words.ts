'use client';

import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/stocks';
import ko from '@/messages/ko/stocks';

export const useText = dictionary({ ko, en });

/** What of the page lives in its address. */
export const noFilters = { day: '', range: 'm6', interval: 'day', origin: 'live' };
export type Filters = typeof noFilters;
