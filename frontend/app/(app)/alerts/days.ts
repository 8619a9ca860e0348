/** The KST day of an instant: 2026-11-26. */
export function dayOf(iso: string): string {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? '' : new Date(at + 9 * 3_600_000).toISOString().slice(0, 10);
}

/** Neighbours of one KST day together, in the order that they come in. */
export function groupByDay<T extends { decided_at: string }>(items: readonly T[]): { day: string; items: T[] }[] {
  const groups: { day: string; items: T[] }[] = [];
  for (const item of items) {
    const day = dayOf(item.decided_at);
    const last = groups.at(-1);
    if (last?.day === day) last.items.push(item);
    else groups.push({ day, items: [item] });
  }
  return groups;
}
