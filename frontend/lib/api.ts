// The API as pages use it. Types come from api.gen.ts alone.
import { ApiError, createClient } from './api.gen';
import { apiBase, session } from './session';

export * from './api.gen';

export const api = createClient(session.send, apiBase);

/** What of an error a reader is told: the server's own words where there are some. */
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
  if (error instanceof ApiError) {
    const { status, detail, field, request_id } = error.problem;
    return { status, detail, field: field ?? '', requestId: request_id ?? '', retryAfter: error.retryAfter };
  }
  return { status: 0, detail: error instanceof Error ? error.message : String(error), field: '', requestId: '', retryAfter: null };
}
