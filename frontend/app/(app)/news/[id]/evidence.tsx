'use client';

import Link from 'next/link';
import { useState } from 'react';
import { DotStrip } from '@/components/charts';
import { Button } from '@/components/controls';
import { ModelMark } from '@/components/forecast/badges';
import { Standing } from '@/components/forecast/outcome';
import { Delta, Foreign, Probability, StockLink } from '@/components/marks';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Day } from '@/components/time';
import type { ArticleAnswer, Prediction, SimilarItem } from '@/lib/api';
import { formatDecimal, formatPercent } from '@/lib/format';
import { medianOf } from '@/lib/predictions';
import type { Asked } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { followedBy, outcomeOf, statements, type Followed, type Statement } from './article';
import { useText } from './words';

interface Part {
  article: Asked<ArticleAnswer>;
}

/** Fewer than that are hard to tell from chance. */
const few = 10;
const shownAtFirst = 8;

/** Past news that the champion compared it with, and what each was followed by. */
export function Similar({ article }: Part) {
  const t = useText();
  return (
    <Panel title={t.similar.title} note={t.similar.note} query={article} rows={6} empty={(a) => (a.similar.length > 0 ? null : { because: t.similar.empty })}>
      {(a) => <Evidence article={a} />}
    </Panel>
  );
}

function Evidence({ article }: { article: ArticleAnswer }) {
  const t = useText();
  const [all, setAll] = useState(false);
  const { similar } = article;
  const followed = followedBy(similar);
  const stories = new Set(similar.map((s) => s.story_id)).size;
  const days = new Set(similar.map((s) => s.available_at?.slice(0, 10)).filter(Boolean)).size;
  const reach = Math.max(1, ...followed.flatMap((f) => [...f.moves.map((m) => Math.abs(m.excess)), Math.abs(outcomeOf(article, f.horizon) ?? 0)])) * 1.08;
  const shown = all ? similar : similar.slice(0, shownAtFirst);
  return (
    <div className="space-y-4">
      <p className="text-xs text-muted">
        {t.similar.days(days)} · {t.similar.versus}
        {similar.length < few ? ` ${t.similar.few(similar.length)}` : ''}
        {stories * 2 <= similar.length ? ` ${t.similar.oneEvent(stories, similar.length)}` : ''}
      </p>
      {followed.length === 0 ? <p className="text-muted">{t.similar.noMoves}</p> : null}
      <div className="space-y-4">
        {followed.map((f) => (
          <After key={f.horizon} followed={f} reach={reach} outcome={outcomeOf(article, f.horizon)} />
        ))}
      </div>
      <DataTable caption={t.similar.title} columns={useColumns(followed)} rows={shown} rowKey={(s) => `${s.article_id} ${s.stock.code}`} />
      {similar.length > shownAtFirst ? <Button onClick={() => setAll(!all)}>{all ? t.similar.fewer : t.similar.all(similar.length)}</Button> : null}
    </div>
  );
}

function After({ followed: { horizon, moves }, reach, outcome }: { followed: Followed; reach: number; outcome: number | null }) {
  const t = useText();
  const common = useCommon();
  const median = formatPercent(medianOf(moves.map((m) => m.excess)), 1);
  const above = moves.filter((m) => m.excess > 0).length;
  return (
    <div>
      <h3 className="flex flex-wrap items-baseline gap-x-3 text-xs">
        <span className="font-semibold">{t.similar.horizon(common.horizon(horizon))}</span>
        <span className="tabular">{t.similar.median(median)}</span>
        <span className="tabular text-muted">{t.similar.above(above, moves.length)}</span>
        {outcome !== null ? <span className="tabular font-medium">{t.similar.outcome(formatPercent(outcome))}</span> : null}
      </h3>
      <DotStrip
        summary={t.similar.summary(common.horizon(horizon), moves.length, above, median)}
        dots={moves.map((m) => ({ value: m.excess, label: `${m.item.stock.name} ${m.item.available_at?.slice(0, 10) ?? ''}`.trim() }))}
        format={(v) => formatPercent(v, 1)}
        domain={[-reach, reach]}
        outcome={outcome}
      />
    </div>
  );
}

function useColumns(followed: readonly Followed[]): Column<SimilarItem>[] {
  const t = useText();
  const common = useCommon();
  return [
    {
      key: 'title',
      head: t.similar.past,
      lead: true,
      cell: (s) => (
        <div className="min-w-0">
          {s.title ? (
            <Link href={hrefs.article(s.article_id)} prefetch={false} className="line-clamp-2 font-normal hover:underline">
              <Foreign>{s.title}</Foreign>
            </Link>
          ) : (
            <span className="font-normal text-muted">{t.similar.takenDown}</span>
          )}
          <span className="flex flex-wrap items-baseline gap-x-2 text-xs font-normal text-muted">
            <Link href={hrefs.stock(s.stock.code)} prefetch={false} className="link inline-block leading-6">
              <Foreign>{s.stock.name}</Foreign>
            </Link>
            <Day day={s.available_at} />
            <span className="tabular whitespace-nowrap">
              {t.similar.cosine} {formatDecimal(s.cosine)}
            </span>
          </span>
        </div>
      ),
    },
    ...followed.map(
      ({ horizon }): Column<SimilarItem> => ({
        key: `h${horizon}`,
        head: common.horizon(horizon),
        end: true,
        cell: (s) => <Delta value={s.moves.find((m) => m.horizon === horizon)?.excess_pct} />,
      }),
    ),
  ];
}

/** What every model said of the story. */
export function Predictions({ article }: Part) {
  const t = useText();
  const common = useCommon();
  return (
    <Panel title={t.predictions.title} query={article} empty={(a) => (a.predictions.length > 0 ? null : { because: t.predictions.empty })}>
      {(a) => {
        const lines = statements(a.predictions);
        const horizons = [...new Set(a.predictions.map((p) => p.horizon))].sort((x, y) => x - y);
        const columns: Column<Statement>[] = [
          {
            key: 'model',
            head: t.predictions.model,
            lead: true,
            cell: (l) => (
              <span className="flex min-w-28 flex-wrap items-baseline gap-x-2">
                <StockLink code={l.prediction.stock.code} name={l.prediction.stock.name} />
                <ModelMark prediction={l.prediction} />
              </span>
            ),
          },
          ...horizons.map((h): Column<Statement> => ({ key: String(h), head: common.horizon(h), cell: (l) => <Said prediction={l.byHorizon.get(h)} /> })),
        ];
        return (
          <>
            <DataTable caption={t.predictions.title} columns={columns} rows={lines} rowKey={(l) => l.key} />
            {a.predictions.some((p) => p.generation > 1) ? <p className="mt-2 text-xs text-muted">{t.predictions.newest}</p> : null}
          </>
        );
      }}
    </Panel>
  );
}

function Said({ prediction: p }: { prediction: Prediction | undefined }) {
  const t = useText();
  if (!p) return <span className="text-muted">{t.predictions.none}</span>;
  return (
    <span className="inline-flex flex-col">
      <Link href={hrefs.prediction(p.id)} prefetch={false} className="hover:underline">
        <Probability probability={p.probability} baseRate={p.base_rate} />
      </Link>
      <Standing outcome={p.outcome} targetDay={p.target_day} />
    </span>
  );
}
