'use client';

import type { ReactNode } from 'react';
import { Badge, Foreign } from '@/components/marks';
import { Time } from '@/components/time';
import { api, type RunBody } from '@/lib/api';
import { useWallNow } from '@/lib/clock';
import { formatDecimal, formatDuration } from '@/lib/format';
import { dictionary, useLocale } from '@/lib/i18n';
import { useApi } from '@/lib/query';
import en from '@/messages/en/runs';
import ko from '@/messages/ko/runs';
import { etaUnknownBecause, paceOf, paramsOf } from './run';

export const useText = dictionary({ ko, en });

export function RunState({ state }: { state: RunBody['state'] }) {
  const t = useText();
  return <Badge tone={state === 'failed' ? 'warn' : state === 'running' ? 'strong' : 'plain'}>{t.states[state]}</Badge>;
}

export function Pace({ run }: { run: RunBody }) {
  const t = useText();
  const pace = paceOf(run, useWallNow());
  if (pace === null) return <span className="text-muted">{t.etaUnknown}</span>;
  return <span className="tabular whitespace-nowrap">{pace >= 1 ? t.perSecond(formatDecimal(pace, 1)) : t.perMinute(formatDecimal(pace * 60, 1))}</span>;
}

/** How long it will take, or that nobody knows and why. */
export function Eta({ run }: { run: RunBody }) {
  const t = useText();
  const locale = useLocale();
  const why = etaUnknownBecause(run);
  if (why) {
    return (
      <span>
        {t.etaUnknown} <span className="text-xs text-muted">({t.etaWhy[why]})</span>
      </span>
    );
  }
  return <span className="tabular whitespace-nowrap">{run.eta_seconds === null ? '' : t.etaIn(formatDuration(run.eta_seconds, locale))}</span>;
}

/** What was ordered, in a line. */
export function Order({ run }: { run: RunBody }): ReactNode {
  const t = useText();
  const p = paramsOf(run);
  const models = useApi(['models', 'names'], async (init) => (await api.getModels({ limit: 200 }, init)).items, { enabled: p.kind === 'repredict' && p.models.length > 0 });
  const nameOf = (id: number) => models.data?.find((m) => m.id === id)?.name ?? t.params.model(id);
  switch (p.kind) {
    case 'crawl':
      return <Foreign>{t.params.crawl(p.source)}</Foreign>;
    case 'retry':
      return (
        <span className="tabular">
          {t.params.retry(String(p.snapshot))} · {p.perSecond > 0 ? t.params.retryPace(String(p.perSecond)) : t.params.retryFast}
        </span>
      );
    case 'repredict': {
      const parts: ReactNode[] = [];
      if (p.codes.length > 0) parts.push(`${t.params.codes} ${p.codes.slice(0, 5).join(', ')}${p.codes.length > 5 ? ` +${p.codes.length - 5}` : ''}`);
      if (p.stories > 0) parts.push(t.params.stories(p.stories));
      if (p.from) parts.push(<>{t.params.from} <Time at={p.from} as="exact" /></>);
      if (p.to) parts.push(<>{t.params.to} <Time at={p.to} as="exact" /></>);
      parts.push(p.models.length > 0 ? `${t.params.models} ${p.models.map(nameOf).join(', ')}` : t.params.allModels);
      return (
        <span className="flex flex-wrap gap-x-2">
          {parts.map((part, i) => (
            <span key={i}>{part}</span>
          ))}
        </span>
      );
    }
    case 'other':
      return <Foreign>{run.key}</Foreign>;
  }
}
