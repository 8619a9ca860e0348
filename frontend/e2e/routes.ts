// Every page of lib/routes.ts, with a value for each dynamic one. A new page is found by itself; a new dynamic one needs a
// sample in seed.ts.
import { hrefs, roleOf } from '@/lib/routes';
import type { Samples } from './seed';

/** Which sample fills a dynamic page's address, by its name in hrefs. */
const dynamic: Partial<Record<keyof typeof hrefs, keyof Samples>> = {
  stock: 'stock',
  article: 'article',
  prediction: 'prediction',
  alert: 'alert',
  run: 'run',
  failure: 'failure',
  abTest: 'abTest',
};

/** Not of the front end: asynqmon, and the page before all others, which signin.e2e.ts looks at. */
const elsewhere = ['monitor', 'login'];

export interface Route {
  name: string;
  path: string;
  role: ReturnType<typeof roleOf>;
}

export function routes(samples: Samples): Route[] {
  return Object.entries(hrefs)
    .filter(([name]) => !elsewhere.includes(name))
    .map(([name, href]) => {
      const sample = dynamic[name as keyof typeof hrefs];
      const path = (href as (value?: string | number) => string)(sample ? samples[sample] : undefined);
      if (/undefined/.test(path)) throw new Error(`hrefs.${name} is dynamic and has no sample in e2e/seed.ts`);
      return { name, path, role: roleOf(path) };
    });
}
