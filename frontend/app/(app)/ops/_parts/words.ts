'use client';

import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/operations';
import ko from '@/messages/ko/operations';

/** The words that the operators' pages share. */
export const useOps = dictionary({ ko, en });
