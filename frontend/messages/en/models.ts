import type ko from '../ko/models';

const en = {
  title: 'Models',
} satisfies typeof ko;

export default en;
