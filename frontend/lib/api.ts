// The API as pages use it. Types come from api.gen.ts alone.
import { ApiError, createClient } from './api.gen';
import en from '@/messages/en/common';
import ko from '@/messages/ko/common';
import { preferences } from './preferences';
import { apiBase, session } from './session';

export * from './api.gen';

export const api = createClient(session.send, apiBase);

/** What of an error a reader is told: the server's own words where there are some, which are in his language. */
export interface Fault {
  /** The HTTP status; 0 when no answer came. */
  status: number;
  detail: string;
  /** The input field at fault; empty when it is not about one. */
  field: string;
  /** To quote when asking for help; empty when there is none. */
  requestId: string;
  /** Seconds after which it may be tried again; null when not said. */
  retryAfter: number | null;
}

export function faultOf(error: unknown): Fault {
  const t = { ko, en }[preferences().locale];
  if (error instanceof ApiError) {
    const { status, detail, field, request_id } = error.problem;
    return { status, detail: detail || t.unanswered(status), field: field ?? '', requestId: request_id ?? '', retryAfter: error.retryAfter };
  }
  return { status: 0, detail: t.unreachable, field: '', requestId: '', retryAfter: null };
}
