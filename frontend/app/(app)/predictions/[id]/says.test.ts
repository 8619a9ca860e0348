import { describe, expect, it } from 'vitest';
import type { Outcome } from '@/lib/api';
import ko from '@/messages/ko/predictions';
import { costOf, insideInterval, outcomeSentence } from './says';

const outcome = (change: Partial<Outcome> = {}): Outcome => ({
  base_day: '2026-11-23', target_day: '2026-11-24', horizon: 1, version: 1, excess_pct: 1.2, return_pct: 2, sigma_pct: 1, flat: false, void: '', known_at: '', right: true, ...change,
});
const say = (o: Outcome | null) => outcomeSentence(ko, o, (why) => (why === 'halted' ? '거래 정지' : why), 'ko');

describe('what came of a prediction', () => {
  it('names the day, the move, and whether the direction was right', () => {
    expect(say(outcome())).toBe('11/24(화) 종가까지 초과수익 +1.20%. 말한 방향이 맞았습니다.');
    expect(say(outcome({ excess_pct: -0.4, right: false }))).toBe('11/24(화) 종가까지 초과수익 −0.40%. 말한 방향이 틀렸습니다.');
  });

  it('calls neither right nor wrong what named no direction, was not judged, or is open', () => {
    expect(say(outcome({ right: null }))).toContain('방향을 말하지 않아');
    expect(say(outcome({ void: 'halted', right: null, excess_pct: null }))).toBe('판정하지 않았습니다: 거래 정지.');
    expect(say(null)).toBe('아직 결과가 나오지 않았습니다.');
  });

  it('lies inside its interval, outside, or is not to be told', () => {
    expect(insideInterval(outcome({ excess_pct: -2 }), -2, 3)).toBe(true);
    expect(insideInterval(outcome({ excess_pct: 3.01 }), -2, 3)).toBe(false);
    expect(insideInterval(outcome({ void: 'halted' }), -2, 3)).toBeNull();
    expect(insideInterval(null, -2, 3)).toBeNull();
    expect(insideInterval(outcome(), null, 3)).toBeNull();
  });
});

describe('a cost', () => {
  it('keeps what is less than a won', () => {
    expect([costOf(0, 'ko'), costOf(420_000, 'ko'), costOf(1_234_567_890, 'ko'), costOf(3_500_000, 'en')]).toEqual(['0원', '0.42원', '1,235원', '₩3.5']);
  });
});
