import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/alerts';
import ko from '@/messages/ko/alerts';

export const useText = dictionary({ ko, en });

/** A reason in words; one that is not known, as how a send went, is shown as it is. */
export function useReason(): (reason: string) => string {
  const { reasons } = useText();
  return (reason) => (Object.hasOwn(reasons, reason) ? (reasons[reason] ?? reason) : reason);
}
