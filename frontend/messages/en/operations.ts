import type ko from '../ko/operations';

const en = {
  title: 'Operations',
} satisfies typeof ko;

export default en;
