'use client';

import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/article';
import ko from '@/messages/ko/article';

export const useText = dictionary({ ko, en });
