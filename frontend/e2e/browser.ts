// A browser as a reader has it, that notes everything which must not happen: errors on the console, violations of the page's
// policy, requests to anybody else, and markup that keeps people out.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import type { Account } from './stack';
import type { Preferences } from '@/lib/preferences';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const phone = { width: 390, height: 844 };
export const desktop = { width: 1280, height: 900 };

let browser: Browser | undefined;

/** Opens a browser for a file's tests, and closes it after them. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      // Root has no sandbox; containers have a small /dev/shm.
      args: ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    });
  });
  afterAll(async () => {
    await browser?.close();
  });
}

interface Open {
  viewport?: { width: number; height: number };
  preferences?: Partial<Preferences>;
}

/** A visitor of the site: one browser profile, that may have several tabs. */
export class Visitor {
  readonly problems: string[] = [];
  private expected: RegExp[] = [];
  private readonly origin = inject('stack').url;

  private constructor(readonly context: BrowserContext) {}

  /** Opens a profile of its own, in the time zone UTC: that pages speak of KST must be their own doing. */
  static async open({ viewport = desktop, preferences }: Open = {}): Promise<Visitor> {
    if (!browser) throw new Error('useBrowser() stands in no describe of this file');
    const context = await browser.newContext({
      baseURL: inject('stack').url,
      ignoreHTTPSErrors: true,
      viewport,
      timezoneId: 'UTC',
      locale: 'ko-KR',
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(40_000);
    const visitor = new Visitor(context);
    context.on('console', (message) => {
      if (message.type() === 'error' || /Content Security Policy/i.test(message.text())) visitor.note(`console: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => visitor.note(`uncaught: ${error.error().message}`));
    context.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== visitor.origin && protocol !== 'data:' && protocol !== 'blob:') visitor.problems.push(`a request to ${request.url()}`);
    });
    if (preferences) await visitor.prefer(preferences);
    return visitor;
  }

  /** Opens a profile and signs it in by the API, without the page: the cookie is all that a signed-in browser has. */
  static async signedIn(account: Account, options: Open = {}): Promise<Visitor> {
    const visitor = await Visitor.open(options);
    const answer = await visitor.context.request.post('/api/auth/login', { data: { ...account, session: 'cookie' } });
    expect(answer.status(), await answer.text()).toBe(200);
    return visitor;
  }

  /** From now on, pages find these preferences when they load. */
  async prefer(preferences: Partial<Preferences>): Promise<void> {
    await this.context.addInitScript((text) => {
      if (location.protocol === 'https:') localStorage.setItem('tickerwire.preferences', text); // about:blank has no storage
    }, JSON.stringify(preferences));
  }

  private note(text: string): void {
    if (!this.expected.some((e) => e.test(text))) this.problems.push(text);
  }

  /** Says which lines on the console a test brings about on purpose, as of an answer 500. */
  expect(...lines: RegExp[]): void {
    this.expected = lines;
  }

  /** Fails when anything was noted since the last call. */
  check(): void {
    expectNone(this.problems.splice(0));
  }

  async close(): Promise<void> {
    await this.context.close();
    this.check();
  }
}

/** Fails with what there is. */
function expectNone(problems: string[]): void {
  expect(problems, problems.join('\n')).toEqual([]);
}

/** Waits until a page shows its heading and none of its parts waits for an answer. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main h1, main [role=alert]').first().waitFor();
  await page.waitForFunction(() => document.querySelector('main [aria-busy="true"]') === null);
}

/** Fails when something is wider than the window, naming what sticks out. */
export async function expectNothingWider(page: Page): Promise<void> {
  const wide = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    const out = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > room + 1);
    return out.slice(0, 5).map((e) => `${e.tagName.toLowerCase()}.${e.className} to ${Math.round(e.getBoundingClientRect().right)} of ${room}`);
  });
  expectNone(wide);
}

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }[];
}

/** Fails on what axe finds: WCAG 2.2 AA and its best practices. */
export async function expectAccessible(page: Page): Promise<void> {
  // The page's policy forbids scripts of others, but not those of the one who drives the browser.
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run: (options: object) => Promise<AxeResult> } }).axe;
    return await axe.run({ resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
  });
  expectNone(found.violations.map((v) => `${v.id}: ${v.help}; ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(', ')}`));
}
