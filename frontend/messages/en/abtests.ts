import type ko from '../ko/abtests';

const en = {
  title: 'A/B tests',
} satisfies typeof ko;

export default en;
