'use client';

import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/predictions';
import ko from '@/messages/ko/predictions';

/** The words about predictions, which several pages show. */
export const usePredictionText = dictionary({ ko, en });
