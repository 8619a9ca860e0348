import type ko from '../ko/stocks';

const en = {
  title: 'Stocks',
} satisfies typeof ko;

export default en;
