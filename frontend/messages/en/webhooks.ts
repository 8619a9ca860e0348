import type ko from '../ko/webhooks';

const en = {
  title: 'Webhooks',
  lead: 'Every alert is posted to another program, signed.',
  create: 'Add a webhook',
  empty: 'There is no webhook. Add an address: every alert goes there from then on.',
  url: 'Address',
  urlHint: 'http or https. Addresses of this machine’s own network are never dialled. An address named again gets another secret.',
  language: 'Language',
  languages: { ko: '한국어', en: 'English' },
  state: 'State',
  active: 'posting',
  off: 'off',
  actions: 'Actions',
  remove: 'Delete',
  removeTitle: 'Delete this webhook?',
  removeBody: (url: string) => `Nothing is posted to ${url} any more. It cannot be undone; added again it has another secret.`,
  removed: 'The webhook was deleted.',
  secretTitle: 'Signing secret',
  secretBody: 'The receiver checks signatures by it. It is shown this once: keep it somewhere safe.',
  secret: 'Secret',
  copy: 'Copy',
  copied: 'Copied.',
  copyFailed: 'It could not be copied. Select it and copy it by hand.',
  kept: 'I have kept it',
  refused: (reason: string) => `Why it is off: ${reason}`,
} satisfies typeof ko;

export default en;
