import type ko from '../ko/predictions';

const en = {
  title: 'Predictions',
} satisfies typeof ko;

export default en;
