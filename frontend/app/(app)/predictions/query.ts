// The address's filters as the API takes them. What an address says wrongly is as if it said nothing.

export const noFilters = { code: '', model: '', horizon: '', direction: '', gap: '', state: '', from: '', to: '', origin: '', generation: '' };
export type Filters = typeof noFilters;

const whole = (text: string): number | undefined => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined);
const directionOf = (text: string): -1 | 0 | 1 | undefined => (text === 'up' ? 1 : text === 'down' ? -1 : text === 'none' ? 0 : undefined);

/** The instant at which a day begins in KST; undefined for what is no day. */
export function dayStart(day: string, plus = 0): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const at = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== day) return undefined;
  at.setUTCDate(at.getUTCDate() + plus);
  return `${at.toISOString().slice(0, 10)}T00:00:00+09:00`;
}

export function queryOf(f: Filters) {
  const gap = whole(f.gap);
  return {
    code: /^[0-9A-Za-z]{6}$/.test(f.code) ? f.code.toUpperCase() : undefined,
    model: whole(f.model),
    horizon: whole(f.horizon),
    direction: directionOf(f.direction),
    min_gap: gap !== undefined && gap <= 100 ? gap / 100 : undefined,
    resolved: f.state === 'open' ? false : f.state === 'settled' ? true : undefined,
    void: f.state === 'void' ? true : f.state === 'judged' ? false : undefined,
    from: dayStart(f.from),
    to: dayStart(f.to, 1), // the last day is meant to be in it
    origin: f.origin === 'backtest' ? ('backtest' as const) : undefined,
    generation: whole(f.generation),
  };
}
