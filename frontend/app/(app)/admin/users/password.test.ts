import { describe, expect, it } from 'vitest';
import { newPassword } from './password';

describe('a new password', () => {
  it('has 20 characters that nobody mistakes, and is another each time', () => {
    const [one, two] = [newPassword(), newPassword()];
    expect(one).toMatch(/^[a-km-zA-HJ-NP-Z2-9]{20}$/);
    expect(one).not.toBe(two);
  });

  it('draws again instead of preferring the first letters', () => {
    let round = 0;
    const bytes = (into: Uint8Array) => into.fill(round++ === 0 ? 255 : 0);
    expect(newPassword(bytes)).toBe('a'.repeat(20));
    expect(round).toBe(2);
  });
});
