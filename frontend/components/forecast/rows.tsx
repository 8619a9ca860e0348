'use client';

import Link from 'next/link';
import { Foreign, Probability, StockLink } from '@/components/marks';
import { Time } from '@/components/time';
import type { Prediction } from '@/lib/api';
import { formatPercent } from '@/lib/format';
import { byModel, byStory } from '@/lib/predictions';
import { hrefs } from '@/lib/routes';
import { ModelMark } from './badges';
import { Standing } from './outcome';
import { ProbabilityTrack } from './track';

/** Predictions by the story that they are about: what stands together is not independent. */
export function PredictionRows({ predictions, stock = true }: { predictions: readonly Prediction[]; stock?: boolean }) {
  return (
    <ul className="@container divide-y divide-line">
      {byStory(predictions).map(({ key, predictions: [first, ...others] }) => (
        <li key={key} className="py-3 first:pt-1.5 last:pb-0">
          <p className="flex flex-wrap items-baseline gap-x-2">
            {stock ? <StockLink code={first.stock.code} name={first.stock.name} /> : null}
            <span className="text-xs text-muted">
              <Time at={first.as_of} />
            </span>
          </p>
          <p className="line-clamp-2 text-muted">
            <Foreign>{first.title}</Foreign>
          </p>
          <ul className="mt-1.5 space-y-1">
            {byModel([first, ...others]).map((p) => (
              <Row key={p.id} prediction={p} />
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

function Row({ prediction: p }: { prediction: Prediction }) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-0.5 rounded-control px-2 py-1 even:bg-sunken/60 @3xl:grid-cols-[14rem_auto_8rem_minmax(0,1fr)_auto]">
      <Link href={hrefs.prediction(p.id)} prefetch={false} className="hover:underline">
        <Probability probability={p.probability} baseRate={p.base_rate} horizon={p.horizon} />
      </Link>
      <span className="flex justify-end">
        <ProbabilityTrack probability={p.probability} baseRate={p.base_rate} />
      </span>
      <span className="tabular text-xs whitespace-nowrap text-muted @max-3xl:hidden">
        {formatPercent(p.low_pct, 1)} ~ {formatPercent(p.high_pct, 1)}
      </span>
      <Standing outcome={p.outcome} targetDay={p.target_day} />
      <span className="flex flex-wrap items-center justify-end gap-x-2">
        <ModelMark prediction={p} />
      </span>
    </li>
  );
}
