import { expect, it } from 'vitest';
import { objectionTo } from './password';

it('says what is wrong with a new password before it is sent', () => {
  expect(objectionTo('old password', 'short', 'short')).toBe('tooShort');
  expect(objectionTo('old password', '가나다라마바사아자', '가나다라마바사아자')).toBe('tooShort');
  expect(objectionTo('old password', 'old password', 'old password')).toBe('same');
  expect(objectionTo('old password', 'new password 1', 'new password 2')).toBe('mismatch');
  expect(objectionTo('old password', '가나다라마바사아자차', '가나다라마바사아자차')).toBeNull();
});
