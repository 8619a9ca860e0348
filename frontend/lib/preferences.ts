// What a reader has chosen about looks and language. This is all that the front end keeps in localStorage.

export type Locale = 'ko' | 'en';
export type Theme = 'system' | 'light' | 'dark';
/** Which colour a rise has: red as in Korea, or green. */
export type Rise = 'red' | 'green';

export interface Preferences {
  locale: Locale;
  theme: Theme;
  rise: Rise;
}

export const defaults: Preferences = { locale: 'ko', theme: 'system', rise: 'red' };

const key = 'tickerwire.preferences';
const listeners = new Set<() => void>();
let current: Preferences | null = null;

function oneOf<T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T {
  return allowed.includes(value as T) ? (value as T) : otherwise;
}

/** Reads what was stored; whatever is missing or unknown is as the defaults have it. */
export function parsePreferences(text: string | null): Preferences {
  let raw: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text ?? '{}');
    if (typeof parsed === 'object' && parsed !== null) raw = parsed as Record<string, unknown>;
  } catch {
    return defaults; // somebody else's text: as if there were none
  }
  return {
    locale: oneOf(raw.locale, ['ko', 'en'], defaults.locale),
    theme: oneOf(raw.theme, ['system', 'light', 'dark'], defaults.theme),
    rise: oneOf(raw.rise, ['red', 'green'], defaults.rise),
  };
}

function stored(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is switched off: the choice lasts as long as the page
  }
}

export function preferences(): Preferences {
  current ??= parsePreferences(stored());
  return current;
}

/** Puts the choice onto the html element, where the style sheet reads it. */
export function applyPreferences(p: Preferences): void {
  const root = document.documentElement;
  root.lang = p.locale;
  root.dataset.theme = p.theme;
  root.dataset.rise = p.rise;
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...preferences(), ...change };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // storage is switched off or full: the choice lasts as long as the page
  }
  applyPreferences(current);
  for (const tell of listeners) tell();
}

/** Calls back after each change, also one that another tab made. */
export function onPreferences(tell: () => void): () => void {
  const other = (event: StorageEvent) => {
    if (event.key !== key) return;
    current = parsePreferences(event.newValue);
    applyPreferences(current);
    tell();
  };
  listeners.add(tell);
  window.addEventListener('storage', other);
  return () => {
    listeners.delete(tell);
    window.removeEventListener('storage', other);
  };
}

/** Runs in the page's head, before anything is painted, so that the theme never flashes. */
export const earlyScript = `try{var p=JSON.parse(localStorage.getItem('${key}')||'{}'),r=document.documentElement;r.dataset.theme=p.theme||'system';r.dataset.rise=p.rise||'red';r.lang=p.locale==='en'?'en':'ko'}catch(e){}`;
