/** The least that the API takes, in characters as it counts them: code points. */
export const leastPassword = 10;

export type Objection = 'tooShort' | 'same' | 'mismatch';

/** What keeps a new password from being sent; null for nothing. The API is the judge of the rest. */
export function objectionTo(current: string, next: string, again: string): Objection | null {
  if ([...next].length < leastPassword) return 'tooShort';
  if (next === current) return 'same';
  return next === again ? null : 'mismatch';
}
