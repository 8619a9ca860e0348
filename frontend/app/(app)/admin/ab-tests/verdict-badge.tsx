'use client';

import { Badge } from '@/components/marks';
import type { Word } from './evidence';
import { useText } from './words';

/** One of the fixed words: strong where there is a verdict, a warning where there can be none. */
export function VerdictBadge({ word }: { word: Word }) {
  const t = useText();
  return <Badge tone={word === 'void' ? 'warn' : word === 'a_better' || word === 'b_better' ? 'strong' : 'plain'}>{t.words[word]}</Badge>;
}
