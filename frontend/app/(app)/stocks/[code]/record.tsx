'use client';

import Link from 'next/link';
import { Panel } from '@/components/panel';
import { api, type Prediction } from '@/lib/api';
import { formatDay, formatPercent, formatProbability } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { trackRecord, wilson, type TrackRecord } from '@/lib/predictions';
import { useApi } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { useText } from './words';

/** Stock-days below which no share is said. */
const fewest = 30;
/** The newest so many are counted. */
const counted = 200;

interface Records {
  live: Prediction[];
  backtest: Prediction[];
  /** There are more than were read. */
  capped: boolean;
}

/** What the champions said, each of the horizons of which it is one, as far as it is judged. */
async function recordsOf(code: string, init: RequestInit): Promise<Records> {
  const models = await api.getModels({ limit: 200 }, init);
  const champions = models.items.filter((m) => m.role === 'champion');
  let capped = false;
  const of = async (origin: 'live' | 'backtest') => {
    const lists = await Promise.all(
      champions.map(async (m) => {
        const page = await api.getStocksByCodePredictions(code, { resolved: true, origin, model: m.id, limit: counted }, init);
        capped ||= page.next_cursor !== null;
        return page.items.filter((p) => m.horizons.includes(p.horizon));
      }),
    );
    return lists.flat();
  };
  const [live, backtest] = await Promise.all([of('live'), of('backtest')]);
  return { live, backtest, capped };
}

/** How the champion fared with this stock, live and in the walk through history apart. */
export function Record({ code }: { code: string }) {
  const t = useText();
  const records = useApi<Records>(['stocks', code, 'record'], (init) => recordsOf(code, init), { every: 120 });
  return (
    <Panel
      title={t.record}
      note={t.recordNote}
      query={records}
      actions={
        <Link href={hrefs.statistics()} prefetch={false} className="link text-xs text-muted">
          {t.overall}
        </Link>
      }
      empty={(r) => (r.live.length + r.backtest.length > 0 ? null : { because: t.recordEmpty })}
    >
      {(r) => (
        <div className="space-y-4">
          <Origin name={t.live} predictions={r.live} />
          {r.backtest.length > 0 ? <Origin name={t.backtest} predictions={r.backtest} /> : null}
          <p className="text-2xs text-muted">
            {t.tallyLegend} · {t.tooFewNote(fewest)}
            {r.capped ? ` ${t.recordCapped(counted)}` : ''}
          </p>
        </div>
      )}
    </Panel>
  );
}

function Origin({ name, predictions }: { name: string; predictions: readonly Prediction[] }) {
  const t = useText();
  const records = trackRecord(predictions);
  return (
    <div>
      <h3 className="mb-1 text-xs font-medium text-muted">{name}</h3>
      {records.length === 0 ? (
        <p className="text-xs text-muted">{t.recordNone}</p>
      ) : (
        <ul className="divide-y divide-line">
          {records.map((record) => (
            <Line key={record.horizon} record={record} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Line({ record }: { record: TrackRecord }) {
  const t = useText();
  const common = useCommon();
  const locale = useLocale();
  const n = record.days.length;
  const horizon = common.horizon(record.horizon);
  const [low, high] = wilson(record.right, n);
  return (
    <li className="py-2 first:pt-0.5 last:pb-0">
      <p className="flex flex-wrap items-baseline justify-between gap-x-3 text-xs">
        <span className="font-medium">{horizon}</span>
        <span className="tabular">{n === 0 ? t.recordNone : t.recordOf(record.right, n)}</span>
      </p>
      {n > 0 ? (
        <p role="img" aria-label={t.tally(horizon, record.right, n)} className="mt-0.5 flex flex-wrap gap-x-0.5 text-xs leading-4">
          {record.days.map((d) => (
            <span key={d.day} title={`${formatDay(d.day, locale)} ${formatPercent(d.excess)}`} aria-hidden="true">
              {d.right ? '●' : '○'}
            </span>
          ))}
        </p>
      ) : null}
      <p className="tabular text-xs text-muted">
        {n < fewest ? t.tooFew(n) : t.share(formatProbability(record.right / n), formatProbability(low), formatProbability(high))}
        {record.void > 0 ? ` · ${t.recordVoid(record.void)}` : ''}
      </p>
    </li>
  );
}
