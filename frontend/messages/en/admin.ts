import type ko from '../ko/admin';

const en = {
  title: 'Administration',
} satisfies typeof ko;

export default en;
