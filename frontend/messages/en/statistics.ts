import type ko from '../ko/statistics';

const en = {
  title: 'Statistics',
} satisfies typeof ko;

export default en;
