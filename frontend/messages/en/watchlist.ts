import type ko from '../ko/watchlist';

const en = {
  title: 'Watchlist',
} satisfies typeof ko;

export default en;
