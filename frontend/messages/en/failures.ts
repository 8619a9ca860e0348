import type ko from '../ko/failures';

const en = {
  title: 'Failures',
} satisfies typeof ko;

export default en;
