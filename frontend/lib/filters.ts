'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { useCallback, useMemo } from 'react';

/**
 * Filters that live in the address, so that a list can be linked, reloaded and come back to. What is empty or as the default
 * is left out.
 *
 *     const [filters, setFilters] = useFilters({ q: '', kind: '' });
 */
export function useFilters<T extends Record<string, string>>(defaults: T): [T, (change: Partial<T>) => void] {
  const params = useSearchParams();
  const pathname = usePathname();
  const search = params?.toString() ?? '';
  const names = JSON.stringify(defaults);
  const filters = useMemo(() => {
    const found = new URLSearchParams(search);
    const values = JSON.parse(names) as T;
    for (const name of Object.keys(values)) {
      const value = found.get(name);
      if (value !== null) values[name as keyof T] = value as T[keyof T];
    }
    return values;
  }, [search, names]);

  const setFilters = useCallback(
    (change: Partial<T>) => {
      const base = JSON.parse(names) as T;
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(change)) {
        if (value === undefined || value === '' || value === base[name]) next.delete(name);
        else next.set(name, value);
      }
      const text = next.toString();
      // The router follows the history: no page is fetched for a filter.
      window.history.replaceState(null, '', text === '' ? pathname : `${pathname}?${text}`);
    },
    [names, pathname],
  );
  return [filters, setFilters];
}
