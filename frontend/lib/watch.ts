/** A watchlist with a stock at its end, or without it; never twice in it. */
export function toggled(codes: readonly string[], code: string, watch: boolean): string[] {
  const others = codes.filter((c) => c !== code);
  if (!watch) return others;
  return codes.includes(code) ? [...codes] : [...codes, code];
}
