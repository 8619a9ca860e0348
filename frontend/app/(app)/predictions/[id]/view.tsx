'use client';

import Link from 'next/link';
import { DotStrip, quantileDots } from '@/components/charts';
import { ModelMark } from '@/components/forecast/badges';
import { FrequencyDots } from '@/components/forecast/frequency';
import { useVoidReason } from '@/components/forecast/outcome';
import { usePredictionText } from '@/components/forecast/words';
import { AiMark, Delta, Foreign, NotAdvice, StockLink } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { EmptyNote, Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { api, faultOf, type PredictionAnswer } from '@/lib/api';
import { formatDay, formatPercent } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { stateOf } from '@/lib/predictions';
import { useApi, type Asked } from '@/lib/query';
import { idOf, withSegment } from '@/lib/route';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { Evidence } from './evidence';
import { Generations, Making, Seal } from './making';
import { insideInterval, outcomeSentence } from './says';

export default withSegment(1, function PredictionView({ segment }) {
  const t = usePredictionText();
  const common = useCommon();
  const id = idOf(segment);
  const prediction = useApi(['predictions', 'one', segment], (init) => api.getPredictionsById(id ?? 0, init), { every: 30, enabled: id !== null });
  const { data: p } = prediction;
  if (id === null || (!p && prediction.error && faultOf(prediction.error).status === 404)) {
    return (
      <Page title={t.title}>
        <EmptyNote empty={{ because: t.detail.notFound, next: { href: hrefs.predictions(), label: t.detail.toList } }} />
      </Page>
    );
  }
  if (!p) {
    return (
      <Page title={t.title}>
        <Panel title={t.title} hideTitle query={prediction} rows={10}>
          {() => null}
        </Panel>
      </Page>
    );
  }
  return (
    <Page
      title={t.detail.title(p.stock.name, common.horizon(p.horizon))}
      heading={<Foreign>{t.detail.title(p.stock.name, common.horizon(p.horizon))}</Foreign>}
      lead={<About prediction={p} />}
      actions={<Updated query={prediction} />}
    >
      <div className="grid gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,3fr)]">
        <div className="min-w-0 space-y-4">
          <Says prediction={prediction} />
          <Spread prediction={prediction} />
          <Evidence prediction={prediction} />
        </div>
        <div className="min-w-0 space-y-4">
          <Making prediction={prediction} />
          <Seal prediction={prediction} />
          <Generations prediction={prediction} />
        </div>
      </div>
      <NotAdvice />
    </Page>
  );
});

function About({ prediction: p }: { prediction: PredictionAnswer }) {
  return (
    <span className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
      <StockLink code={p.stock.code} name={p.stock.name} />
      <Link href={hrefs.article(p.evidence.query)} prefetch={false} className="link line-clamp-2">
        <Foreign>{p.title}</Foreign>
      </Link>
      <span className="inline-flex flex-wrap items-baseline gap-x-2">
        <ModelMark prediction={p} />
        <span className="text-xs">
          <Time at={p.as_of} />
        </span>
      </span>
    </span>
  );
}

interface Part {
  prediction: Asked<PredictionAnswer>;
}

/** The statement as frequencies, beside what is usual, with its deadline and what came of it. */
function Says({ prediction }: Part) {
  const t = usePredictionText();
  const common = useCommon();
  const locale = useLocale();
  const reason = useVoidReason();
  const date = (day: string) => formatDay(day, locale);
  return (
    <Panel title={t.detail.says} query={prediction}>
      {(p) => {
        const n = p.probability === null ? null : Math.round(p.probability * 100);
        const judged = stateOf(p.outcome) === 'judged' ? p.outcome : null;
        return (
          <div className="space-y-4">
            <div>
              <p className="max-w-[52ch] text-lg leading-snug font-semibold">{n === null ? common.probabilityUnknown : t.detail.headline(n)}</p>
              {p.base_rate !== null ? <p className="mt-1 text-muted">{p.direction === 0 ? t.detail.same : t.detail.headlineBase(Math.round(p.base_rate * 100))}</p> : null}
            </div>
            <div className="grid gap-4 sm:grid-cols-2">
              {p.probability !== null ? <FrequencyDots share={p.probability} label={t.detail.thisOne} /> : null}
              {p.base_rate !== null ? <FrequencyDots share={p.base_rate} label={t.detail.usual} /> : null}
            </div>
            <div className="space-y-1 border-t border-line pt-3">
              <p>{p.base_day && p.target_day ? t.detail.deadline(date(p.base_day), date(p.target_day), p.horizon) : t.detail.noDeadline}</p>
              <p className={judged ? 'font-medium' : 'text-muted'}>
                {judged && judged.right !== null ? <span aria-hidden="true">{judged.right ? '✓ ' : '✗ '}</span> : null}
                {outcomeSentence(t, p.outcome, reason, locale)}
              </p>
              {judged ? (
                <p className="tabular text-xs text-muted">
                  {t.detail.outcomeReturn(formatPercent(judged.return_pct))}
                  {judged.flat ? ` · ${t.detail.withinFlat}` : ''}
                  {judged.version > 1 ? ` · ${t.detail.corrected(judged.version)}` : ''}
                  {' · '}
                  <Time at={judged.known_at} as="exact" />
                </p>
              ) : null}
              {p.late ? <p className="text-xs text-warn">⚠ {t.lateNote}</p> : null}
            </div>
            {p.ai_text ? (
              <blockquote className="rounded-control bg-sunken px-3 py-2">
                <p className="mb-1 flex flex-wrap items-center gap-x-2 text-xs text-muted">
                  <AiMark />
                  <span className="font-medium">{t.detail.aiText}</span>
                  {t.detail.aiTextNote(p.ai_text.model, p.ai_text.prompt_version)}
                </p>
                <p>
                  <Foreign>{p.ai_text.text}</Foreign>
                </p>
              </blockquote>
            ) : null}
          </div>
        );
      }}
    </Panel>
  );
}

const dots = 20;

/** Twenty outcomes that are as likely as each other, and the one that happened on the same axis. */
function Spread({ prediction }: Part) {
  const t = usePredictionText();
  return (
    <Panel title={t.detail.spread} query={prediction} empty={(p) => (p.low_pct === null || p.high_pct === null || p.low_pct >= p.high_pct ? { because: t.detail.noSpread } : null)}>
      {(p) => {
        const low = p.low_pct ?? 0;
        const high = p.high_pct ?? 0;
        const values = quantileDots(low, high, dots);
        const excess = stateOf(p.outcome) === 'judged' ? (p.outcome?.excess_pct ?? null) : null;
        const above = values.filter((v) => v > 0).length;
        const reach = Math.max(...values.map(Math.abs), Math.abs(excess ?? 0)) * 1.08;
        const inside = insideInterval(p.outcome, p.low_pct, p.high_pct);
        return (
          <div className="space-y-2">
            {/* Narrow, so that the dots pile up: height is what the eye takes for likelihood. */}
            <div className="max-w-md">
              <DotStrip
                summary={t.detail.spreadSummary(above, formatPercent(low, 1), formatPercent(high, 1))}
                dots={values.map((value) => ({ value }))}
                format={(v) => formatPercent(v, 1)}
                outcome={excess}
                domain={[-reach, reach]}
              />
            </div>
            <p className="text-xs text-muted">{t.detail.spreadNote}</p>
            <dl className="flex flex-wrap gap-x-6 gap-y-1 text-xs">
              <div className="flex gap-1.5">
                <dt className="text-muted">{t.detail.expected}</dt>
                <dd>
                  <Delta value={p.expected_pct} />
                </dd>
              </div>
              <div className="flex gap-1.5">
                <dt className="text-muted">{t.detail.interval}</dt>
                <dd className="tabular">
                  {formatPercent(low)} ~ {formatPercent(high)}
                </dd>
              </div>
              {excess !== null ? (
                <div className="flex gap-1.5">
                  <dt className="sr-only">{t.detail.outcome}</dt>
                  <dd className="tabular font-medium">
                    {t.detail.spreadOutcome(formatPercent(excess))} {inside === null ? '' : inside ? t.detail.inside : t.detail.outside}
                  </dd>
                </div>
              ) : null}
            </dl>
          </div>
        );
      }}
    </Panel>
  );
}
