// What became of a prediction. What is said live has no outcome before its days are over; the demonstration's history has, and
// it is walked through from two minutes after the start on: this waits, while the other files do not.
import { describe, expect, inject, test } from 'vitest';
import predictions from '@/messages/ko/predictions';
import { hrefs } from '@/lib/routes';
import { settled, useBrowser, Visitor } from './browser';
import { signIn } from './seed';

const { api, user } = inject('stack');

describe('an outcome', () => {
  useBrowser();

  test('on the page of what was predicted', { timeout: 300_000 }, async () => {
    const client = await signIn(api, user);
    const judged = async () => (await client.getPredictions({ limit: 1, resolved: true, origin: 'backtest' })).items[0]?.id ?? 0;
    await expect.poll(judged, { timeout: 240_000, interval: 1000, message: 'nothing of the history was judged' }).toBeGreaterThan(0);
    const visitor = await Visitor.signedIn(user);
    const page = await visitor.context.newPage();
    await page.goto(hrefs.prediction(await judged()));
    await settled(page);
    await page.getByText(predictions.detail.outcome, { exact: true }).first().waitFor();
    await page.getByText(/초과수익|판정하지 않았습니다/).first().waitFor();
    await visitor.close();
  });
});
