// Writes .br and .gz beside each exported file, so that the server never compresses.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const smallest = 1024;
const kinds = /\.(html|txt|js|css|svg|json|map|xml|ico|webmanifest)$/;
const out = fileURLToPath(new URL('../out/', import.meta.url));

let before = 0;
let after = 0;
for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !kinds.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const raw = readFileSync(path);
  if (raw.length < smallest) continue;
  const br = brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } });
  writeFileSync(path + '.gz', gzipSync(raw, { level: 9 }));
  writeFileSync(path + '.br', br);
  before += raw.length;
  after += br.length;
}
console.log(`compressed ${(before / 1024).toFixed(0)} KiB to ${(after / 1024).toFixed(0)} KiB`);
