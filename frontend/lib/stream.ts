'use client';

import { createParser } from 'eventsource-parser';
import { useEffect, useRef, useState } from 'react';
import { ApiError } from './api.gen';

/** Where a followed stream stands: polling means that the page asks from time to time instead. */
export type StreamState = 'connecting' | 'open' | 'polling' | 'ended';

export interface StreamMessage {
  id: string;
  event: string;
  data: string;
}

interface Follow {
  /** Opens the stream, say api.getTasksByIdEvents: it must answer with an event stream, or 204 when there is no more. */
  open: (init: RequestInit) => Promise<Response>;
  /** Returns true when that was the last message. */
  onMessage: (message: StreamMessage) => boolean;
  onState: (state: StreamState) => void;
  signal: AbortSignal;
  /** Waits for so many milliseconds, or until signal ends it. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const shortest = 2_000;
const longest = 30_000;

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** Follows a stream of events until its end, over broken connections: each time it goes on after the last id it saw. */
export async function follow({ open, onMessage, onState, signal, wait = waitFor }: Follow): Promise<void> {
  let lastId = '';
  let retry = shortest;
  let broken = 0;
  while (!signal.aborted) {
    onState(broken === 0 ? 'connecting' : 'polling');
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (lastId !== '') headers['Last-Event-ID'] = lastId;
      const answer = await open({ headers, signal, cache: 'no-store' });
      if (answer.status === 204 || !answer.body) return onState('ended');
      onState('open');
      let ended = false;
      const parser = createParser({
        onEvent: (e) => {
          broken = 0;
          if (e.id) lastId = e.id;
          ended = onMessage({ id: e.id ?? '', event: e.event ?? 'message', data: e.data }) || ended;
        },
        onRetry: (ms) => {
          retry = Math.min(Math.max(ms, shortest), longest);
        },
      });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        parser.feed(value);
        if (ended) {
          await reader.cancel();
          return onState('ended');
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      // What may not be seen, or is not there, does not come back by asking again.
      if (error instanceof ApiError && error.problem.status >= 400 && error.problem.status < 500 && error.problem.status !== 429) return onState('polling');
    }
    broken++;
    onState('polling');
    await wait(Math.min(retry * 2 ** (broken - 1), longest), signal);
  }
}

/**
 * Follows a stream while the component lives. onMessage gets each event and says whether it was the last. While the state is
 * not 'open' the page polls: pass `every: state === 'open' ? undefined : 5` to useApi.
 */
export function useStream(key: string, open: Follow['open'], onMessage: Follow['onMessage'], enabled = true): StreamState {
  const [state, setState] = useState<StreamState>('connecting');
  const latest = useRef({ open, onMessage });
  useEffect(() => {
    latest.current = { open, onMessage };
  });
  useEffect(() => {
    if (!enabled) return;
    const stop = new AbortController();
    void follow({
      open: (init) => latest.current.open(init),
      onMessage: (m) => latest.current.onMessage(m),
      onState: setState,
      signal: stop.signal,
    });
    return () => stop.abort();
  }, [key, enabled]);
  return state;
}
