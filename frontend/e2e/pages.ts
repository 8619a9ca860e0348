// Every page in every state: no error, no violation of its policy, nothing wider than a phone, axe finds nothing.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Preferences } from '@/lib/preferences';
import { expectAccessible, expectNothingWider, phone, settled, useBrowser, Visitor } from './browser';
import { routes } from './routes';
import { answerAs, type State } from './states';

const { admin, samples } = inject('stack');

/** Each state is looked at in other colours and words, so that all of these are met by every page. */
const looks: Record<State, Preferences> = {
  empty: { locale: 'en', theme: 'dark', rise: 'green' },
  collecting: { locale: 'en', theme: 'light', rise: 'green' },
  failing: { locale: 'ko', theme: 'dark', rise: 'red' },
  slow: { locale: 'ko', theme: 'light', rise: 'red' },
};

/** What every page asks for in its frame. */
const frame = ['/api/dashboard'];

/** The pages that are different while little is known, and what makes them so besides the frame and the models' names. */
const whereCollecting = ['dashboard', 'statistics', 'models', 'abTests', 'abTest'];
const collects = /^\/api\/(statistics|ab-test)/;

/** Looks at every page in these states. Files share them out, as files are what runs side by side. */
export const describePages = (states: readonly State[]) => describe.each(states)('%s', (state) => {
  useBrowser();
  let visitor: Visitor;
  beforeAll(async () => {
    visitor = await Visitor.signedIn(admin, { viewport: phone, preferences: looks[state] });
    if (state === 'failing') visitor.expect(/status of 500/);
  });
  afterAll(() => visitor.close());

  const shown = routes(samples).filter(({ name }) => state !== 'collecting' || whereCollecting.includes(name));
  test.each(shown)('$name: $path', async ({ name, path }) => {
    const page = await visitor.context.newPage();
    try {
      const held = await answerAs(page, state);
      const answer = await page.goto(path, { waitUntil: 'commit' });
      expect(answer?.status(), 'there is no such page yet').toBe(200);
      const looked = async () => {
        await expectNothingWider(page);
        await expectAccessible(page);
      };
      /** Whether the page asks for more than its frame does: else there is nothing of its own to wait for, or to fail. */
      const asks = () => name === 'dashboard' || [...held.asked].some((p) => !frame.includes(p));
      if (state === 'slow') {
        await page.locator('main h1').first().waitFor();
        if (asks()) await page.locator('main [aria-busy="true"], main [role=status]').first().waitFor();
        await looked();
        held.release();
      }
      // What was slow is there in the end: with data.
      await settled(page);
      if (state === 'failing' && asks()) await page.locator('main [role=alert]').first().waitFor();
      if ([...held.asked].some((p) => collects.test(p))) expect(whereCollecting, 'the pages of this state are no longer known').toContain(name);
      await looked();
      expect(await page.title()).not.toBe('');
      visitor.check();
    } finally {
      await page.close();
    }
  });
});
