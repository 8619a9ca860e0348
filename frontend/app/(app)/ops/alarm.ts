'use client';

import { useEffect } from 'react';

// The sign of a look that is needed, as the tab's icon. It is drawn here: a tab in the background asks for nothing.
const icon =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M16 3 31 29H1z" fill="#b36b00"/><path d="M16 12v8M16 24.5v.5" stroke="#fff" stroke-width="3.4" stroke-linecap="round"/></svg>',
  );

/** Puts a warning into the tab's title and icon as long as there is one. It must run after the page has set its title. */
export function useAlarm(warning: string | null): void {
  useEffect(() => {
    if (warning === null) return;
    const before = document.title;
    const links = [...document.querySelectorAll<HTMLLinkElement>('link[rel~="icon"]')];
    const kept = links.map((link) => link.href);
    document.title = `${warning} · ${before}`;
    for (const link of links) link.href = icon;
    return () => {
      if (document.title === `${warning} · ${before}`) document.title = before;
      links.forEach((link, i) => (link.href = kept[i] ?? ''));
    };
  }, [warning]);
}
