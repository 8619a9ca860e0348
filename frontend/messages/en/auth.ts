import type ko from '../ko/auth';

const en = {
  title: 'Sign in',
  lead: 'Reads Korean market news, predicts, and keeps score to the end.',
  email: 'Email',
  password: 'Password',
  submit: 'Sign in',
  busy: 'Checking',
  wrong: 'The address or the password is wrong.',
  capsLock: 'Caps Lock is on.',
  locked: (left: string) => `Too many attempts. Try again in ${left}.`,
  showPassword: 'Show password',
} satisfies typeof ko;

export default en;
