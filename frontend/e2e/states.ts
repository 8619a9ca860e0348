// What the API may answer, besides what it does answer: every page has to bear each of these.
import type { Page, Route } from 'playwright-core';
import type { AbTest, AbTestAnswer, AbTestPage, DashboardAnswer, DailyItemPage, ModelItemPage, Problem, RecordItem, ReliabilityItemPage, StatisticsPage } from '@/lib/api';

/** slow answers are held back until they are let go, and hold data then. */
export type State = 'slow' | 'empty' | 'collecting' | 'failing';

/** The questions about the session itself are always answered by the API. */
const isAsked = (url: URL) => url.pathname.startsWith('/api/') && !url.pathname.startsWith('/api/auth/');
const isStream = (path: string) => path.endsWith('/events');

const problem = (status: number, detail: string): Problem => ({ type: 'about:blank', title: 'Internal Server Error', status, detail, field: '', request_id: 'e2e-request' });

/** The same answer with nothing in any of its lists. */
export function emptied(value: unknown): unknown {
  if (Array.isArray(value)) return [];
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, key === 'next_cursor' ? null : emptied(part)]));
}

/** A record that is on its way: 42 stock-days of some days, nothing said of it yet. */
function young(record: RecordItem): RecordItem {
  return {
    ...record,
    verdict: 'collecting',
    note: '',
    needs: { stock_days: 158, days: 12 },
    articles: 60, stories: 48, stock_days: 42, days: 8, void: 0, late: 0,
    skill: null, brier: null, base_brier: null, evidence: null, log_loss: null, base_log_loss: null, accuracy: null, accuracy_if_independent: null,
    balanced_accuracy: null, auc: null, ic: null, icir: null, ic_days: 0, up_rate: null, coverage: null, three_way: null, drift: [],
  };
}

const running = <T extends AbTest | AbTestAnswer>(test: T): T => ({ ...test, verdict: 'collecting', ended_at: null, reason: '', stopped_by: null });

/** Answers of a program that has run for a few days only. What is not listed is the same as with data. */
const collecting: { path: RegExp; answer: (body: never) => unknown }[] = [
  { path: /^\/api\/dashboard$/, answer: (b: DashboardAnswer): DashboardAnswer => ({ ...b, models: b.models.map((m) => ({ ...m, verdict: m.kind === 'baseline' ? 'none' : 'collecting' })) }) },
  { path: /^\/api\/models$/, answer: (b: ModelItemPage): ModelItemPage => ({ ...b, items: b.items.map((m) => ({ ...m, verdict: m.kind === 'baseline' ? 'none' : 'collecting' })) }) },
  { path: /^\/api\/statistics$/, answer: (b: StatisticsPage): StatisticsPage => ({ ...b, items: b.items.map(young) }) },
  {
    path: /^\/api\/statistics\/calibration$/,
    answer: (b: ReliabilityItemPage): ReliabilityItemPage => ({
      ...b,
      items: b.items.map((i) => ({ ...i, bins: [], ece: null, ece_null95: null, in_the_large_z: null, intercept: null, slope: null, murphy: null, recalibration: null, stock_days: 42 })),
    }),
  },
  { path: /^\/api\/statistics\/daily$/, answer: (b: DailyItemPage): DailyItemPage => ({ ...b, items: b.items.slice(0, 8) }) },
  { path: /^\/api\/ab-test$/, answer: (b: AbTestPage): AbTestPage => ({ ...b, items: b.items.map(running) }) },
  { path: /^\/api\/ab-test\/\d+$/, answer: (b: AbTestAnswer): AbTestAnswer => ({ ...running(b), days: 3, stock_days: 17, evidence: b.evidence.slice(0, 3) }) },
];

/** Held back answers, until they are let go. */
export interface Held {
  /** Paths of what was asked for, with what they were asked by. */
  asked: Set<string>;
  release: () => void;
}

/** Has the API answer this page as the state says. */
export async function answerAs(page: Page, state: State): Promise<Held> {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const asked = new Set<string>();
  await page.route(isAsked, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (route.request().method() === 'GET') asked.add(pathname);
    if (route.request().method() !== 'GET') return route.continue();
    switch (state) {
      case 'failing':
        return route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify(problem(500, 'internal error')) });
      case 'slow':
        await gate;
        return route.continue().catch(() => {}); // the page may be gone by now
      case 'empty':
        return isStream(pathname) ? route.continue() : change(route, emptied);
      case 'collecting': {
        const mock = collecting.find((c) => c.path.test(pathname));
        return mock ? change(route, mock.answer as (body: unknown) => unknown) : route.continue();
      }
    }
  });
  return { asked, release };
}

/** Fulfils with the API's own answer, changed; a refusal stays as it is. */
async function change(route: Route, how: (body: unknown) => unknown): Promise<void> {
  const headers = await route.request().allHeaders();
  delete headers['if-none-match'];
  let answer;
  try {
    answer = await route.fetch({ headers });
  } catch (error) {
    if (route.request().failure() || /closed|disposed/i.test(String(error))) return; // the page is gone
    throw error;
  }
  if (!answer.ok()) return route.fulfill({ response: answer });
  return route.fulfill({ response: answer, json: how(await answer.json()) });
}
