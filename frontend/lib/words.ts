'use client';

import en from '@/messages/en/common';
import ko from '@/messages/ko/common';
import { dictionary } from './i18n';

/** The words that all pages share. */
export const useCommon = dictionary({ ko, en });
