import type ko from '../ko/news';

const en = {
  title: 'News',
  search: 'Search',
  searchHint: 'title, company, word',
  kind: 'Kind',
  kinds: { news: 'article', disclosure: 'filing' },
  source: 'Source',
  code: 'Stock code',
  fold: 'Fold into stories',
  outlets: (n: number) => `${n} articles`,
  firstSeen: 'first seen',
  published: 'published',
  empty: 'No news matches.',
  emptyAll: 'No news has been collected yet.',
  emptyNext: 'See the sources',
  original: 'Original',
  noStocks: 'no stock named',
  echo: 'echoes an earlier story',
  damaged: 'damaged text: nothing is predicted',
  noSignal: 'no prediction',
  backtest: 'backtest',
  untitled: '(no title)',
} satisfies typeof ko;

export default en;
