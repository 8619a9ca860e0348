import type ko from '../ko/telegram';

const en = {
  title: 'Telegram',
} satisfies typeof ko;

export default en;
