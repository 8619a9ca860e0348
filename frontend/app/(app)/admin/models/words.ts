'use client';

import type { RecordItem } from '@/lib/api';
import { formatCount } from '@/lib/format';
import { dictionary } from '@/lib/i18n';
import en from '@/messages/en/models';
import ko from '@/messages/ko/models';
import { estimateText } from '../numbers';
import { isKind } from './logic';

export const useText = dictionary({ ko, en });

export function useKind() {
  const t = useText();
  return (kind: string) => (isKind(kind) ? t.kinds[kind] : kind);
}

/** A model's skill in words: the figure, or what it still needs. */
export function useSkillText() {
  const t = useText();
  return (kind: string, r: RecordItem | null) => {
    if (kind === 'baseline') return t.reference;
    if (!r) return t.noRecord;
    if (!r.skill) return t.collecting(formatCount(r.needs.stock_days), formatCount(r.needs.days));
    return estimateText(r.skill);
  };
}
