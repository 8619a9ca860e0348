import { describe, expect, it } from 'vitest';
import { ApiError } from './api.gen';
import { follow, type StreamMessage, type StreamState } from './stream';

const stream = (text: string) => new Response(text, { headers: { 'Content-Type': 'text/event-stream' } });

describe('follow', () => {
  it('goes on after the last id, over a broken connection, to the end', async () => {
    const answers = ['retry: 2000\n\nid: 3\nevent: run\ndata: {"done":1}\n\n', 'id: 5\nevent: run\ndata: {"done":2}\n\nid: 6\nevent: end\ndata: {}\n\n'];
    const asked: (string | null)[] = [];
    const seen: StreamMessage[] = [];
    const states: StreamState[] = [];
    await follow({
      open: (init) => {
        asked.push(new Headers(init.headers).get('Last-Event-ID'));
        return Promise.resolve(stream(answers.shift() ?? ''));
      },
      onMessage: (m) => {
        seen.push(m);
        return m.event === 'end';
      },
      onState: (s) => states.push(s),
      signal: new AbortController().signal,
      wait: () => Promise.resolve(),
    });
    expect(asked).toEqual([null, '3']);
    expect(seen.map((m) => m.id)).toEqual(['3', '5', '6']);
    expect(states).toEqual(['connecting', 'open', 'polling', 'polling', 'open', 'ended']);
  });

  it('waits longer each time nothing comes', async () => {
    const stop = new AbortController();
    const waits: number[] = [];
    await follow({
      open: () => Promise.reject(new TypeError('offline')),
      onMessage: () => false,
      onState: () => undefined,
      signal: stop.signal,
      wait: (ms) => {
        waits.push(ms);
        if (waits.length === 6) stop.abort();
        return Promise.resolve();
      },
    });
    expect(waits).toEqual([2000, 4000, 8000, 16000, 30000, 30000]);
  });

  it('leaves it to the page to poll where the stream is refused', async () => {
    let asked = 0;
    const states: StreamState[] = [];
    await follow({
      open: () => {
        asked++;
        return Promise.reject(new ApiError({ type: '', title: '', status: 403, detail: '', field: '', request_id: '' }, null));
      },
      onMessage: () => false,
      onState: (s) => states.push(s),
      signal: new AbortController().signal,
      wait: () => Promise.resolve(),
    });
    expect([asked, states.at(-1)]).toEqual([1, 'polling']);
  });

  it('ends where there is nothing more to come', async () => {
    const states: StreamState[] = [];
    await follow({
      open: () => Promise.resolve(new Response(null, { status: 204 })),
      onMessage: () => false,
      onState: (s) => states.push(s),
      signal: new AbortController().signal,
    });
    expect(states).toEqual(['connecting', 'ended']);
  });
});
