import type ko from '../ko/sources';

const en = {
  title: 'Sources',
} satisfies typeof ko;

export default en;
