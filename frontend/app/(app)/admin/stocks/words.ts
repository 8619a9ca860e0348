'use client';

import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/stocklist';
import ko from '@/messages/ko/stocklist';

export const useText = dictionary({ ko, en });
