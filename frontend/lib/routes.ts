// Every page's address, and the navigation. Pages link by these functions alone.
import type { Role } from './auth';

const part = (value: string | number) => encodeURIComponent(String(value));

function search(query: Record<string, string | number | undefined>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') params.set(name, String(value));
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

export const hrefs = {
  dashboard: () => '/',
  login: (next?: string) => `/login${search({ next })}`,
  stocks: (query: { q?: string } = {}) => `/stocks${search(query)}`,
  stock: (code: string) => `/stocks/${part(code)}`,
  news: (query: { q?: string; code?: string; source?: string } = {}) => `/news${search(query)}`,
  article: (id: number) => `/news/${part(id)}`,
  predictions: (query: { code?: string; model?: number; horizon?: number } = {}) => `/predictions${search(query)}`,
  prediction: (id: number) => `/predictions/${part(id)}`,
  statistics: () => '/statistics',
  alerts: (query: { code?: string; why?: number } = {}) => `/alerts${search(query)}`,
  alert: (id: number) => `/alerts/${part(id)}`,
  rule: () => '/alerts/rule',
  watchlist: () => '/watchlist',
  telegram: () => '/telegram',
  settings: () => '/settings',
  ops: () => '/ops',
  runs: () => '/ops/runs',
  run: (id: number) => `/ops/runs/${part(id)}`,
  failures: (query: { kind?: string; queue?: string; state?: string } = {}) => `/ops/failures${search(query)}`,
  failure: (fingerprint: string) => `/ops/failures/${part(fingerprint)}`,
  queues: () => '/ops/queues',
  workers: () => '/ops/workers',
  sources: () => '/ops/sources',
  schedules: () => '/ops/schedules',
  repredict: () => '/ops/repredict',
  monitor: () => '/monitor',
  models: () => '/admin/models',
  abTests: () => '/admin/ab-tests',
  abTest: (id: number) => `/admin/ab-tests/${part(id)}`,
  adminStocks: () => '/admin/stocks',
  users: () => '/admin/users',
  audit: (query: { action?: string; actor?: number } = {}) => `/admin/audit${search(query)}`,
  gate: () => '/admin/gate',
  limits: () => '/admin/limits',
  recipients: () => '/admin/recipients',
  webhooks: () => '/admin/webhooks',
  takedowns: () => '/admin/takedowns',
};

export interface NavItem {
  /** Its key in messages/<locale>/common.ts, nav. */
  name: NavName;
  href: string;
  role: Role;
  /** Served by the API itself, in a tab of its own. */
  external?: boolean;
  /** Reached from its parent's page: it stands in no menu. */
  hidden?: boolean;
}

export type NavName =
  | 'dashboard' | 'stocks' | 'news' | 'predictions' | 'statistics' | 'alerts' | 'rule' | 'watchlist' | 'telegram' | 'settings'
  | 'ops' | 'runs' | 'failures' | 'queues' | 'workers' | 'sources' | 'schedules' | 'repredict' | 'monitor'
  | 'models' | 'abTests' | 'adminStocks' | 'users' | 'audit' | 'gate' | 'limits' | 'recipients' | 'webhooks' | 'takedowns';

export interface NavGroup {
  name: 'investor' | 'operations' | 'admin';
  items: NavItem[];
}

export const nav: NavGroup[] = [
  {
    name: 'investor',
    items: [
      { name: 'dashboard', href: hrefs.dashboard(), role: 'user' },
      { name: 'stocks', href: hrefs.stocks(), role: 'user' },
      { name: 'news', href: hrefs.news(), role: 'user' },
      { name: 'predictions', href: hrefs.predictions(), role: 'user' },
      { name: 'statistics', href: hrefs.statistics(), role: 'user' },
      { name: 'alerts', href: hrefs.alerts(), role: 'user' },
      { name: 'rule', href: hrefs.rule(), role: 'user', hidden: true },
      { name: 'watchlist', href: hrefs.watchlist(), role: 'user' },
      { name: 'telegram', href: hrefs.telegram(), role: 'user' },
      { name: 'settings', href: hrefs.settings(), role: 'user', hidden: true },
    ],
  },
  {
    name: 'operations',
    items: [
      { name: 'ops', href: hrefs.ops(), role: 'operator' },
      { name: 'runs', href: hrefs.runs(), role: 'operator' },
      { name: 'failures', href: hrefs.failures(), role: 'operator' },
      { name: 'queues', href: hrefs.queues(), role: 'operator' },
      { name: 'workers', href: hrefs.workers(), role: 'operator' },
      { name: 'sources', href: hrefs.sources(), role: 'operator' },
      { name: 'schedules', href: hrefs.schedules(), role: 'operator' },
      { name: 'repredict', href: hrefs.repredict(), role: 'operator' },
      { name: 'recipients', href: hrefs.recipients(), role: 'operator' },
      { name: 'monitor', href: hrefs.monitor(), role: 'operator', external: true },
    ],
  },
  {
    name: 'admin',
    items: [
      { name: 'models', href: hrefs.models(), role: 'admin' },
      { name: 'abTests', href: hrefs.abTests(), role: 'admin' },
      { name: 'gate', href: hrefs.gate(), role: 'admin' },
      { name: 'limits', href: hrefs.limits(), role: 'admin' },
      { name: 'adminStocks', href: hrefs.adminStocks(), role: 'admin' },
      { name: 'users', href: hrefs.users(), role: 'admin' },
      { name: 'webhooks', href: hrefs.webhooks(), role: 'admin' },
      { name: 'takedowns', href: hrefs.takedowns(), role: 'admin' },
      { name: 'audit', href: hrefs.audit(), role: 'admin' },
    ],
  },
];

/** The entry that a path belongs to: the one with the longest address that it begins with. */
export function navItemOf(pathname: string): NavItem | null {
  let best: NavItem | null = null;
  for (const item of nav.flatMap((g) => g.items)) {
    const inside = item.href === '/' ? pathname === '/' : pathname === item.href || pathname.startsWith(item.href + '/');
    if (inside && (best === null || item.href.length > best.href.length)) best = item;
  }
  return best;
}

/** Who may see a path. What stands in no menu is for everybody who is signed in. */
export function roleOf(pathname: string): Role {
  return navItemOf(pathname)?.role ?? 'user';
}
