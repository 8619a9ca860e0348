// Sums what a browser fetches of scripts for each exported page at first, gzipped, and fails above the limit.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const limit = 200 * 1024;
const out = fileURLToPath(new URL('../out/', import.meta.url));
const sizes = new Map();

function sizeOf(src) {
  if (!sizes.has(src)) sizes.set(src, gzipSync(readFileSync(join(out, src)), { level: 9 }).length);
  return sizes.get(src);
}

/** The addresses of a page's own scripts, those for browsers without modules left out. */
export function scriptsOf(html) {
  const found = new Set();
  for (const [tag] of html.matchAll(/<script\b[^>]*>/gi)) {
    if (/\bnomodule\b/i.test(tag)) continue;
    const src = /\bsrc="([^"]+)"/.exec(tag)?.[1];
    if (src) found.add(src.split('?')[0]);
  }
  return [...found];
}

const pages = readdirSync(out, { recursive: true, withFileTypes: true })
  .filter((e) => e.isFile() && e.name.endsWith('.html'))
  .map((e) => relative(out, join(e.parentPath, e.name)))
  .sort();
if (pages.length === 0) throw new Error('out/ has no pages: run npm run build first');

let failed = false;
for (const page of pages) {
  const total = scriptsOf(readFileSync(join(out, page), 'utf8')).reduce((sum, src) => sum + sizeOf(src), 0);
  const over = total > limit;
  failed ||= over;
  console.log(`${(total / 1024).toFixed(1).padStart(7)} KiB  ${page}${over ? '  over the limit' : ''}`);
}
console.log(`        limit ${limit / 1024} KiB of gzipped JavaScript per page at first load`);
if (failed) process.exit(1);
