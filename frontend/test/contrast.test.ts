import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync('app/globals.css', 'utf8');
const tokens = new Map([...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [name, { light, dark }] as const));

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const texts = ['ink', 'muted', 'ok', 'red', 'blue', 'green'].flatMap((fore) => ['page', 'surface', 'sunken'].map((back) => [fore, back, 4.5] as const));
const others = [['warn', 'warn-surface', 4.5], ['warn', 'surface', 4.5], ['page', 'ink', 4.5], ['control', 'surface', 3], ['focus', 'page', 3], ['focus', 'surface', 3]] as const;

describe.each(['light', 'dark'] as const)('the %s theme', (theme) => {
  it.each([...texts, ...others])('shows %s on %s at %f to 1 or better', (fore, back, least) => {
    const a = tokens.get(fore)?.[theme];
    const b = tokens.get(back)?.[theme];
    expect(contrast(a ?? '', b ?? '')).toBeGreaterThanOrEqual(least);
  });
});
