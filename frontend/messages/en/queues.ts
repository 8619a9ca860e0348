import type ko from '../ko/queues';

const en = {
  title: 'Queues and workers',
} satisfies typeof ko;

export default en;
