import type ko from '../ko/schedules';

const en = {
  title: 'Schedules',
} satisfies typeof ko;

export default en;
