import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/watchlist';
import ko from '@/messages/ko/watchlist';

export const useText = dictionary({ ko, en });
