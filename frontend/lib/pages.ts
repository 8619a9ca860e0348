interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** Reads a list to its end, or as far as so many pages go, for what is drawn as a whole. */
export async function allItems<T>(ask: (cursor: string | undefined) => Promise<Page<T>>, mostPages: number): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const answer = await ask(cursor);
    items.push(...answer.items);
    if (answer.next_cursor === null) break;
    cursor = answer.next_cursor;
  }
  return items;
}
