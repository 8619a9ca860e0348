'use client';

import Link from 'next/link';
import { useState } from 'react';
import { DotStrip } from '@/components/charts';
import { usePredictionText } from '@/components/forecast/words';
import { Button } from '@/components/controls';
import { Delta, Foreign } from '@/components/marks';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Day } from '@/components/time';
import type { NeighbourItem, PredictionAnswer } from '@/lib/api';
import { formatDecimal, formatPercent } from '@/lib/format';
import { medianOf } from '@/lib/predictions';
import type { Asked } from '@/lib/query';
import { hrefs } from '@/lib/routes';

const shownAtFirst = 10;

/** The past news that it rests on: all moves, then each with its link. */
export function Evidence({ prediction }: { prediction: Asked<PredictionAnswer> }) {
  const t = usePredictionText();
  const { data } = prediction;
  return (
    <Panel
      title={t.detail.evidence}
      note={data && data.evidence.neighbours.length > 0 ? t.detail.evidenceNote(data.evidence.neighbours.length, formatDecimal(data.evidence.effective, 1)) : undefined}
      query={prediction}
      empty={(p) => (p.evidence.neighbours.length > 0 ? null : { because: t.detail.evidenceNone })}
    >
      {(p) => <Neighbours neighbours={p.evidence.neighbours} />}
    </Panel>
  );
}

function Neighbours({ neighbours }: { neighbours: readonly NeighbourItem[] }) {
  const t = usePredictionText();
  const [all, setAll] = useState(false);
  const moves = neighbours.flatMap((n) => (n.excess_pct === null ? [] : [{ value: n.excess_pct, label: n.stock.name }]));
  const above = moves.filter((m) => m.value > 0).length;
  const median = formatPercent(medianOf(moves.map((m) => m.value)), 1);
  const reach = Math.max(1, ...moves.map((m) => Math.abs(m.value))) * 1.08;
  const columns: Column<NeighbourItem>[] = [
    {
      key: 'title',
      head: t.detail.neighbour,
      lead: true,
      cell: (n) => (
        <div className="min-w-0">
          {n.title ? (
            <Link href={hrefs.article(n.article_id)} prefetch={false} className="line-clamp-2 font-normal hover:underline">
              <Foreign>{n.title}</Foreign>
            </Link>
          ) : (
            <span className="font-normal text-muted">{t.detail.takenDown}</span>
          )}
          <span className="flex flex-wrap items-baseline gap-x-2 text-xs font-normal text-muted">
            <Link href={hrefs.stock(n.stock.code)} prefetch={false} className="link inline-block leading-6">
              <Foreign>{n.stock.name}</Foreign>
            </Link>
            <Day day={n.available_at} />
            <span className="tabular whitespace-nowrap">
              {t.detail.cosine} {formatDecimal(n.cosine)}
            </span>
          </span>
        </div>
      ),
    },
    { key: 'weight', head: t.detail.weight, end: true, cell: (n) => <span className="tabular whitespace-nowrap">{formatDecimal(n.weight)}</span> },
    { key: 'excess', head: t.detail.followed, end: true, cell: (n) => <Delta value={n.excess_pct} /> },
  ];
  return (
    <div className="space-y-3">
      <p className="tabular text-xs">{t.detail.evidenceSummary(moves.length, above, median)}</p>
      <DotStrip
        summary={t.detail.evidenceSummary(moves.length, above, median)}
        dots={moves}
        format={(v) => formatPercent(v, 1)}
        domain={[-reach, reach]}
      />
      <DataTable caption={t.detail.evidence} columns={columns} rows={all ? neighbours : neighbours.slice(0, shownAtFirst)} rowKey={(n) => `${n.article_id} ${n.stock.code}`} />
      {neighbours.length > shownAtFirst ? <Button onClick={() => setAll(!all)}>{all ? t.detail.fewer : t.detail.all(neighbours.length)}</Button> : null}
    </div>
  );
}
