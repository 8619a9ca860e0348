import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import ko from '@/messages/ko/auth';
import common from '@/messages/ko/common';
import settingsEn from '@/messages/en/settings';
import settingsKo from '@/messages/ko/settings';
import { hrefs } from '@/lib/routes';
import { expectAccessible, expectNothingWider, phone, settled, useBrowser, Visitor } from './browser';
import type { Account } from './stack';

const { admin, operator, user, log } = inject('stack');

async function signIn(page: Page, { email, password }: Account): Promise<void> {
  await page.getByLabel(ko.email).fill(email);
  await page.getByLabel(ko.password, { exact: true }).fill(password);
  await page.getByRole('button', { name: ko.submit }).click();
}

const menu = (page: Page) => page.getByRole('navigation', { name: common.mainNavigation });

describe('signing in', () => {
  useBrowser();
  let visitor: Visitor;
  let page: Page;
  beforeEach(async () => {
    visitor = await Visitor.open();
    page = await visitor.context.newPage();
  });
  afterEach(() => visitor.close());

  test.each([
    ['user', user, [], [common.nav.ops, common.nav.users]],
    ['operator', operator, [common.nav.ops, common.nav.failures], [common.nav.users]],
    ['admin', admin, [common.nav.ops, common.nav.users, common.nav.audit], []],
  ] as const)('as %s: the menu has what the role may see', async (_role, account, has, hasNot) => {
    await page.goto('/');
    await page.waitForURL('**/login');
    await signIn(page, account);
    await page.waitForURL((url) => url.pathname === '/');
    await settled(page);
    for (const name of [common.nav.dashboard, common.nav.news, ...has]) expect(await menu(page).getByRole('link', { name, exact: true }).count(), name).toBe(1);
    for (const name of hasNot) expect(await menu(page).getByRole('link', { name, exact: true }).count(), name).toBe(0);
  });

  test('a wrong password is said, and nothing of whether the account exists', async () => {
    visitor.expect(/status of 401/);
    await page.goto('/login');
    const said: string[] = [];
    for (const email of [user.email, 'nobody@example.com']) {
      await signIn(page, { email, password: 'a wrong password' });
      await page.getByRole('alert').getByText(ko.wrong).waitFor();
      said.push(await page.getByRole('alert').first().innerText());
      await page.reload();
    }
    expect(said[0]).toBe(said[1]);
  });

  test('too many attempts: the time left is said, and the button waits', async () => {
    visitor.expect(/status of 429/);
    await page.route('**/api/auth/login', (route) =>
      route.fulfill({
        status: 429,
        headers: { 'Retry-After': '90' },
        contentType: 'application/problem+json',
        body: JSON.stringify({ type: 'about:blank', title: 'Too Many Requests', status: 429, detail: 'too many attempts to sign in', field: '', request_id: 'r' }),
      }),
    );
    await page.clock.install();
    await page.goto('/login');
    await signIn(page, user);
    const button = page.getByRole('button', { name: ko.submit });
    await page.getByRole('alert').getByText(/1분 \d+초|90초|2분/).waitFor();
    expect(await button.isDisabled()).toBe(true);
    // A second at a time: each is set when the one before was drawn.
    for (let second = 0; second < 91; second++) await page.clock.runFor(1000);
    await page.waitForFunction(() => document.querySelector('button[type=submit]')?.matches(':enabled'));
  });

  test('back to where one wanted to go, and to no other site', async () => {
    await page.goto('/news?kind=disclosure');
    await page.waitForURL('**/login?next=*');
    await signIn(page, user);
    await page.waitForURL('**/news?kind=disclosure');
    await settled(page);
    for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
      await page.goto(`/login?next=${encodeURIComponent(next)}`);
      await page.waitForURL((url) => url.pathname !== '/login');
      expect(page.url(), next).toBe(`${inject('stack').url}/`);
    }
  });

  test('a page for another role says so, and asks for none of its data', async () => {
    await page.goto(`/login?next=${hrefs.ops()}`);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await signIn(page, user);
    await page.getByRole('heading', { name: common.forbidden(common.roles.operator) }).waitFor();
    expect(asked.filter((path) => /^\/api\/(queues|workers|failures|tasks)/.test(path))).toEqual([]);
    await expectAccessible(page);
  });

  test('a reload stays signed in; signing out ends it in the other tab, too', async () => {
    await page.goto('/login');
    await signIn(page, user);
    await page.waitForURL((url) => url.pathname === '/');
    await settled(page);
    await page.reload();
    await settled(page);
    const other = await visitor.context.newPage();
    await other.goto('/news');
    await settled(other);
    await page.getByLabel(common.account).click();
    await page.getByRole('button', { name: common.logout }).click();
    await Promise.all([page.waitForURL('**/login**'), other.waitForURL('**/login**')]);
    const cookies = await visitor.context.cookies();
    expect(cookies.filter((c) => c.name.includes('rt'))).toEqual([]);
    await page.goto('/news');
    await page.waitForURL('**/login**');
  });

  test('what the API refuses is told in the language of the page, not in that of the browser', async () => {
    visitor.expect(/status of 400/);
    await page.goto(`/login?next=${hrefs.settings()}`);
    await signIn(page, user);
    await page.waitForURL((url) => url.pathname === hrefs.settings());
    for (const [locale, t, said] of [
      ['ko', settingsKo, '지금 비밀번호가 맞지 않습니다.'],
      ['en', settingsEn, 'it is not the current password'],
    ] as const) {
      await visitor.prefer({ locale });
      await page.goto(hrefs.settings());
      await settled(page);
      await page.getByLabel(t.current).fill('a wrong password');
      await page.getByLabel(t.next, { exact: true }).fill('another long password');
      await page.getByLabel(t.again).fill('another long password');
      await page.getByRole('button', { name: t.change }).click();
      await page.getByText(said).waitFor();
      expect(await page.getByLabel(t.current).getAttribute('aria-invalid')).toBe('true');
    }
  });

  test('the session ends at the server: the next question leads to the sign-in page', async () => {
    visitor.expect(/status of 401/);
    await page.goto('/login');
    await signIn(page, user);
    await page.waitForURL((url) => url.pathname === '/');
    await settled(page);
    const cookies = await visitor.context.cookies();
    const token = page.waitForRequest((r) => r.url().includes('/api/') && r.headers().authorization !== undefined);
    await page.reload();
    const { authorization } = (await token).headers();
    const out = await visitor.context.request.post('/api/auth/logout', { headers: { authorization: authorization! }, data: {} });
    expect(out.status()).toBe(204);
    await visitor.context.addCookies(cookies); // as a browser that had not heard of it would still have it
    await page.getByRole('link', { name: common.nav.news, exact: true }).click();
    await page.waitForURL('**/login**');
  });

  test('a token reaches no storage, no address and no log', async () => {
    const tokens = new Set<string>();
    const addresses: string[] = [];
    page.on('request', (request) => {
      addresses.push(request.url());
      const bearer = request.headers().authorization;
      if (bearer) tokens.add(bearer.replace('Bearer ', ''));
    });
    page.on('framenavigated', (frame) => addresses.push(frame.url()));
    await page.goto('/login');
    await signIn(page, user);
    await page.waitForURL((url) => url.pathname === '/');
    await settled(page);
    await page.goto('/news');
    await settled(page);
    const cookies = await visitor.context.cookies();
    const cookie = cookies.find((c) => c.name === '__Host-rt');
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
    expect(tokens.size).toBeGreaterThan(0);
    tokens.add(cookie!.value);
    const stored = await page.evaluate(async () => {
      const databases = await indexedDB.databases();
      return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, databases.map((d) => d.name), await caches.keys(), window.name, history.state]);
    });
    const logged = readFileSync(log, 'utf8');
    for (const secret of [...tokens, user.password]) {
      expect(stored.includes(secret), 'in the storage').toBe(false);
      expect(addresses.filter((a) => a.includes(secret)), 'in an address').toEqual([]);
      expect(logged.includes(secret), 'in the log').toBe(false);
    }
    expect(await page.evaluate(() => document.cookie)).toBe('');
  });

  test('the page fits a phone and anybody can use it, in the dark and in English, too', async () => {
    await page.setViewportSize(phone);
    for (const preferences of [{}, { theme: 'dark', locale: 'en' }] as const) {
      await visitor.prefer(preferences);
      await page.goto('/login');
      await page.getByRole('button').first().waitFor();
      await expectAccessible(page);
      await expectNothingWider(page);
    }
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY');
  });
});
