import { describe, expect, it } from 'vitest';
import en from '@/messages/en/schedules';
import ko from '@/messages/ko/schedules';
import { cronWords, periodOf } from './cron';

describe('a schedule in words', () => {
  it.each([
    // what the program declares
    ['@every 1s', '1초마다', 'every 1 s'],
    ['@every 1m0s', '1분마다', 'every 1 min'],
    ['@every 1h0m0s', '1시간마다', 'every 1 h'],
    ['@every 24h0m0s', '1일마다', 'every 1 d'],
    ['@every 3s', '3초마다', 'every 3 s'],
    ['35 17 * * *', '매일 17:35', 'every day at 17:35'],
    ['0 * * * *', '매시 정각', 'every hour on the hour'],
    // what an admin may set
    ['@every 1h30m', '1시간 30분마다', 'every 1 h 30 min'],
    ['* * * * *', '매분', 'every minute'],
    ['*/15 * * * *', '15분마다', 'every 15 minutes'],
    ['0,30 * * * *', '매시 0, 30분', 'at minute 0 and 30 of every hour'],
    ['5 */2 * * *', '2시간마다 5분에', 'every 2 hours at minute 5'],
    ['0 8,16 * * *', '매일 08:00, 16:00', 'every day at 08:00 and 16:00'],
    ['30 8 * * 1-5', '평일 08:30', 'on weekdays at 08:30'],
    ['30 8 * * MON-FRI', '평일 08:30', 'on weekdays at 08:30'],
    ['0 10 * * 0,6', '주말 10:00', 'on weekends at 10:00'],
    ['0 9 * * mon,WED', '매주 월·수요일 09:00', 'every Monday, Wednesday at 09:00'],
    ['0 9 * * 2-4', '매주 화~목요일 09:00', 'Tuesday to Thursday at 09:00'],
    ['*/10 9-15 * * 1-5', '평일 9시부터 15시까지 10분마다', 'on weekdays every 10 minutes, hours 9 to 15'],
    ['0 9-18 * * *', '매일 9시부터 18시까지 매시 정각', 'every day every hour on the hour, hours 9 to 18'],
    ['0 6 1 * *', '매월 1일 06:00', 'on day 1 of every month at 06:00'],
    ['0 6 1,15 * *', '매월 1일, 15일 06:00', 'on day 1, 15 of every month at 06:00'],
    ['0 6 1 * 1', '매월 1일 또는 매주 월요일 06:00', 'on day 1 of every month or every Monday at 06:00'],
    ['0 0 1 1 *', '매년 1월 1일 00:00', 'every January 1 at 00:00'],
    ['0 6 * 3,jun *', '3월, 6월에 매일 06:00', 'every day, in March, June at 06:00'],
    ['@daily', '매일 00:00', 'every day at 00:00'],
    ['@midnight', '매일 00:00', 'every day at 00:00'],
    ['@hourly', '매시 정각', 'every hour on the hour'],
    ['@weekly', '매주 일요일 00:00', 'every Sunday at 00:00'],
    ['@monthly', '매월 1일 00:00', 'on day 1 of every month at 00:00'],
    ['@yearly', '매년 1월 1일 00:00', 'every January 1 at 00:00'],
  ])('%s', (spec, korean, english) => {
    expect(cronWords(spec, ko.words, 'ko')).toBe(korean);
    expect(cronWords(spec, en.words, 'en')).toBe(english);
  });

  it.each([
    '',
    'soon',
    '@sometimes',
    '@every',
    '@every soon',
    '@every 500ms',
    '0 * * *',
    '0 0 0 * * *',
    '60 * * * *',
    '0 24 * * *',
    '0 0 0 * *',
    '0 0 * 13 *',
    '0 0 * * 7',
    '5-1 * * * *',
    '*/0 * * * *',
    '1-2-3 * * * *',
    '1/2/3 * * * *',
    'TZ=UTC 0 0 * * *',
    '1,2,3,4,5,6,7,8 * * * *', // could be said, but nobody would read it
    '*/7 1,5 * * *',
    '0 0 */2 * *',
  ])('has none for %j', (spec) => expect(cronWords(spec, ko.words, 'ko')).toBeNull());
});

it.each([
  ['1m0s', 60],
  ['24h0m0s', 86_400],
  ['1.5h', 5_400],
  ['90s', 90],
  ['1s500ms', 1],
  ['999ms', null],
  ['-1s', null],
  ['1', null],
  ['', null],
] as const)('a period of %s is %s seconds', (text, seconds) => expect(periodOf(text)).toBe(seconds));
