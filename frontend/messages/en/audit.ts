import type ko from '../ko/audit';

const en = {
  title: 'Audit',
} satisfies typeof ko;

export default en;
