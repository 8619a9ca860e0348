import { describe, expect, it } from 'vitest';
import type { LimitItem } from '@/lib/api';
import { formOf, groupOf, patchOf, ratesOf } from './logic';

const limit: LimitItem = { key: 'dart', per_second: 0, per_minute: 1000, burst: 20, per_day: 20000, used_today: 3, changed_at: null, changed_by: null };

describe('limits', () => {
  it('belong to chats, models or services', () => {
    expect(['telegram', 'telegram:*', 'telegram:-100', 'openai*', 'openai:gpt', '127.0.0.1', '*'].map(groupOf)).toEqual([
      'host', 'chat', 'chat', 'model', 'model', 'host', 'host',
    ]);
  });

  it('below one are the time that a call takes', () => {
    expect(ratesOf({ per_second: 0.5, per_minute: 0 })).toEqual([{ unit: 'pause', seconds: 2 }]);
    expect(ratesOf({ per_second: 1, per_minute: 0.5 })).toEqual([{ unit: 'second', calls: 1 }, { unit: 'pause', seconds: 120 }]);
    expect(ratesOf({ per_second: 0, per_minute: 0 })).toEqual([]);
  });

  it('change by what was changed; a new key says everything', () => {
    expect(patchOf(limit, formOf(limit))).toBeNull();
    expect(patchOf(limit, { ...formOf(limit), burst: '0', per_minute: '1000.0' })).toEqual({ burst: 0 });
    expect(patchOf(null, { ...formOf(null), per_second: '2' })).toEqual({ per_second: 2, per_minute: 0, burst: 0, per_day: 0 });
  });
});
