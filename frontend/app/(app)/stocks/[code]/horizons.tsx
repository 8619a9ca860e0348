'use client';

import Link from 'next/link';
import { ModelMark } from '@/components/forecast/badges';
import { Standing } from '@/components/forecast/outcome';
import { ProbabilityTrack } from '@/components/forecast/track';
import { usePredictionText } from '@/components/forecast/words';
import { Delta, Foreign } from '@/components/marks';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import type { Prediction, ReportAnswer } from '@/lib/api';
import { formatDecimal, formatPercent, formatProbability } from '@/lib/format';
import type { Asked } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { useText } from './words';

/** What the champion said last, a card per horizon. */
export function Horizons({ report }: { report: Asked<ReportAnswer> }) {
  const t = useText();
  return (
    <Panel title={t.horizons} query={report} rows={5} empty={(r) => (r.sections.length > 0 ? null : { because: t.horizonsEmpty })}>
      {(r) => (
        <ul className="grid gap-3 md:grid-cols-3">
          {r.sections.map(({ prediction }) => (
            <Card key={prediction.id} prediction={prediction} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Card({ prediction: p }: { prediction: Prediction }) {
  const t = useText();
  const common = useCommon();
  const words = usePredictionText();
  const base = p.base_rate === null ? null : Math.round(p.base_rate * 100);
  const whole = p.probability === null ? null : Math.round(p.probability * 100);
  return (
    <li className="flex min-w-0 flex-col gap-1.5 rounded-control border border-line p-3.5">
      <h3 className="flex flex-wrap items-baseline justify-between gap-x-2 text-xs">
        <span className="font-semibold">{common.horizon(p.horizon)}</span>
        <Standing outcome={p.outcome} targetDay={p.target_day} />
      </h3>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="tabular text-xl font-semibold">{formatProbability(p.probability)}</span>
        {base !== null && whole !== null ? (
          <span className="tabular text-xs text-muted">
            {words.detail.usual} {base}% <Delta value={(whole - base) / 100} unit="points" />
          </span>
        ) : null}
      </p>
      <ProbabilityTrack probability={p.probability} baseRate={p.base_rate} />
      <p className="tabular text-xs text-muted">{t.interval(formatPercent(p.low_pct, 1), formatPercent(p.high_pct, 1))}</p>
      <p className="tabular text-xs text-muted">{t.similar(p.neighbours, formatDecimal(p.effective, 0))}</p>
      <p className="line-clamp-2 text-xs">
        <Foreign>{p.title}</Foreign>
      </p>
      <p className="mt-auto flex flex-wrap items-center justify-between gap-x-2 gap-y-1 pt-1 text-xs">
        <span className="flex flex-wrap items-center gap-x-2">
          <ModelMark prediction={p} />
          <span className="text-muted">
            <Time at={p.as_of} />
          </span>
        </span>
        <Link href={hrefs.prediction(p.id)} prefetch={false} className="link" aria-label={`${t.opens}: ${common.horizon(p.horizon)}`}>
          {t.opens}
        </Link>
      </p>
    </li>
  );
}
