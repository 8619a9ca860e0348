'use client';

import { useEffect } from 'react';
import { api } from '@/lib/api';
import { setAppNow, useAppNow } from '@/lib/clock';
import { formatClock, formatDay, formatDuration } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi } from '@/lib/query';
import { useCommon } from '@/lib/words';

/** What the dashboard shows; asked for once for all who look at it. */
export function useDashboard() {
  const dashboard = useApi(['dashboard'], (init) => api.getDashboard(init), { every: 20 });
  const heard = dashboard.data?.session.now;
  const at = dashboard.dataUpdatedAt;
  useEffect(() => {
    if (heard) setAppNow(heard, at);
  }, [heard, at]);
  return dashboard;
}

/** Where the exchange's day stands: 정규장 · 15:30 마감까지 1시간 12분. */
export function SessionStrip() {
  const { data } = useDashboard();
  const now = useAppNow();
  const t = useCommon();
  const locale = useLocale();
  if (!data) return null;
  const { phase, opens_at, closes_at, trades_day } = data.session;
  const detail =
    phase === 'in_session' && closes_at
      ? t.session.closesIn(formatClock(closes_at), formatDuration(Math.max(0, (new Date(closes_at).getTime() - now) / 1000), locale))
      : opens_at
        ? t.session.opensAt(formatDay(trades_day, locale), formatClock(opens_at))
        : t.session.unknown;
  return (
    <p className="flex min-w-0 flex-wrap items-baseline gap-x-2 text-xs">
      <span className="inline-flex items-center gap-1.5 font-medium">
        <span aria-hidden="true" className={`size-1.5 rounded-full ${phase === 'in_session' ? 'bg-ink' : 'border border-muted'}`} />
        {t.session[phase]}
      </span>
      <span className="tabular text-muted">
        {detail} <abbr title="Asia/Seoul, UTC+9" className="no-underline">KST</abbr>
      </span>
    </p>
  );
}
