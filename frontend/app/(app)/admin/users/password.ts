// Letters and digits that are not taken for one another when read aloud: no l, I, O, 0, 1.
const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const length = 20;

/** A random password of 20 characters, some 116 bits. */
export function newPassword(random: (into: Uint8Array) => Uint8Array = (into) => crypto.getRandomValues(into)): string {
  let out = '';
  // What lies beyond the last whole multiple is drawn again, so that no letter is likelier.
  const limit = 256 - (256 % letters.length);
  while (out.length < length) {
    for (const byte of random(new Uint8Array(length))) if (byte < limit && out.length < length) out += letters[byte % letters.length];
  }
  return out;
}
