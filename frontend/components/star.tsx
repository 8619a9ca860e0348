'use client';

import { api, type WatchlistBody } from '@/lib/api';
import { dictionary } from '@/lib/i18n';
import { useApi, useChange } from '@/lib/query';
import { toggled } from '@/lib/watch';
import en from '@/messages/en/stocks';
import ko from '@/messages/ko/stocks';
import { useToast } from './toast';

const useText = dictionary({ ko, en });

/** The caller's watchlist; asked for once for all who show a star. */
export function useWatchlist() {
  return useApi<WatchlistBody>(['watchlist', 'list'], (init) => api.getWatchlist(init), { every: 60 });
}

/** Puts a stock on the watchlist, or takes it off. */
export function Star({ code, name }: { code: string; name: string }) {
  const t = useText();
  const toast = useToast();
  const list = useWatchlist();
  const watched = list.data?.stocks.some((s) => s.code === code) ?? false;
  const change = useChange<boolean, WatchlistBody>(
    // The list as it is now: another page may have changed it.
    async (watch) => {
      const now = await api.getWatchlist();
      return api.putWatchlist({ all: now.all, codes: toggled(now.stocks.map((s) => s.code), code, watch) });
    },
    { invalidates: [['watchlist']], onDone: (_, watch) => toast(watch ? t.added(name) : t.dropped(name)) },
  );
  const toggle = async () => {
    const done = await change.run(!watched);
    if (done === undefined) return;
    change.reset();
  };
  return (
    <>
      <button
        type="button"
        aria-pressed={watched}
        aria-label={watched ? t.dropWatch(name) : t.addWatch(name)}
        title={watched ? t.dropWatch(name) : t.addWatch(name)}
        disabled={change.busy || list.data === undefined}
        onClick={() => void toggle()}
        className={`inline-flex size-9 shrink-0 items-center justify-center rounded-control text-lg leading-none hover:bg-sunken disabled:opacity-50 ${watched ? 'text-ink' : 'text-muted'}`}
      >
        <span aria-hidden="true">{watched ? '★' : '☆'}</span>
      </button>
      {change.fault ? (
        <span role="alert" className="text-xs text-warn">
          <span aria-hidden="true">⚠ </span>
          {t.watchFailed(change.fault.detail)}
        </span>
      ) : null}
    </>
  );
}
