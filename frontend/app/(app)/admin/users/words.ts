'use client';

import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/users';
import ko from '@/messages/ko/users';

export const useText = dictionary({ ko, en });
