import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/telegram';
import ko from '@/messages/ko/telegram';

export const useText = dictionary({ ko, en });
