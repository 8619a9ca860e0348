// Puts what a messenger said, or who switched alerts off, into a few kinds of trouble that people can do something about.
import type { AlertItem } from '@/lib/api';

export type Problem = 'blocked' | 'stopped' | 'gone' | 'bot' | 'slow' | 'unsent' | 'unknown' | 'moved';

// The first that fits: "the bot itself was refused" is also said to be not sent.
const signs: readonly (readonly [RegExp, Problem])[] = [
  [/stopped by its owner/i, 'stopped'],
  [/bot itself was refused/i, 'bot'],
  [/moved to chat|group chat was upgraded|migrat/i, 'moved'],
  [/chat not found|user is deactivated|peer_id_invalid/i, 'gone'],
  [/blocked|removed|kicked|forbidden|not a member/i, 'blocked'],
  [/too many requests|retry after/i, 'slow'],
  [/crashed between send and mark|may have been|ambiguous/i, 'unknown'],
  [/not sent|connection refused|no such host|timeout/i, 'unsent'],
];

/** The kind of trouble that a text tells of; null for one that is not known. */
export function problemOf(text: string): Problem | null {
  return signs.find(([sign]) => sign.test(text))?.[1] ?? null;
}

export interface Deliveries {
  /** When the reader was sent something last, on the wall clock; null for never. */
  sentAt: string | null;
  /** How many of the alerts were for the reader. */
  mine: number;
  /** The newest send that went wrong after the last good one; null for none. */
  trouble: { alert: AlertItem; text: string; kind: Problem | null } | null;
}

/** What the newest alerts, newest first, say of the reader's deliveries. */
export function deliveriesOf(alerts: readonly AlertItem[]): Deliveries {
  let sentAt: string | null = null;
  let trouble: Deliveries['trouble'] = null;
  let mine = 0;
  for (const alert of alerts) {
    const m = alert.mine;
    if (!m || m.state === 'suppressed') continue;
    mine++;
    if (m.state === 'sent') sentAt ??= m.sent_at;
    const wrong = m.state === 'failed' || m.state === 'refused' || m.state === 'ambiguous';
    // An older trouble that a good send came after is over.
    if (wrong && sentAt === null) trouble ??= { alert, text: m.reason, kind: m.state === 'ambiguous' ? 'unknown' : problemOf(m.reason) };
  }
  return { sentAt, mine, trouble };
}
