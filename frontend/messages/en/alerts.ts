import type ko from '../ko/alerts';

const en = {
  title: 'Alerts',
} satisfies typeof ko;

export default en;
