'use client';

import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/abtests';
import ko from '@/messages/ko/abtests';

export const useText = dictionary({ ko, en });
