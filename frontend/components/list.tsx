'use client';

import { formatCount } from '@/lib/format';
import type { Listed } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { Button } from './controls';
import { useAnnounce } from './toast';
import { useEffect, useRef } from 'react';

type Footed = Pick<Listed<unknown, { items: unknown[]; next_cursor: string | null }>, 'hasMore' | 'more' | 'loadingMore' | 'fresh' | 'showFresh'>;

/** Stands above a list: says how many new items there are, and shows them when asked to. */
export function FreshItems({ list }: { list: Footed }) {
  const t = useCommon();
  const announce = useAnnounce();
  const said = useRef(0);
  useEffect(() => {
    if (list.fresh > said.current) announce(t.fresh(list.fresh));
    said.current = list.fresh;
  }, [list.fresh, announce, t]);
  if (list.fresh === 0) return null;
  return (
    <div className="mb-2 flex justify-center">
      <Button look="primary" onClick={list.showFresh}>
        {t.fresh(list.fresh)}
      </Button>
    </div>
  );
}

/** Stands below a list: gets the next page, or says that there is none. */
export function MoreItems({ list, shown }: { list: Footed; shown: number }) {
  const t = useCommon();
  return (
    <div className="mt-3 flex items-center justify-center gap-3 text-xs text-muted">
      <span className="tabular">{formatCount(shown)}</span>
      {list.hasMore ? (
        <Button disabled={list.loadingMore} onClick={list.more}>
          {list.loadingMore ? t.loading : t.more}
        </Button>
      ) : (
        <span>{t.endOfList}</span>
      )}
    </div>
  );
}
