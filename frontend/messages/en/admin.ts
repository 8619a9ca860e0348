import type ko from '../ko/admin';

const en = {
  user: (id: number) => `user ${id}`,
  nobody: 'nobody',
  changedBy: 'Changed by',
  before: 'Before',
  after: 'After',
  yes: 'yes',
  no: 'no',
} satisfies typeof ko;

export default en;
