import type { BarItem, NewsMarker, PredictionMarker } from '@/lib/api';
import { verdictOf } from '@/lib/predictions';
import type { ChartMarker } from '@/components/charts/price-chart';

/** What a trading day had: stories, and predictions measured from its close. */
export interface MarkedDay {
  day: string;
  stories: number;
  predictions: PredictionMarker[];
}

/** The days that have news or predictions, newest first. */
export function markedDays(news: readonly NewsMarker[], predictions: readonly PredictionMarker[]): MarkedDay[] {
  const days = new Map<string, MarkedDay>();
  const at = (day: string) => {
    const have = days.get(day) ?? { day, stories: 0, predictions: [] };
    days.set(day, have);
    return have;
  };
  for (const n of news) at(n.day).stories += n.stories;
  for (const p of predictions) if (p.base_day !== null) at(p.base_day).predictions.push(p);
  return [...days.values()].sort((a, b) => b.day.localeCompare(a.day));
}

/** One marker a day for news and one for predictions: more would hide each other. */
export function markersOf(days: readonly MarkedDay[]): ChartMarker[] {
  const markers: ChartMarker[] = [];
  for (const { day, stories, predictions } of days) {
    if (stories > 0) markers.push({ day, kind: 'news', text: String(stories) });
    const kind = verdictOf(predictions.map((p) => p.outcome));
    if (kind !== null) markers.push({ day, kind, text: '', faint: predictions.every((p) => p.origin === 'backtest') });
  }
  return markers;
}

/** Marked days that no bar stands for, as today's before its close. */
export function withoutBar(days: readonly MarkedDay[], bars: readonly BarItem[]): MarkedDay[] {
  const last = bars.at(-1)?.day ?? '';
  return days.filter((d) => d.day > last);
}

/**
 * When what counts for a trading day can have come: from its midnight to past the next session's open, however long the
 * exchange is closed in between. KST.
 */
export function spanOf(day: string): { from: string; to: string } {
  const end = new Date(`${day}T00:00:00Z`);
  end.setUTCDate(end.getUTCDate() + longestClosure);
  return { from: `${day}T00:00:00+09:00`, to: `${end.toISOString().slice(0, 10)}T00:00:00+09:00` };
}

const longestClosure = 15;

/** The Monday on or before so many days ago, in KST: the question stays the same for a week, also while the clock is being set. */
export function mondayBefore(now: number, days: number): string {
  const at = new Date(now - days * 86_400_000 + 9 * 3_600_000);
  at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7));
  return at.toISOString().slice(0, 10);
}
