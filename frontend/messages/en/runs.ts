import type ko from '../ko/runs';

const en = {
  title: 'Runs',
} satisfies typeof ko;

export default en;
