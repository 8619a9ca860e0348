'use client';

import { useSyncExternalStore } from 'react';
import { defaults, onPreferences, preferences, type Locale, type Preferences } from './preferences';

/** What the reader has chosen; the defaults while a prerendered page comes to life. */
export function usePreferences(): Preferences {
  return useSyncExternalStore(onPreferences, preferences, () => defaults);
}

export function useLocale(): Locale {
  return usePreferences().locale;
}

/**
 * Makes the hook by which a page reads its area's words:
 *
 *     const useText = dictionary({ ko, en });
 *     const t = useText(); // t.title
 */
export function dictionary<T>(words: { ko: T; en: T }): () => T {
  return function useText() {
    return words[useLocale()];
  };
}
