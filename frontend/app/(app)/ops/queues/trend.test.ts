import { describe, expect, it } from 'vitest';
import type { QueueItem } from '@/lib/api';
import { addLook, type Trends } from './trend';

const queue = (name: string, pending: number) => ({ name, pending }) as QueueItem;

describe('what waits in queues', () => {
  it('is kept by queue, the newest last, and forgotten with the queue', () => {
    const once = addLook({}, [queue('a', 1), queue('b', 7)]);
    expect(addLook(once, [queue('a', 2)])).toEqual({ a: [1, 2] });
  });

  it('reaches back sixty looks', () => {
    let trends: Trends = {};
    for (let n = 1; n <= 65; n++) trends = addLook(trends, [queue('a', n)]);
    expect(trends.a).toHaveLength(60);
    expect(trends.a?.at(0)).toBe(6);
    expect(trends.a?.at(-1)).toBe(65);
  });
});
