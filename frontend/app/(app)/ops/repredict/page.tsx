'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { Button } from '@/components/controls';
import { Confirm } from '@/components/dialog';
import { Field, FormFault } from '@/components/field';
import { Badge, Foreign } from '@/components/marks';
import { Page } from '@/components/page';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type Fault, type ModelItem, type RepredictAnswer, type RepredictRequest } from '@/lib/api';
import { formatCount, formatKrw, formatNumber } from '@/lib/format';
import { dictionary, useLocale } from '@/lib/i18n';
import { useApi, useChange } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import en from '@/messages/en/repredict';
import ko from '@/messages/ko/repredict';
import { ProgressWords } from '../_parts/marks';
import { Person } from '../_parts/people';
import { typedAbove } from '../failures/cause';
import { isOpen } from '../runs/run';
import { Order, RunState } from '../runs/words';
import { orderOf, type Typed, type Wrong } from './form';

const useText = dictionary({ ko, en });

const nothingTyped: Typed = { codes: '', from: '', to: '', ids: '', models: [] };

export default function RepredictPage() {
  const t = useText();
  return (
    <Page title={t.title} lead={t.lead}>
      <OrderForm />
      <Recent />
    </Page>
  );
}

/** What is wrong with the form, as the API would say it. */
function faultFor(wrong: Wrong, t: ReturnType<typeof useText>): Fault {
  const details = {
    'filter.codes': t.codesWrong,
    ids: t.idsWrong,
    'filter.from': () => t.rangeWrong,
    filter: () => t.narrow,
  };
  const parts = 'parts' in wrong ? wrong.parts.join(', ') : '';
  return { status: 0, field: wrong.field, detail: details[wrong.field](parts), requestId: '', retryAfter: null };
}

/** A cost in won, of millionths. */
function useCost() {
  const t = useText();
  const locale = useLocale();
  return (micro: number) => (micro > 0 && micro < 1e6 ? t.underOne : formatKrw(Math.ceil(micro / 1e6), locale));
}

function OrderForm() {
  const t = useText();
  const router = useRouter();
  const toast = useToast();
  const cost = useCost();
  const [typed, setTyped] = useState<Typed>(nothingTyped);
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const [counted, setCounted] = useState<{ order: RepredictRequest; answer: RepredictAnswer } | null>(null);
  const [asking, setAsking] = useState(false);
  const count = useChange((order: RepredictRequest) => api.postPredictionsRepredict({ ...order, dry_run: true }), {
    onDone: (answer, order) => setCounted({ order, answer }),
  });
  const order = useChange((body: RepredictRequest) => api.postPredictionsRepredict(body), {
    invalidates: [['tasks']],
    onDone: (answer) => {
      if (!answer.run) return;
      toast(t.ordered(answer.run.id));
      router.push(hrefs.run(answer.run.id));
    },
  });
  const change = (next: Partial<Typed>) => {
    setTyped((before) => ({ ...before, ...next }));
    setWrong(null);
    setCounted(null);
  };
  const fault = wrong ? faultFor(wrong, t) : count.fault;
  const n = (value: number) => formatCount(value);
  const submit = async () => {
    const made = orderOf(typed);
    if ('wrong' in made) {
      count.reset();
      return setWrong(made.wrong);
    }
    setWrong(null);
    await count.run(made.order);
  };
  const a = counted?.answer;
  return (
    <section className="grid gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <form
        className="space-y-4 rounded-panel border border-line bg-surface p-4"
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          if (!count.busy) void submit();
        }}
      >
        <h2 className="text-sm font-semibold">{t.which}</h2>
        <Field label={t.codes} name="filter.codes" placeholder="005930, 000660" spellCheck={false} autoComplete="off" value={typed.codes} fault={fault} hint={t.codesHint} onChange={(e) => change({ codes: e.target.value })} />
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label={t.from} name="filter.from" type="datetime-local" value={typed.from} fault={fault} onChange={(e) => change({ from: e.target.value })} />
          <Field label={t.to} name="filter.to" type="datetime-local" value={typed.to} fault={fault} onChange={(e) => change({ to: e.target.value })} />
        </div>
        <details open={typed.ids !== '' || undefined}>
          <summary className="link inline-block text-xs text-muted">{t.byId}</summary>
          <div className="mt-2">
            <Field label={t.ids} name="ids" spellCheck={false} autoComplete="off" value={typed.ids} fault={fault} hint={t.idsHint} onChange={(e) => change({ ids: e.target.value })} />
          </div>
        </details>
        <Models chosen={typed.models} onChange={(models) => change({ models })} />
        <FormFault fault={fault} fields={['filter.codes', 'filter.from', 'filter.to', 'ids']} />
        <Button type="submit" look={counted ? 'secondary' : 'primary'} disabled={count.busy}>
          {counted ? t.recount : t.count}
        </Button>
      </form>
      <div aria-live="polite" className="rounded-panel border border-line bg-surface p-4">
        <h2 className="mb-3 text-sm font-semibold">{t.counted}</h2>
        {a && counted ? (
          <div className="space-y-4">
            <dl className="grid grid-cols-2 gap-x-4 gap-y-3">
              {(
                [
                  [t.stories, n(a.stories), ''],
                  [t.calls, n(a.calls), t.callsNote],
                  [t.input, n(a.input_tokens), ''],
                  [t.output, n(a.output_tokens), ''],
                ] as const
              ).map(([label, value, note]) => (
                <div key={label}>
                  <dt className="text-xs text-muted">{label}</dt>
                  <dd>
                    <span className="tabular text-xl font-semibold">{value}</span>
                    {note ? <span className="block text-2xs text-muted">{note}</span> : null}
                  </dd>
                </div>
              ))}
              <div className="col-span-2 border-t border-line pt-3">
                <dt className="text-xs text-muted">{t.cost}</dt>
                <dd>
                  <span className="tabular text-xl font-semibold" title={`${formatNumber(a.cost_micro_won / 1e6, 6)} KRW`}>
                    {cost(a.cost_micro_won)}
                  </span>
                  <span className="block text-xs text-muted">
                    {t.basis[a.estimated_by]} {a.cost_micro_won > 0 ? t.budget : ''}
                  </span>
                </dd>
              </div>
            </dl>
            {a.calls === 0 ? (
              <p>{t.nothing}</p>
            ) : (
              <Button look="primary" onClick={() => setAsking(true)}>
                {t.order(n(a.calls))}
              </Button>
            )}
            <Confirm
              open={asking}
              title={t.confirmTitle}
              action={t.order(n(a.calls))}
              typed={a.calls > typedAbove ? String(a.calls) : undefined}
              busy={order.busy}
              fault={order.fault}
              onConfirm={() => void order.run(counted.order)}
              onClose={() => setAsking(false)}
            >
              <p>{t.confirmBody(n(a.stories), n(a.calls), cost(a.cost_micro_won))}</p>
              <p className="mt-1 text-xs text-muted">{t.confirmKept}</p>
            </Confirm>
          </div>
        ) : (
          <p className="text-muted">{t.narrow}</p>
        )}
      </div>
    </section>
  );
}

function Models({ chosen, onChange }: { chosen: readonly number[]; onChange: (chosen: number[]) => void }) {
  const t = useText();
  const models = useApi(['models', 'in use'], async (init) => (await api.getModels({ limit: 200 }, init)).items.filter((m) => m.role !== 'retired'));
  const toggle = (m: ModelItem) => onChange(chosen.includes(m.id) ? chosen.filter((id) => id !== m.id) : [...chosen, m.id]);
  return (
    <fieldset>
      <legend className="text-sm font-semibold">{t.models}</legend>
      <p className="mb-2 text-xs text-muted">{t.modelsHint}</p>
      {models.error && !models.data ? (
        <p role="alert" className="text-xs text-warn">
          ⚠ {t.modelsFailed}
        </p>
      ) : null}
      <ul className="grid gap-1 sm:grid-cols-2">
        {models.data?.map((m) => (
          <li key={m.id}>
            <label className="flex min-h-9 cursor-pointer items-center gap-2 rounded-control px-1 hover:bg-sunken">
              <input type="checkbox" checked={chosen.includes(m.id)} onChange={() => toggle(m)} className="size-4 shrink-0 accent-ink" />
              <span className="min-w-0 truncate">
                <Foreign>{m.name}</Foreign>
              </span>
              <span className="text-xs text-muted">{t.roles[m.role]}</span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

function Recent() {
  const t = useText();
  const runs = useApi(['tasks', 'repredict'], async (init) => (await api.getTasks({ kind: 'repredict', limit: 8 }, init)).items, { every: 10 });
  return (
    <Panel title={t.recent} note={t.recentNote} query={runs} rows={3} empty={(list) => (list.length > 0 ? null : { because: t.recentEmpty })}>
      {(list) => (
        <ul className="divide-y divide-line">
          {list.map((r) => (
            <li key={r.id} className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 py-2.5 first:pt-1 last:pb-0">
              <div className="min-w-0">
                <p className="flex flex-wrap items-baseline gap-x-2">
                  <Link href={hrefs.run(r.id)} prefetch={false} className="tabular font-medium hover:underline">
                    #{r.id}
                  </Link>
                  <RunState state={r.state} />
                  <ProgressWords done={r.done} failed={r.failed} total={r.total} ended={!isOpen(r)} />
                </p>
                <div className="text-xs text-muted">
                  <Order run={r} />
                </div>
              </div>
              <span className="text-xs text-muted">
                <Badge>
                  <Person id={r.ordered_by} />
                </Badge>{' '}
                <Time at={r.created_at} clock="wall" />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
