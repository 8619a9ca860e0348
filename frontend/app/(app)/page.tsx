'use client';

import Link from 'next/link';
import type { ReactNode } from 'react';
import { Badge, Delta, Foreign, NotAdvice, Price, Probability, StockLink } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { useDashboard } from '@/components/session-strip';
import { DataTable, type Column } from '@/components/table';
import { Day, Time } from '@/components/time';
import { type AlertItem, type DashboardAnswer, type ModelItem, type Outcome, type SourceItem, type StockItem } from '@/lib/api';
import { formatCount } from '@/lib/format';
import { dictionary, useLocale } from '@/lib/i18n';
import type { Asked } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { strongest } from '@/lib/signals';
import en from '@/messages/en/dashboard';
import ko from '@/messages/ko/dashboard';

const useText = dictionary({ ko, en });

export default function DashboardPage() {
  const t = useText();
  const dashboard = useDashboard();
  return (
    <Page title={t.title} actions={<Updated query={dashboard} />} waits={dashboard}>
      <div className="grid gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,3fr)]">
        <div className="min-w-0 space-y-4">
          <Watchlist dashboard={dashboard} />
          <Signals dashboard={dashboard} />
          <Alerts dashboard={dashboard} />
        </div>
        <div className="min-w-0 space-y-4">
          <Today dashboard={dashboard} />
          <Models dashboard={dashboard} />
          <Sources dashboard={dashboard} />
        </div>
      </div>
      <NotAdvice />
    </Page>
  );
}

function SeeAll({ href }: { href: string }) {
  const t = useText();
  return (
    <Link href={href} prefetch={false} className="link text-xs text-muted">
      {t.seeAll}
    </Link>
  );
}

function Watchlist({ dashboard }: { dashboard: Asked<DashboardAnswer> }) {
  const t = useText();
  const columns: Column<StockItem>[] = [
    { key: 'stock', head: t.stock, lead: true, cell: (s) => <StockLink code={s.code} name={s.name} market={s.market} /> },
    { key: 'close', head: t.close, end: true, cell: (s) => <Price won={s.last_close} /> },
    { key: 'change', head: t.change, end: true, cell: (s) => <Delta value={s.change_pct} /> },
    {
      key: 'news',
      head: t.news24h,
      end: true,
      cell: (s) =>
        s.news_24h > 0 ? (
          <Link href={hrefs.news({ code: s.code })} prefetch={false} className="link tabular">
            {s.news_24h}
          </Link>
        ) : (
          <span className="tabular text-muted">0</span>
        ),
    },
    {
      key: 'signal',
      head: t.signal,
      cell: (s) => {
        const best = strongest(s.signals);
        if (!best) return <span className="text-muted">{t.noSignal}</span>;
        return (
          <Link href={hrefs.prediction(best.prediction_id)} prefetch={false} className="hover:underline">
            <Probability probability={best.probability} baseRate={best.base_rate} horizon={best.horizon} />
          </Link>
        );
      },
    },
  ];
  return (
    <Panel
      title={t.watchlist}
      query={dashboard}
      rows={4}
      note={dashboard.data?.watchlist.all ? t.watchlistAll : undefined}
      actions={<SeeAll href={hrefs.watchlist()} />}
      empty={({ watchlist: w }) => (w.stocks.length > 0 ? null : { because: w.all ? t.watchlistAll : t.watchlistEmpty, next: { href: hrefs.watchlist(), label: t.watchlistNext } })}
    >
      {({ watchlist: w }) => (
        <>
          <DataTable caption={t.watchlist} columns={columns} rows={w.stocks} rowKey={(s) => s.code} />
          {w.total > w.stocks.length ? <p className="mt-2 text-xs text-muted">{t.hidden(w.total - w.stocks.length)}</p> : null}
        </>
      )}
    </Panel>
  );
}

type Part = { dashboard: Asked<DashboardAnswer> };

function Signals({ dashboard }: Part) {
  const t = useText();
  return (
    <Panel
      title={t.signals}
      note={t.signalsNote}
      query={dashboard}
      rows={5}
      actions={<SeeAll href={hrefs.predictions()} />}
      empty={(d) => (d.signals.length > 0 ? null : { because: t.signalsEmpty, next: { href: hrefs.predictions(), label: t.signalsNext } })}
    >
      {(d) => (
        <ul className="divide-y divide-line">
          {d.signals.map((p) => (
            <li key={p.id} className="py-2.5 first:pt-1 last:pb-0">
              <div className="flex flex-wrap items-baseline justify-between gap-x-4">
                <StockLink code={p.stock.code} name={p.stock.name} />
                <Probability probability={p.probability} baseRate={p.base_rate} horizon={p.horizon} />
              </div>
              <Link href={hrefs.prediction(p.id)} prefetch={false} className="mt-0.5 line-clamp-2 text-muted hover:text-ink hover:underline">
                <Foreign>{p.title}</Foreign>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Result({ outcome }: { outcome: Outcome }) {
  const t = useText();
  if (outcome.void) return <Badge>{t.void}</Badge>;
  return (
    <span className="inline-flex items-baseline gap-1.5 text-xs">
      <span className="text-muted">
        <Day day={outcome.target_day} />
      </span>
      <Delta value={outcome.excess_pct} />
      {outcome.right === null ? null : <span className="font-medium">{outcome.right ? `✓ ${t.right}` : `✗ ${t.wrong}`}</span>}
    </span>
  );
}

function Alerts({ dashboard }: Part) {
  const t = useText();
  const row = (a: AlertItem): ReactNode => (
    <li key={a.id} className="py-2.5 first:pt-1 last:pb-0">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="inline-flex flex-wrap items-baseline gap-x-2">
          <StockLink code={a.stock.code} name={a.stock.name} />
          {a.signal ? <Probability probability={a.signal.probability} baseRate={a.signal.base_rate} horizon={a.signal.horizon} /> : <Badge>{t.disclosure}</Badge>}
        </span>
        <span className="text-xs text-muted">
          <Time at={a.decided_at} />
        </span>
      </div>
      <Link href={hrefs.alert(a.id)} prefetch={false} className="mt-0.5 line-clamp-2 text-muted hover:text-ink hover:underline">
        <Foreign>{a.title}</Foreign>
      </Link>
      <div className="flex flex-wrap gap-x-3">
        {a.outcomes.length === 0 ? <span className="text-xs text-muted">{t.open}</span> : a.outcomes.map((o) => <Result key={o.horizon} outcome={o} />)}
      </div>
    </li>
  );
  return (
    <Panel
      title={t.alerts}
      query={dashboard}
      rows={4}
      actions={<SeeAll href={hrefs.alerts()} />}
      empty={(d) => (d.alerts.length > 0 ? null : { because: t.alertsEmpty, next: { href: hrefs.rule(), label: t.alertsNext } })}
    >
      {(d) => <ul className="divide-y divide-line">{d.alerts.slice(0, 6).map(row)}</ul>}
    </Panel>
  );
}

/** Figures with their names. */
function Figures({ items }: { items: { label: string; value: string; warn?: boolean }[] }) {
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-2 sm:grid-cols-4 xl:grid-cols-2">
      {items.map((i) => (
        <div key={i.label}>
          <dt className="text-xs text-muted">{i.label}</dt>
          <dd className={`tabular text-lg font-semibold ${i.warn ? 'text-warn' : ''}`}>
            {i.warn ? <span aria-hidden="true">⚠ </span> : null}
            {i.value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Today({ dashboard }: Part) {
  const t = useText();
  const n = (value: number) => (value >= 10_000 ? `${formatCount(10_000)}+` : formatCount(value));
  return (
    <Panel title={t.today} note={dashboard.data ? <Day day={dashboard.data.today.day} /> : undefined} query={dashboard}>
      {(d) => (
        <div className="space-y-4">
          <Figures
            items={[
              { label: t.articles, value: formatCount(d.today.articles) },
              { label: t.stories, value: formatCount(d.today.stories) },
              { label: t.predictions, value: formatCount(d.today.predictions) },
              { label: t.alertsToday, value: formatCount(d.today.alerts) },
            ]}
          />
          <div className="border-t border-line pt-3">
            <h3 className="mb-2 text-xs font-medium text-muted">{t.pipeline}</h3>
            <dl className="grid grid-cols-2 gap-x-6 gap-y-1 text-xs">
              {(
                [
                  [t.toEmbed, d.pipeline.to_embed],
                  [t.toPredict, d.pipeline.to_predict],
                  [t.toDecide, d.pipeline.to_decide],
                  [t.toSend, d.pipeline.to_send],
                  [t.retrying, d.pipeline.retrying],
                  [t.gaveUp, d.pipeline.gave_up],
                ] as const
              ).map(([label, value]) => (
                <div key={label} className="flex items-baseline justify-between gap-2">
                  <dt className="text-muted">{label}</dt>
                  <dd className={`tabular font-medium ${label === t.gaveUp && value > 0 ? 'text-warn' : ''}`}>
                    {label === t.gaveUp && value > 0 ? <span aria-hidden="true">⚠ </span> : null}
                    {n(value)}
                  </dd>
                </div>
              ))}
            </dl>
          </div>
        </div>
      )}
    </Panel>
  );
}

function Models({ dashboard }: Part) {
  const t = useText();
  const locale = useLocale();
  const row = (m: ModelItem) => (
    <li key={m.id} className="py-2 first:pt-1 last:pb-0">
      <p className="flex flex-wrap items-center gap-x-2">
        <span className="font-medium">{m.name}</span>
        {m.role === 'champion' ? <Badge tone="strong">{m.horizons.length > 0 ? t.horizonsOf(m.horizons.join('·')) : t.champion}</Badge> : null}
      </p>
      <p className="text-xs text-muted">{locale === 'ko' ? m.sentence : t.verdicts[m.verdict]}</p>
    </li>
  );
  const weight = (m: ModelItem) => ({ champion: 0, challenger: 1, retired: 2 })[m.role];
  return (
    <Panel title={t.models} query={dashboard} actions={<SeeAll href={hrefs.statistics()} />} empty={(d) => (d.models.length > 0 ? null : { because: t.modelsEmpty })}>
      {(d) => <ul className="divide-y divide-line">{[...d.models].filter((m) => m.role !== 'retired').sort((a, b) => weight(a) - weight(b)).map(row)}</ul>}
    </Panel>
  );
}

function Sources({ dashboard }: Part) {
  const t = useText();
  const row = (s: SourceItem) => {
    const bad = s.state === 'failing' || s.yield === 'dry';
    return (
      <li key={s.name} className="flex flex-wrap items-baseline justify-between gap-x-3 py-1.5 first:pt-1 last:pb-0">
        <span className="inline-flex items-center gap-2">
          <span className="font-medium">{s.name}</span>
          {bad || s.state !== 'ok' ? <Badge tone={bad ? 'warn' : 'plain'}>{s.state === 'ok' ? t.dry : t.sourceStates[s.state]}</Badge> : null}
        </span>
        <span className="text-xs text-muted">
          <Time at={s.last_item_at} />
        </span>
      </li>
    );
  };
  return (
    <Panel title={t.sources} query={dashboard} empty={(d) => (d.sources.length > 0 ? null : { because: t.sourcesEmpty })}>
      {(d) => <ul className="divide-y divide-line">{d.sources.filter((s) => s.configured).map(row)}</ul>}
    </Panel>
  );
}
