// What people do from beginning to end, on what the program really does.
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, inject, test } from 'vitest';
import abTests from '@/messages/ko/abtests';
import article from '@/messages/ko/article';
import common from '@/messages/ko/common';
import failures from '@/messages/ko/failures';
import predictions from '@/messages/ko/predictions';
import repredict from '@/messages/ko/repredict';
import runs from '@/messages/ko/runs';
import schedules from '@/messages/ko/schedules';
import telegram from '@/messages/ko/telegram';
import { hrefs } from '@/lib/routes';
import { settled, useBrowser, Visitor } from './browser';
import { feedAnswers, signIn, tellBot } from './seed';
import type { Account } from './stack';

const { admin, api, operator, samples, simulator, user } = inject('stack');

describe('from beginning to end', () => {
  useBrowser();
  let visitor: Visitor;
  afterEach(() => visitor.close());

  const as = async (account: Account): Promise<Page> => {
    visitor = await Visitor.signedIn(account);
    return visitor.context.newPage();
  };

  test('a story: from the news list to its prediction, the evidence and an alert', async () => {
    const client = await signIn(api, user);
    const prediction = await client.getPredictionsById(samples.prediction);
    const page = await as(user);
    await page.goto(hrefs.news({ code: prediction.stock.code }));
    await settled(page);
    await page.locator('main h3 a[href^="/news/"]').first().click();
    await page.waitForURL(/\/news\/\d+$/);
    await settled(page);
    await page.getByRole('heading', { name: article.companies.title }).waitFor();
    await page.getByRole('heading', { name: article.similar.title }).waitFor();
    await page.locator('main a[href^="/predictions/"]').first().click();
    await page.waitForURL(/\/predictions\/\d+$/);
    await settled(page);
    await page.getByText(common.notAdvice).first().waitFor();

    // One with neighbours has their evidence.
    await page.goto(hrefs.prediction(prediction.id));
    await settled(page);
    const said = await page.locator('main').innerText();
    expect(said).toContain(predictions.detail.says);
    expect(said).toContain(`${Math.round(100 * prediction.base_rate!)}`);

    await page.goto(hrefs.alerts());
    await settled(page);
    await page.locator('main a[href^="/alerts/"]:not([href="/alerts/rule"])').first().click();
    await page.waitForURL(/\/alerts\/\d+$/);
    await settled(page);
    expect(await page.locator('main a[href^="/news/"]').count()).toBeGreaterThan(0);
    await page.close();
  });

  test('a re-prediction: counted, ordered, followed to its end', async () => {
    const client = await signIn(api, operator);
    const { story_id } = await client.getPredictionsById(samples.prediction);
    const page = await as(operator);
    await page.goto(hrefs.repredict());
    await settled(page);
    await page.getByText(repredict.byId).click();
    await page.getByLabel(repredict.ids).fill(String(story_id));
    await page.getByRole('button', { name: repredict.count }).click();
    await page.getByText(repredict.counted).waitFor();
    const order = page.getByRole('button', { name: /번 호출 실행$/ });
    await order.first().click();
    const dialog = page.getByRole('dialog', { name: repredict.confirmTitle });
    const ordered = page.waitForResponse((r) => r.url().endsWith('/api/predictions/repredict') && r.status() === 202);
    await dialog.getByRole('button', { name: /번 호출 실행$/ }).click();
    const { run } = (await (await ordered).json()) as { run: { id: number } };
    await page.goto(hrefs.run(run.id));
    await settled(page);
    await page.getByText(runs.states.done, { exact: true }).first().waitFor();
    expect((await client.getTasksById(run.id)).state).toBe('done');
    const again = await client.getPredictions({ limit: 50, generation: 2 });
    expect(again.items.some((p) => p.story_id === story_id), 'no second generation was made').toBe(true);
    await page.close();
  });

  test('a group of failures: counted by a dry run, tried again, done', async () => {
    const client = await signIn(api, operator);
    const page = await as(operator);
    await feedAnswers(simulator, 404);
    try {
      await expect.poll(async () => (await client.getFailures({ limit: 50 })).items.some((f) => f.gave_up > 0), { timeout: 60_000 }).toBe(true);
      const group = (await client.getFailures({ limit: 50 })).items.find((f) => f.gave_up > 0)!;
      await page.goto(hrefs.failures());
      await settled(page);
      await page.locator(`main a[href="${hrefs.failure(group.fingerprint)}"]`).first().click();
      await page.waitForURL(`**${hrefs.failure(group.fingerprint)}`);
      await settled(page);
      await page.getByRole('button', { name: failures.retryCause }).click();
      const dialog = page.getByRole('dialog', { name: failures.retry.title });
      await dialog.getByText(failures.retry.eligible).waitFor();
      await feedAnswers(simulator, null);
      await dialog.getByRole('button', { name: /건 다시 돌리기$/ }).click();
      await page.getByText(failures.retry.ended).first().waitFor();
    } finally {
      await feedAnswers(simulator, null);
    }
    await page.close();
  });

  test('a schedule: said in plain words, edited, paused, resumed; who may not change it sees no button', async () => {
    const client = await signIn(api, admin);
    const page = await as(admin);
    await page.goto(hrefs.schedules());
    await settled(page);
    const name = schedules.names['drift']!;
    const before = (await client.getSchedules({ limit: 200 })).items.find((s) => s.name === 'drift')!;
    await page.getByRole('button', { name: `${schedules.edit}: ${name}` }).click();
    const edit = page.getByRole('dialog', { name: schedules.editTitle(name) });
    await edit.getByLabel(schedules.cron, { exact: true }).fill('30 18 * * 1-5');
    await edit.getByText(/18:30/).first().waitFor();
    await edit.getByRole('button', { name: common.save }).click();
    await page.getByText(schedules.editDone(name)).first().waitFor();
    expect((await client.getSchedules({ limit: 200 })).items.find((s) => s.name === 'drift')).toMatchObject({ cron: '30 18 * * 1-5' });
    await page.getByRole('button', { name: `${schedules.pause}: ${name}` }).click();
    await page.getByRole('dialog', { name: schedules.pauseTitle(name) }).getByRole('button', { name: schedules.pause, exact: true }).click();
    await page.getByText(schedules.pauseDone(name)).first().waitFor();
    expect((await client.getSchedules({ limit: 200 })).items.find((s) => s.name === 'drift')).toMatchObject({ paused: true });
    await client.patchSchedulesByName('drift', { paused: false, cron: before.cron });
    await page.close();
    await visitor.close();

    const other = await as(operator);
    await other.goto(hrefs.schedules());
    await settled(other);
    expect(await other.getByRole('button', { name: `${schedules.edit}: ${name}` }).count()).toBe(0);
    await other.close();
  });

  test('an A/B test: its verdict is a word, and nobody leads while it collects', async () => {
    const page = await as(admin);
    await page.goto(hrefs.abTests());
    await settled(page);
    await page.locator(`main a[href="${hrefs.abTest(samples.abTest)}"]`).first().click();
    await page.waitForURL(`**${hrefs.abTest(samples.abTest)}`);
    await settled(page);
    await page.getByText(abTests.words.collecting, { exact: true }).first().waitFor();
    await page.getByText(abTests.meanings.collecting).waitFor();
    const said = await page.locator('main').innerText();
    expect(said).toContain('40'); // the API's threshold
    expect(said).not.toMatch(/\d+ ?% (확률로 )?(이기|우세|승리)/);
    await page.close();
  });

  test('Telegram: a code is sent to the bot, and the page sees by itself that it is linked', async () => {
    const page = await as(user);
    await page.goto('/telegram');
    await settled(page);
    const made = page.waitForResponse((r) => r.url().endsWith('/api/telegram/link') && r.request().method() === 'POST');
    await page.getByRole('button', { name: telegram.make, exact: true }).click();
    const { code } = (await (await made).json()) as { code: string };
    await page.getByText(code).first().waitFor();
    await tellBot(simulator, 700_002, `/start ${code}`);
    await page.getByText(telegram.linked, { exact: true }).first().waitFor();
    expect((await (await signIn(api, user)).getAlertsRule()).linked).toBe(true);
    await page.close();
  });
});
