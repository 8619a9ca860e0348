import { describe, expect, it } from 'vitest';
import type { AlertItem, MyNotice } from '@/lib/api';
import { deliveriesOf, problemOf } from './problems';

describe('what went wrong', () => {
  it('is told in kinds, the more particular first', () => {
    const known = {
      'the bot was blocked or removed': 'blocked',
      'telegram: chat 7: Forbidden: bot was blocked by the user': 'blocked',
      'stopped by its owner': 'stopped',
      'telegram: chat 7: not sent, the bot itself was refused: unauthorized': 'bot',
      'telegram: chat 7: not sent: dial tcp: connection refused': 'unsent',
      'telegram: chat 7: bad request, Bad Request: chat not found': 'gone',
      'telegram: chat 7: too many requests, retry after 3': 'slow',
      'crashed between send and mark': 'unknown',
      'moved to chat -100': 'moved',
    };
    for (const [text, kind] of Object.entries(known)) expect(problemOf(text), text).toBe(kind);
    expect(problemOf('something else')).toBeNull();
  });
});

describe('the latest deliveries', () => {
  const alert = (id: number, state: MyNotice['state'] | null, reason = ''): AlertItem => ({
    id, kind: 'signal', stock: { code: '005930', name: '삼성전자' }, story_id: 1, article_id: 1, title: '', url: '', reason: 'passed', decided_at: '2026-11-26T10:00:00+09:00',
    told_at: null, signal: null, outcomes: [], delivery: { due: 0, held: 0, claimed: 0, sent: 0, suppressed: 0, failed: 0, refused: 0, ambiguous: 0 },
    mine: state && { state, reason, explanation: '', in_digest: false, sent_at: state === 'sent' ? `2026-11-26T10:0${id}:00+09:00` : null },
  });
  it('leave out what was never for the reader', () => {
    expect(deliveriesOf([alert(1, null), alert(2, 'suppressed', 'no_chat')])).toEqual({ sentAt: null, mine: 0, trouble: null });
  });
  it('name the newest trouble, unless a later message arrived', () => {
    const bad = alert(5, 'refused', 'Forbidden: bot was blocked by the user');
    expect(deliveriesOf([bad, alert(4, 'sent'), alert(3, 'failed', 'not sent')])).toMatchObject({ sentAt: '2026-11-26T10:04:00+09:00', mine: 3, trouble: { alert: { id: 5 }, kind: 'blocked' } });
    expect(deliveriesOf([alert(6, 'sent'), bad]).trouble).toBeNull();
    expect(deliveriesOf([alert(7, 'ambiguous', 'EOF')]).trouble?.kind).toBe('unknown');
  });
});
