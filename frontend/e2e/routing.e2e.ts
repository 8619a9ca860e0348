import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Request } from 'playwright-core';
import article from '@/messages/ko/article';
import common from '@/messages/ko/common';
import { hrefs } from '@/lib/routes';
import { expectAccessible, settled, useBrowser, Visitor } from './browser';
import { routes } from './routes';

const { user, samples, previousChunk, api } = inject('stack');

describe('addresses', () => {
  useBrowser();
  let visitor: Visitor;
  beforeEach(async () => {
    visitor = await Visitor.signedIn(user);
  });
  afterEach(() => visitor.close());

  test('every page of lib/routes.ts was built', () => {
    const out = fileURLToPath(new URL('../out', import.meta.url));
    const missing = routes(samples).filter(({ path }) => {
      const [, dynamic] = /^(.*)\/[^/]+$/.exec(path) ?? [];
      return ![`${path === '/' ? '/index' : path}.html`, `${dynamic}/_.html`].some((file) => existsSync(out + file));
    });
    expect(missing.map((m) => m.path)).toEqual([]);
  });

  test('an article: loaded hard, reached softly, left by going back, loaded again', async () => {
    const page = await visitor.context.newPage();
    const address = hrefs.article(samples.article);
    expect((await page.goto(address))?.status()).toBe(200);
    await settled(page);
    const title = await page.locator('main h1').innerText();
    expect(title.trim()).not.toBe('');

    // Softly: the document stays, and with it what a script has put there.
    await page.goto('/news');
    await settled(page);
    await page.evaluate(() => Object.assign(globalThis, { kept: true }));
    const links = page.locator('main h3 a[href^="/news/"]');
    const first = (await links.first().getAttribute('href'))!;
    await links.first().click();
    await page.waitForURL(`**${first}`);
    await settled(page);
    const one = await page.locator('main h1').innerText();
    await page.goBack();
    await page.waitForURL('**/news');
    await settled(page);
    const second = page.locator(`main h3 a[href^="/news/"]:not([href="${first}"])`).first();
    const other = (await second.getAttribute('href'))!;
    await second.click();
    await page.waitForURL(`**${other}`);
    await settled(page);
    // From one to another of the same kind nothing of the first may stay.
    expect(await page.locator('main h1').innerText()).not.toBe(one);
    expect(await page.evaluate(() => 'kept' in globalThis), 'a whole page was loaded').toBe(true);
    await page.reload();
    await settled(page);
    expect(new URL(page.url()).pathname).toBe(other);
    await page.close();
  });

  test('what the head of a page asks is asked once', async () => {
    const page = await visitor.context.newPage();
    for (const path of [hrefs.dashboard(), hrefs.statistics(), hrefs.stock(samples.stock), hrefs.article(samples.article), hrefs.prediction(samples.prediction)]) {
      const asked: string[] = [];
      const note = (request: Request) => {
        const { pathname } = new URL(request.url());
        if (pathname.startsWith('/api/')) asked.push(pathname);
      };
      page.on('request', note);
      await page.goto(path);
      await settled(page);
      page.off('request', note);
      const early = ['/api/auth/refresh', '/api/dashboard', ...(path === '/' ? [] : ['/api' + path])];
      expect(asked.slice(0, early.length).sort(), path).toEqual([...early].sort());
      expect(asked.filter((p) => early.includes(p)).sort(), path).toEqual([...early].sort());
    }
    await page.close();
  });

  test('a value of the wrong form, and an address of nothing, are a page with status 404', async () => {
    visitor.expect(/status of 404/);
    const page = await visitor.context.newPage();
    for (const path of ['/nowhere', '/stocks/5930', '/stocks/_', '/news/0', '/news/abc', '/stocks/005930/more']) {
      const answer = await page.goto(path);
      expect(answer?.status(), path).toBe(404);
      await page.getByText(common.unknownPage).waitFor();
    }
    await expectAccessible(page);
    await page.close();
  });

  test('a number that nobody has: the page says so', async () => {
    visitor.expect(/status of 404/);
    const page = await visitor.context.newPage();
    const answer = await page.goto(hrefs.article(999_999_999));
    expect(answer?.status()).toBe(200);
    await page.getByText(article.notFound).first().waitFor();
    await page.close();
  });

  test('the build before this one is served, one that never was is not, and the API answers for itself', async () => {
    const request = visitor.context.request;
    const old = await request.get(previousChunk);
    expect([old.status(), await old.text()]).toEqual([200, 'globalThis.before = true;']);
    expect(old.headers()['cache-control']).toContain('immutable');
    expect((await request.get('/_next/static/chunks/of-no-build.js')).status()).toBe(404);
    const missing = await request.get('/api/nothing', { headers: { Accept: 'text/html' } });
    expect([missing.status(), missing.headers()['content-type']]).toEqual([404, 'application/problem+json']);
  });

  test('a tab from before an update says that there is a new version', async () => {
    visitor.expect(/status of 404/, /chunk/i, /MIME type/);
    const page = await visitor.context.newPage();
    await page.goto('/news');
    await settled(page);
    // What the next page needs is gone, as after an update without STATIC_PREVIOUS_DIR.
    const loaded = new Set(await page.evaluate(() => performance.getEntriesByType('resource').map((r) => new URL(r.name).pathname)));
    await page.route('**/_next/static/chunks/**', (route) =>
      loaded.has(new URL(route.request().url()).pathname) ? route.continue() : route.fulfill({ status: 404, contentType: 'application/problem+json', body: '{}' }),
    );
    await page.getByRole('link', { name: common.nav.dashboard, exact: true }).click();
    // Either the page tells its reader, or the router loads the whole page anew: never a broken one.
    await page.getByText(common.newVersion).or(page.locator('main h1')).first().waitFor();
    await page.close();
  });

  test('a page is small, compressed, and its policy names no origin but its own', async () => {
    const page = await visitor.context.newPage();
    const answer = (await page.goto('/news'))!;
    await settled(page);
    const headers = await answer.allHeaders();
    expect(headers['content-encoding']).toBe('br');
    const policy = headers['content-security-policy']!;
    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'sha256-/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers['strict-transport-security']).toContain('max-age');
    const again = await fetch(`${api}/news`, { headers: { 'If-None-Match': headers['etag']! } });
    expect(again.status).toBe(304);
    await page.close();
  });
});
