import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/statistics';
import ko from '@/messages/ko/statistics';

export const useText = dictionary({ ko, en });
