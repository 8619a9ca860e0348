import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isCrash, restOf, secondsFor, templateOf, totalsOf, type Totals } from './cause';

const shown = (error: string) => templateOf(error).map((p) => (p.varies ? '#' : p.text)).join('');

describe('the message of a cause', () => {
  it('leaves out numbers, quoted words and long hex strings', () => {
    expect(shown('story 12: model "llm a" of deadbeefcafe01: status 503')).toBe('story #: model # of #: status #');
    expect(templateOf('story 12 is gone')).toEqual([
      { text: 'story ', varies: false },
      { text: '12', varies: true },
      { text: ' is gone', varies: false },
    ]);
  });

  it('keeps short hex words, and a quote that nobody closes', () => {
    expect(shown('face: "open')).toBe('face: "open');
  });

  it('ends after 400 bytes, of which what varies is one', () => {
    expect(shown('1' + 'x'.repeat(500))).toBe('#' + 'x'.repeat(399));
    expect(shown('가'.repeat(200))).toBe('가'.repeat(133));
    expect(shown('x'.repeat(400) + ' 7')).toBe('x'.repeat(400));
  });

  it('has nothing of nothing', () => expect(templateOf('')).toEqual([]));

  it('is not what groups the deaths of workers', () => {
    expect(isCrash('worker vm/12/ABC died with it in hand')).toBe(true);
    expect(isCrash('it was given out, and nobody has it in hand')).toBe(true);
    expect(isCrash('naver: worker of theirs died')).toBe(false);
  });
});

const totals = (change: Partial<Totals>): Totals => ({ count: 0, retrying: 0, gave_up: 0, quarantined: 0, resolved: 0, ...change });

describe('what is not retried', () => {
  it('has a reason for each', () => {
    expect(restOf(totals({ count: 12, retrying: 3, gave_up: 4, quarantined: 1, resolved: 4 }), 5)).toEqual([
      { reason: 'retrying', count: 3 },
      { reason: 'resolved', count: 4 },
    ]);
    expect(restOf(totals({ count: 4, gave_up: 4 }), 4)).toEqual([]);
  });

  it('is beyond the cap, or has changed since it was counted', () => {
    expect(restOf(totals({ count: 100_007, gave_up: 100_007 }), 100_000)).toEqual([{ reason: 'cap', count: 7 }]);
    expect(restOf(totals({ count: 10, gave_up: 10 }), 9)).toEqual([]);
  });

  it('is summed over causes', () => {
    expect(totalsOf([totals({ count: 2, gave_up: 2 }), totals({ count: 3, retrying: 1, gave_up: 2 })])).toEqual(totals({ count: 5, retrying: 1, gave_up: 4 }));
  });
});

describe('how long it takes to let failures go', () => {
  it.each([
    [1, 5, 0],
    [6, 100, 5], // one at once, then one a second
    [8, 100, 6], // two a second from the fifth second on
    [16, 100, 10],
    [100, 1, 99],
    [56, 5, 19], // 36 in fifteen seconds: 1 + 5 + 10 + 20, then five a second
  ])('%i at %i a second: %i s', (count, pace, seconds) => expect(secondsFor(count, pace)).toBe(seconds));
});

it('forms the fingerprint that the server gave a failure', () => {
  const error = 'predict 990010 of story 3082: openai: chat with "gpt-4.1-mini": POST http://127.0.0.1:37987/openai/v1/chat/completions: status 400';
  expect(createHash('sha256').update(`story:predict\n${shown(error)}`).digest('hex').slice(0, 12)).toBe('e2532aabbc94');
});
