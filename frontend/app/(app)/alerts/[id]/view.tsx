'use client';

import { DotStrip, quantileDots } from '@/components/charts';
import { ButtonLink } from '@/components/controls';
import { Badge, Foreign, NotAdvice, ProbabilitySentence, StockLink } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { EmptyNote, Panel } from '@/components/panel';
import { Day, Time } from '@/components/time';
import { api, type AlertDetail, type DeliveryBody } from '@/lib/api';
import { formatCount, formatPercent } from '@/lib/format';
import { useApi, type Asked } from '@/lib/query';
import { idOf, withSegment } from '@/lib/route';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { Mine, Options, OutcomeLine, Row } from '../parts';
import { useReason, useText } from '../words';

export default withSegment(1, function AlertView({ segment }: { segment: string }) {
  const t = useText();
  const id = idOf(segment);
  if (id === null) {
    return (
      <Page title={t.oneTitle}>
        <EmptyNote empty={{ because: t.badId, next: { href: hrefs.alerts(), label: t.title } }} />
      </Page>
    );
  }
  return <Alert id={id} />;
});

function Alert({ id }: { id: number }) {
  const t = useText();
  const query = useApi<AlertDetail>(['alerts', 'one', id], (init) => api.getAlertsById(id, init), { every: 30 });
  return (
    <Page title={t.oneTitle} actions={<Updated query={query} />}>
      <What query={query} />
      {query.data?.kind === 'disclosure' ? null : <Thresholds query={query} />}
      <Happened query={query} />
      <Delivery query={query} />
      <NotAdvice />
    </Page>
  );
}

type Part = { query: Asked<AlertDetail> };

const httpOnly = (url: string) => (/^https?:\/\//i.test(url) ? url : null);

function What({ query }: Part) {
  const t = useText();
  const reason = useReason();
  return (
    <Panel title={t.oneTitle} hideTitle query={query} rows={5}>
      {(a) => {
        const url = httpOnly(a.url);
        return (
          <>
            <p className="flex flex-wrap items-baseline gap-x-2">
              <StockLink code={a.stock.code} name={a.stock.name} />
              <Badge tone={a.kind === 'disclosure' ? 'strong' : 'plain'}>{t.kinds[a.kind]}</Badge>
              {a.sent ? null : <Badge>{a.digest ? t.digestOnly : t.notAlert}</Badge>}
            </p>
            <p className="mt-1 max-w-3xl text-lg leading-snug font-semibold">
              <Foreign>{a.title || t.untitled}</Foreign>
            </p>
            <dl className="mt-3 space-y-1 text-sm">
              <Row name={t.why}>
                <Foreign>{a.kind === 'disclosure' && a.reason === 'urgent' ? t.disclosureWhy : reason(a.reason)}</Foreign>
                {a.signal ? (
                  <>
                    {' '}
                    <ProbabilitySentence probability={a.signal.probability} baseRate={a.signal.base_rate} horizon={a.signal.horizon} />
                  </>
                ) : null}
              </Row>
              <Row name={t.decidedAt}>
                <Time at={a.decided_at} as="exact" />
              </Row>
              <Row name={t.mine}>
                <Mine mine={a.mine} />
              </Row>
            </dl>
            <div className="mt-4 flex flex-wrap gap-2">
              <ButtonLink href={hrefs.article(a.article_id)}>{t.toNews}</ButtonLink>
              {a.signal ? <ButtonLink href={hrefs.prediction(a.signal.prediction_id)}>{t.toPrediction}</ButtonLink> : null}
              {url ? (
                <a href={url} target="_blank" rel="noreferrer noopener" className="link inline-flex min-h-9 items-center text-xs">
                  {t.source} ↗
                </a>
              ) : null}
            </div>
          </>
        );
      }}
    </Panel>
  );
}

function Thresholds({ query }: Part) {
  const t = useText();
  const rule = useApi(['rule'], (init) => api.getAlertsRule(init), { every: 120 });
  return (
    <Panel title={t.thresholds} note={t.thresholdsNote} query={query} empty={(a) => (a.options.length > 0 ? null : { because: t.noOptions })}>
      {(a) => <Options options={a.options} gate={rule.data?.gate} />}
    </Panel>
  );
}

function Happened({ query }: Part) {
  const t = useText();
  return (
    <Panel title={t.happened} query={query} rows={4}>
      {(a) => (
        <div className="space-y-4">
          {a.outcomes.length === 0 ? (
            <p className="text-muted">{t.noOutcome}</p>
          ) : (
            <ul className="space-y-1.5">
              {a.outcomes.map((o) => (
                <li key={o.horizon}>
                  <OutcomeLine outcome={o} />
                  {o.void ? null : (
                    <span className="ml-2 text-xs text-muted">
                      {t.raw} <span className="tabular">{formatPercent(o.return_pct)}</span>, <Day day={o.base_day} /> → <Day day={o.target_day} />
                    </span>
                  )}
                </li>
              ))}
            </ul>
          )}
          <Range alert={a} />
        </div>
      )}
    </Panel>
  );
}

/** What was expected of the signal's horizon, and what became of it, on one axis. */
function Range({ alert: a }: { alert: AlertDetail }) {
  const t = useText();
  const common = useCommon();
  const s = a.signal;
  if (!s || s.low_pct === null || s.high_pct === null || s.low_pct >= s.high_pct) return null;
  const [low, high] = [formatPercent(s.low_pct), formatPercent(s.high_pct)];
  const known = a.outcomes.find((o) => o.horizon === s.horizon && o.void === '')?.excess_pct ?? null;
  const horizon = common.horizon(s.horizon);
  return (
    <div className="max-w-xl">
      <DotStrip
        summary={known === null ? t.rangeSummary(horizon, low, high) : t.rangeSummaryKnown(horizon, low, high, formatPercent(known))}
        dots={quantileDots(s.low_pct, s.high_pct).map((value) => ({ value }))}
        format={(v) => formatPercent(v, 1)}
        outcome={known}
      />
      <p className="mt-1 text-xs text-muted">
        {t.range(low, high)}
        {known === null ? '' : ` ${t.outcomeMark} ${formatPercent(known)}`}
      </p>
    </div>
  );
}

const states = ['sent', 'due', 'claimed', 'held', 'suppressed', 'failed', 'refused', 'ambiguous'] as const satisfies readonly (keyof DeliveryBody)[];

function Delivery({ query }: Part) {
  const t = useText();
  return (
    <Panel
      title={t.delivery}
      note={t.deliveryNote}
      query={query}
      empty={(a) => (states.some((s) => a.delivery[s] > 0) ? null : { because: t.deliveryNone })}
    >
      {(a) => (
        <>
          <dl className="flex flex-wrap gap-x-6 gap-y-2">
            {states
              .filter((s) => a.delivery[s] > 0)
              .map((s) => (
                <div key={s}>
                  <dt className="text-xs text-muted">{t.states[s]}</dt>
                  <dd className="tabular text-lg font-semibold">{formatCount(a.delivery[s])}</dd>
                </div>
              ))}
          </dl>
          {a.told_at ? (
            <p className="mt-2 text-xs text-muted">
              {t.settledAt} <Time at={a.told_at} clock="wall" as="exact" />
            </p>
          ) : null}
        </>
      )}
    </Panel>
  );
}
