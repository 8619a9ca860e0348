'use client';

import Link from 'next/link';
import { Suspense, useEffect, useState } from 'react';
import { Button, ButtonLink } from '@/components/controls';
import { Field } from '@/components/field';
import { FreshItems, MoreItems } from '@/components/list';
import { Badge, Foreign, NotAdvice, Probability, StockLink } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { api, type AlertItem, type AlertItemPage, type RuleBody } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { formatDay, formatPoints } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi, useList } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { groupByDay } from './days';
import { Lookup } from './lookup';
import { Mine, Outcomes, Row } from './parts';
import { useReason, useText } from './words';

export default function AlertsPage() {
  return (
    <Suspense>
      <Alerts />
    </Suspense>
  );
}

const idOfAlert = (a: AlertItem) => a.id;

function Alerts() {
  const t = useText();
  const [filters, setFilters] = useFilters({ code: '', find: '', why: '' });
  const list = useList<AlertItem, AlertItemPage>(
    ['alerts', filters.code],
    (cursor, init) => api.getAlerts({ limit: 30, cursor, code: filters.code || undefined }, init),
    idOfAlert,
    { every: 20 },
  );
  const rule = useApi(['rule'], (init) => api.getAlertsRule(init), { every: 120 });
  return (
    <Page
      title={t.title}
      lead={t.lead}
      actions={
        <div className="flex flex-wrap items-center gap-2">
          <Updated query={list} />
          <ButtonLink href={hrefs.rule()}>{t.toRule}</ButtonLink>
        </div>
      }
    >
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,3fr)]">
        <Panel
          title={t.title}
          query={list}
          rows={8}
          actions={<CodeFilter code={filters.code} onCode={(code) => setFilters({ code })} />}
          empty={(items) =>
            items.length > 0 ? null : filters.code ? { because: t.emptyOfStock } : { because: t.empty, next: { href: hrefs.rule(), label: t.emptyNext } }
          }
        >
          {(items) => (
            <>
              <FreshItems list={list} />
              {rule.data && !rule.data.linked ? (
                <p className="mb-1 flex flex-wrap items-center gap-x-3 text-xs text-muted">
                  {t.unlinked}
                  <Link href={hrefs.telegram()} prefetch={false} className="link">
                    {t.link}
                  </Link>
                </p>
              ) : null}
              <Days items={items} rule={rule.data} faded={list.isPlaceholderData === true} />
              <MoreItems list={list} shown={items.length} />
            </>
          )}
        </Panel>
        <div className="min-w-0 xl:sticky xl:top-17">
          <Lookup find={filters.find} why={filters.why} onChange={setFilters} gate={rule.data?.gate} />
        </div>
      </div>
      <NotAdvice />
    </Page>
  );
}

function CodeFilter({ code, onCode }: { code: string; onCode: (code: string) => void }) {
  const t = useText();
  const common = useCommon();
  const [text, setText] = useState(code);
  useEffect(() => setText(code), [code]);
  return (
    <form
      role="search"
      aria-label={common.filters}
      className="flex items-center gap-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        onCode(text.trim().toUpperCase());
      }}
    >
      <div className="w-32">
        <Field label={t.code} hideLabel name="code" placeholder="005930" value={text} maxLength={6} spellCheck={false} onChange={(e) => setText(e.target.value)} />
      </div>
      <Button type="submit">{t.find}</Button>
      {code ? (
        <Button look="quiet" onClick={() => onCode('')}>
          {common.clearFilters}
        </Button>
      ) : null}
    </form>
  );
}

function Days({ items, rule, faded }: { items: readonly AlertItem[]; rule: RuleBody | undefined; faded: boolean }) {
  const t = useText();
  const locale = useLocale();
  return (
    <div className={faded ? 'opacity-60' : ''}>
      {groupByDay(items).map((group) => (
        <section key={`${group.day}-${group.items[0]?.id}`} className="mt-4 first:mt-1">
          <h3 className="tabular border-b border-line pb-1 text-xs font-medium text-muted">{t.day(formatDay(group.day, locale), group.items.length)}</h3>
          <ul className="divide-y divide-line">
            {group.items.map((a) => (
              <Alert key={a.id} alert={a} rule={rule} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Alert({ alert: a, rule }: { alert: AlertItem; rule: RuleBody | undefined }) {
  const t = useText();
  return (
    <li className="py-3">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="inline-flex flex-wrap items-baseline gap-x-2">
          <span className="text-xs text-muted">
            <Time at={a.decided_at} as="clock" />
          </span>
          <StockLink code={a.stock.code} name={a.stock.name} />
          <Badge tone={a.kind === 'disclosure' ? 'strong' : 'plain'}>{t.kinds[a.kind]}</Badge>
        </span>
        {a.signal ? <Probability probability={a.signal.probability} baseRate={a.signal.base_rate} horizon={a.signal.horizon} /> : null}
      </div>
      <p className="mt-0.5 font-medium">
        <Link href={hrefs.alert(a.id)} prefetch={false} className="line-clamp-2 min-h-6 hover:underline">
          <Foreign>{a.title || t.untitled}</Foreign>
        </Link>
      </p>
      <dl className="mt-1.5 space-y-0.5 text-xs">
        <Row name={t.why}>
          <Why alert={a} rule={rule} />
        </Row>
        {a.mine ? (
          <Row name={t.mine}>
            <Mine mine={a.mine} />
          </Row>
        ) : null}
        <Row name={t.outcome}>
          <Outcomes alert={a} />
        </Row>
      </dl>
    </li>
  );
}

/** Why it fired: the value beside the threshold. */
function Why({ alert: a, rule }: { alert: AlertItem; rule: RuleBody | undefined }) {
  const t = useText();
  const locale = useLocale();
  const reason = useReason();
  if (a.kind === 'disclosure') return <span>{a.reason === 'urgent' ? t.disclosureWhy : reason(a.reason)}</span>;
  const { probability, base_rate } = a.signal ?? { probability: null, base_rate: null };
  return (
    <span className="tabular">
      <Foreign>{reason(a.reason)}</Foreign>
      {probability !== null && base_rate !== null && rule ? ` ${t.shiftWhy(formatPoints(probability - base_rate, locale), formatPoints(rule.gate.min_shift, locale).replace('+', ''))}` : ''}
    </span>
  );
}
