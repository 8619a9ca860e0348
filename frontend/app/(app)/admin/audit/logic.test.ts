import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AuditItem } from '@/lib/api';
import en from '@/messages/en/audit';
import ko from '@/messages/ko/audit';
import { changesOf, outcomeOf, paramsOf, spanOf, targetOf } from './logic';

const entry = (over: Partial<AuditItem>): AuditItem => ({
  id: 1, at: '2026-11-27T10:00:00+09:00', actor_id: 1, actor: 'a@example.com', action: 'PATCH /api/limits/{key}', path: '/api/limits/telegram%3A%2A',
  input: { per_second: 2 }, status: 200, request_id: 'r', address: '127.0.0.1', ...over,
});

describe('the target', () => {
  it('is read from the path, undone of its encoding', () => {
    expect(paramsOf(entry({}))).toEqual({ key: 'telegram:*' });
    expect(paramsOf(entry({ path: '/api/limits/%E0%A4%A' }))).toEqual({ key: '%E0%A4%A' });
    expect(targetOf(entry({}))?.text).toBe('telegram:*');
  });

  it('leads to where it is shown', () => {
    expect(targetOf(entry({ action: 'DELETE /api/tasks/{id}', path: '/api/tasks/7' }))).toEqual({ text: '#7', href: '/ops/runs/7' });
    expect(targetOf(entry({ action: 'POST /api/ab-test/{id}/stop', path: '/api/ab-test/3/stop' }))?.href).toBe('/admin/ab-tests/3');
    expect(targetOf(entry({ action: 'PATCH /api/admin/stocks/{code}', path: '/api/admin/stocks/005930' }))).toEqual({ text: '005930', href: '/stocks/005930' });
    expect(targetOf(entry({ action: 'POST /api/users', path: '/api/users' }))).toBeNull();
  });
});

describe('a change', () => {
  const older = [
    entry({ id: 5, input: { per_second: 9 }, status: 400 }),
    entry({ id: 4, input: { burst: 3 } }),
    entry({ id: 3, path: '/api/limits/krx', input: { per_second: 7 } }),
    entry({ id: 2, input: { per_second: 1, codes: ['a', 'b'] } }),
  ];

  it('stands beside what the same target had before: not what was refused, not another one’s', () => {
    expect(changesOf(entry({ input: { per_second: 2, key: 'telegram:*' } }), older)).toEqual([{ field: 'per_second', before: '1', after: '2' }]);
  });

  it('does not make a before up', () => {
    expect(changesOf(entry({ input: { per_day: 5 } }), older)).toEqual([{ field: 'per_day', before: undefined, after: '5' }]);
    expect(changesOf(entry({ action: 'POST /api/models', path: '/api/models', input: { name: 'x', members: [1, 2] } }), older)).toEqual([
      { field: 'name', before: undefined, after: 'x' },
      { field: 'members', before: undefined, after: '1, 2' },
    ]);
  });

  it('has nothing to show where nothing was kept', () => {
    expect(changesOf(entry({ input: null }), older)).toEqual([]);
    expect(changesOf(entry({ input: [1] }), older)).toEqual([]);
  });

  it('came to something, or nobody knows', () => {
    expect([200, 204, 403, 500, null].map((status) => outcomeOf({ status }))).toEqual(['done', 'done', 'refused', 'failed', 'unknown']);
  });
});

describe('days', () => {
  it('begin and end at midnight in KST, over the end of a month', () => {
    expect(spanOf('2026-11-01', '2026-11-30')).toEqual({ from: '2026-11-01T00:00:00+09:00', to: '2026-12-01T00:00:00+09:00' });
    expect(spanOf('', 'yesterday')).toEqual({ from: undefined, to: undefined });
    expect(spanOf('', '2026-13-45').to).toBeUndefined();
  });
});

describe('every change that the API knows', () => {
  /** No row is written of these: nothing is changed by them, or nobody is signed in. */
  const unwritten = ['POST /api/alerts/rule/preview', 'POST /api/auth/login', 'POST /api/auth/refresh', 'POST /api/telegram/webhook'];
  const client = readFileSync('lib/api.gen.ts', 'utf8');
  const changes = [...client.matchAll(/call<[^>]*>\('(POST|PUT|PATCH|DELETE)', ('[^,]*), /g)]
    .map(([, method, path]) => `${method} ${path!.replace(/' \+ encodeURIComponent\((\w+)\)( \+ ')?/g, '{$1}').replaceAll("'", '')}`)
    .filter((change) => !unwritten.includes(change));

  it.each([['ko', ko], ['en', en]] as const)('has its words in %s', (_, words) => {
    expect(changes).toContain('POST /api/ab-test/{id}/stop');
    expect(changes.filter((change) => !(change in words.actions))).toEqual([]);
  });
});
