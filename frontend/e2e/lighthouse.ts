// Lighthouse on a phone's processor and network, signed in, on the pages that have budgets. `make lighthouse` installs it beside
// the project and names its place; the table is printed, and written to e2e/out/ with each page's
// last report, which viewers of Lighthouse read. LIGHTHOUSE_PAGES=stock,statistics takes these only.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { expect, inject, test } from 'vitest';
import { hrefs } from '@/lib/routes';

const { url, user, samples } = inject('stack');
const runs = Number(process.env.LIGHTHOUSE_RUNS || 3);
const only = (process.env.LIGHTHOUSE_PAGES ?? '').split(',').filter(Boolean);
const pages = { dashboard: hrefs.dashboard(), stock: hrefs.stock(samples.stock), statistics: hrefs.statistics() };

/** What is read of Lighthouse's result. */
interface Result {
  lhr: {
    finalDisplayedUrl: string;
    categories: Record<string, { score: number | null }>;
    audits: Record<string, { numericValue?: number }>;
    runtimeError?: { message: string };
  };
}

type Lighthouse = (url: string, flags: object) => Promise<Result | undefined>;

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });

test('figures', async () => {
  const place = process.env.LIGHTHOUSE;
  if (!place) throw new Error('LIGHTHOUSE names no place: make lighthouse');
  const { default: lighthouse } = (await import(/* @vite-ignore */ pathToFileURL(place).href)) as { default: Lighthouse };
  const profile = mkdtempSync(join(tmpdir(), 'tickerwire-lighthouse-'));
  const port = await freePort();
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    ignoreHTTPSErrors: true,
    args: [`--remote-debugging-port=${port}`, '--ignore-certificate-errors', '--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });
  try {
    const answer = await context.request.post(`${url}/api/auth/login`, { data: { ...user, session: 'cookie' } });
    expect(answer.status()).toBe(200);
    const out = fileURLToPath(new URL('./out', import.meta.url));
    mkdirSync(out, { recursive: true });
    const rows: string[] = [];
    for (const [name, path] of Object.entries(pages).filter(([n]) => only.length === 0 || only.includes(n))) {
      const results: Result['lhr'][] = [];
      for (let i = 0; i < runs; i++) {
        const result = await lighthouse(url + path, { port, output: 'json', logLevel: 'error', disableStorageReset: true, onlyCategories: ['performance', 'accessibility', 'best-practices'] });
        if (!result || result.lhr.runtimeError) throw new Error(`${name}: ${result?.lhr.runtimeError?.message ?? 'no result'}`);
        expect(new URL(result.lhr.finalDisplayedUrl).pathname, 'somebody was sent to the sign-in page').toBe(path);
        results.push(result.lhr);
      }
      writeFileSync(join(out, `lighthouse-${name}.json`), JSON.stringify(results.at(-1)));
      const score = (category: string) => Math.round(100 * median(results.map((r) => r.categories[category]?.score ?? 0)));
      const audit = (id: string) => median(results.map((r) => r.audits[id]?.numericValue ?? NaN));
      rows.push(
        `| ${name} | ${score('performance')} | ${score('accessibility')} | ${score('best-practices')} | ${(audit('first-contentful-paint') / 1000).toFixed(2)} s | ` +
          `${(audit('largest-contentful-paint') / 1000).toFixed(2)} s | ${Math.round(audit('total-blocking-time'))} ms | ${audit('cumulative-layout-shift').toFixed(3)} | ${(audit('total-byte-weight') / 1024).toFixed(0)} KiB |`,
      );
    }
    const table = [
      `Lighthouse, phone, median of ${runs}, ${cpus().length} cores, Chromium ${context.browser()?.version() ?? ''}`,
      '',
      '| page | performance | accessibility | best practices | FCP | LCP | TBT | CLS | weight |',
      '|---|---|---|---|---|---|---|---|---|',
      ...rows,
      '',
    ].join('\n');
    writeFileSync(join(out, 'lighthouse.md'), table);
    console.log(table);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
});
