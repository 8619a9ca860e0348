import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Page } from 'playwright-core';
import type { NewsItemPage } from '@/lib/api';
import en from '@/messages/en/common';
import ko from '@/messages/ko/common';
import { expectAccessible, expectNothingWider, phone, settled, useBrowser, Visitor } from './browser';

const { user } = inject('stack');

async function choose(page: Page, legend: string, option: string): Promise<void> {
  await page.getByRole('group', { name: legend }).getByText(option, { exact: true }).click();
}

describe('reading', () => {
  useBrowser();
  let visitor: Visitor;
  let page: Page;
  beforeEach(async () => {
    visitor = await Visitor.signedIn(user);
    page = await visitor.context.newPage();
  });
  afterEach(() => visitor.close());

  test('language, theme and the colour of a rise change at once, in every tab, and stay', async () => {
    const other = await visitor.context.newPage();
    await Promise.all([page.goto('/'), other.goto('/news')]);
    await Promise.all([settled(page), settled(other)]);
    const html = (p: Page) => p.evaluate(() => ({ lang: document.documentElement.lang, ...document.documentElement.dataset }));
    expect(await html(page)).toMatchObject({ lang: 'ko', theme: 'system', rise: 'red' });
    const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await page.getByLabel(ko.appearance).click();
    await choose(page, ko.theme, ko.themes.dark);
    const dark = await paper();
    await choose(page, ko.theme, ko.themes.light);
    expect(await paper()).not.toBe(dark);
    await choose(page, ko.rise, ko.rises.green);
    await choose(page, ko.language, 'English');
    await page.getByRole('navigation', { name: en.mainNavigation }).getByRole('link', { name: en.nav.news, exact: true }).waitFor();
    await other.getByRole('navigation', { name: en.mainNavigation }).waitFor();
    expect(await html(other)).toMatchObject({ lang: 'en', theme: 'light', rise: 'green' });
    await page.reload();
    await settled(page);
    expect(await html(page)).toMatchObject({ lang: 'en', theme: 'light', rise: 'green' });
    expect(await page.title()).toMatch(/^[\x20-\x7e·]+$/);
  });

  test('a rise and a fall have the colours that were chosen', async () => {
    const colours = async (rise: 'red' | 'green') => {
      await page.goto('/');
      await page.evaluate((r) => localStorage.setItem('tickerwire.preferences', JSON.stringify({ rise: r, theme: 'light' })), rise);
      await page.reload();
      await settled(page);
      return page.evaluate(() => {
        const look = (name: string) => {
          const e = document.body.appendChild(document.createElement('i'));
          e.className = name;
          const [r = 0, g = 0, b = 0] = (getComputedStyle(e).color.match(/[\d.]+/g) ?? []).map(Number);
          e.remove();
          return { r, g, b, all: getComputedStyle(e).color };
        };
        return { up: look('text-up'), down: look('text-down'), flat: look('text-flat') };
      });
    };
    const red = await colours('red');
    const green = await colours('green');
    expect(red.up).not.toEqual(green.up);
    expect(red.up).not.toEqual(red.down);
    expect(green.up).not.toEqual(green.down);
  });

  test('a hostile title is text: markup, right to left, ten thousand characters', async () => {
    const markup = `<img src=x onerror="window.hit=1"><script>window.hit=1</script> & &amp; "'>`;
    const backwards = '\u202e\u2067삼성전자 계약 체결\u200f שלום';
    const long = '가'.repeat(5000) + 'x'.repeat(5000);
    const titles = [markup, backwards, long];
    await page.setViewportSize(phone);
    await page.route(/\/api\/news(\?|$)/, async (route) => {
      const answer = await route.fetch();
      const body = (await answer.json()) as NewsItemPage;
      await route.fulfill({ response: answer, json: { ...body, items: body.items.map((item, i) => ({ ...item, title: titles[i] ?? item.title, summary: titles[i] ?? item.summary })) } });
    });
    await page.goto('/news');
    await settled(page);
    const shown = await page.locator('main h3').evaluateAll((all) => all.slice(0, 3).map((e) => e.textContent));
    expect(shown[0]).toBe(markup);
    expect(shown[1]).toContain('삼성전자 계약 체결');
    expect(shown[2]!.length).toBe(10_000);
    expect(await page.evaluate(() => 'hit' in window)).toBe(false);
    // What is written backwards must not turn round what stands beside it.
    const isolated = await page.locator('main h3').nth(1).evaluate((h) => [h, ...h.querySelectorAll('*')].some((e) => e.tagName === 'BDI' || getComputedStyle(e).unicodeBidi.includes('isolate')));
    expect(isolated).toBe(true);
    await expectNothingWider(page);
    await expectAccessible(page);
  });

  test('KST is said, whatever the zone of the machine is', async () => {
    await page.goto('/');
    await settled(page);
    await page.getByText('KST').first().waitFor();
    const zone = await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
    expect(zone).toBe('UTC');
  });

  test('the keyboard reaches the content first, and / the search', async () => {
    await page.goto('/news');
    await settled(page);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('href'))).toBe('#content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
  });

  test('what fails later keeps what was there, with its age, and comes back by itself or by hand', async () => {
    visitor.expect(/status of 500/);
    await page.clock.install();
    await page.goto('/news');
    await settled(page);
    const before = await page.locator('main h3').count();
    expect(before).toBeGreaterThan(0);
    let failing = true;
    await page.route(/\/api\/news(\?|$)/, (route) =>
      failing
        ? route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify({ type: 'about:blank', title: 'x', status: 500, detail: 'internal error', field: '', request_id: 'e2e-request' }) })
        : route.continue(),
    );
    const retry = page.locator('main').getByRole('button', { name: ko.retry }).first();
    await page.clock.runFor(21_000); // the next look
    await retry.waitFor();
    expect(await page.locator('main h3').count()).toBe(before);
    await expectAccessible(page);
    failing = false;
    await retry.click();
    await retry.waitFor({ state: 'detached' });
  });
});
