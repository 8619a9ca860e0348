// What there has to be before the pages have something to show: accounts of each role, and one of everything that a dynamic
// route shows. All of it is made through the API, as people would.
import { createClient, type TokenAnswer } from '@/lib/api.gen';
import type { Account } from './stack';

/** Values for the dynamic parts of lib/routes.ts, by the route's name there. */
export interface Samples {
  stock: string;
  article: number;
  prediction: number;
  alert: number;
  run: number;
  failure: string;
  abTest: number;
}

export type Client = ReturnType<typeof createClient>;

/** Signs in as a program does: the token goes into each call. */
export async function signIn(api: string, { email, password }: Account): Promise<Client> {
  const answer = await fetch(`${api}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  if (!answer.ok) throw new Error(`${email} cannot sign in: ${answer.status} ${await answer.text()}`);
  const { access_token } = (await answer.json()) as TokenAnswer;
  return createClient((url, init) => {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${access_token}`);
    return fetch(url, { ...init, headers });
  }, api);
}

export async function seed(
  api: string,
  simulator: string,
  admin: Account,
  secret: () => string,
  until: <T>(what: string, look: () => Promise<T | null>) => Promise<T>,
): Promise<{ operator: Account; user: Account; samples: Samples }> {
  const client = await signIn(api, admin);
  const operator = { email: 'operator@example.com', password: secret() };
  const user = { email: 'user@example.com', password: secret() };
  await client.postUsers({ ...operator, role: 'operator' });
  await client.postUsers({ ...user, role: 'user' });

  const alert = await until('somebody is alerted', async () => (await client.getAlerts({ limit: 1 })).items[0] ?? null);
  const prediction = await until(
    'a prediction with neighbours',
    async () => (await client.getPredictions({ limit: 200 })).items.find((p) => p.neighbours > 0) ?? null,
  );
  const article = await until('its article', async () => (await client.getNews({ limit: 1, code: prediction.stock.code })).items[0] ?? null);

  for (const one of [admin, user]) {
    const his = await signIn(api, one);
    await his.putWatchlist({ codes: [prediction.stock.code, alert.stock.code].filter((code, i, all) => all.indexOf(code) === i), all: false });
  }
  const [a, b] = (await client.getModels({ limit: 10 })).items;
  if (!a || !b) throw new Error('there are not two models');
  const abTest = await client.postAbTest({ name: 'analogue or baseline', model_a: a.id, model_b: b.id, horizon: 1 });
  const run = await client.postPredictionsRepredict({ ids: [prediction.story_id], model_ids: [a.id] });
  if (!run.run) throw new Error('nothing was ordered');

  // A source whose page is gone makes a failure that waits for an operator.
  await feedAnswers(simulator, 404);
  const failure = await until('a failure is written down', async () => (await client.getFailures({ limit: 1 })).items[0] ?? null);
  await feedAnswers(simulator, null);

  return {
    operator,
    user,
    samples: { stock: prediction.stock.code, article: article.id, prediction: prediction.id, alert: alert.id, run: run.run.id, failure: failure.fingerprint, abTest: abTest.id },
  };
}

/** Has the simulated news feed answer with a status; null: as it should. */
export async function feedAnswers(simulator: string, status: number | null): Promise<void> {
  const fault = `${simulator}/_sim/faults/feed`;
  await expectOk(await (status === null ? fetch(fault, { method: 'DELETE' }) : fetch(fault, { method: 'PUT', body: JSON.stringify({ status }) })));
}

/** Sends the bot a message, as from a chat of the simulated Telegram. */
export async function tellBot(simulator: string, chat: number, text: string): Promise<void> {
  await expectOk(await fetch(`${simulator}/_sim/telegram/updates`, { method: 'POST', body: JSON.stringify({ chat_id: chat, text }) }));
}

async function expectOk(answer: Response): Promise<void> {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
}
