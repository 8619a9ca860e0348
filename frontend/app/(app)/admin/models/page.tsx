'use client';

import { useState } from 'react';
import { IntervalDot } from '@/components/charts';
import { Button } from '@/components/controls';
import { SelectField } from '@/components/field';
import { AiMark, Badge, Foreign, NotAdvice } from '@/components/marks';
import { Choice } from '@/components/menu';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { api, type ModelItem } from '@/lib/api';
import { useFilters } from '@/lib/filters';
import { formatCount, formatDuration, formatPrice, formatProbability } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi, type Asked } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { estimateText } from '../numbers';
import { Comparison } from './comparison';
import { ModelEditor } from './editor';
import { byRole, championOf, horizons, recordOf, skillDomain, type Register } from './logic';
import { RetireDialog, RoleDialog } from './role';
import { useKind, useSkillText, useText } from './words';

/** Every model with every record of it. */
function useRegister(): Asked<Register> {
  return useApi<Register>(
    ['models', 'register'],
    async (init) => {
      const [models, records, reliability] = await Promise.all([
        api.getModels({ limit: 200 }, init),
        api.getStatistics({ limit: 200 }, init),
        api.getStatisticsCalibration({ limit: 200 }, init),
      ]);
      return { models: byRole(models.items), records: records.items, reliability: reliability.items };
    },
    { every: 30 },
  );
}

type Open = { what: 'create' } | { what: 'edit' | 'role' | 'retire'; model: ModelItem } | null;
const noFilters = { h: '1', origin: 'live', a: '', b: '' };

export default function ModelsPage() {
  const t = useText();
  const register = useRegister();
  const [filters, setFilters] = useFilters(noFilters);
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const models = register.data?.models ?? [];
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={register} />}>
      <Champions register={register} />
      <Panel
        title={t.all}
        note={t.allNote}
        query={register}
        rows={5}
        actions={
          <Button look="primary" onClick={() => setOpen({ what: 'create' })}>
            {t.create}
          </Button>
        }
        empty={(r) => (r.models.length > 0 ? null : { because: t.empty })}
      >
        {(r) => (
          <>
            <RecordChoice horizon={filters.h} origin={filters.origin} onChange={setFilters} />
            <Table register={r} horizon={Number(filters.h)} origin={filters.origin} onOpen={setOpen} />
            <p className="mt-3 text-xs text-muted">
              {t.skill}: {t.skillNote}. {t.calibration}: {t.calibrationNote}.
            </p>
          </>
        )}
      </Panel>
      <Comparison register={register} a={filters.a} b={filters.b} horizon={Number(filters.h)} origin={filters.origin} onChange={setFilters} />
      <NotAdvice />
      <ModelEditor open={open?.what === 'create' || open?.what === 'edit'} model={open?.what === 'edit' ? open.model : null} models={models} onClose={close} />
      <RoleDialog model={open?.what === 'role' ? open.model : null} models={models} onClose={close} />
      <RetireDialog model={open?.what === 'retire' ? open.model : null} onClose={close} />
    </Page>
  );
}

function RecordChoice({ horizon, origin, onChange }: { horizon: string; origin: string; onChange: (change: { h?: string; origin?: string }) => void }) {
  const t = useText();
  const common = useCommon();
  return (
    <div className="mb-3 flex flex-wrap items-end gap-3">
      <Choice legend={t.horizon} value={horizon} options={horizons.map((h) => ({ value: String(h), label: common.horizon(h) }))} onChange={(h) => onChange({ h })} />
      <div className="w-40">
        <SelectField
          label={t.origin}
          name="origin"
          value={origin}
          options={(['live', 'backtest'] as const).map((value) => ({ value, label: t.origins[value] }))}
          onChange={(e) => onChange({ origin: e.target.value })}
        />
      </div>
    </div>
  );
}

function Champions({ register }: { register: Asked<Register> }) {
  const t = useText();
  const common = useCommon();
  const kind = useKind();
  return (
    <Panel title={t.champions} note={t.championsNote} query={register} rows={2} empty={(r) => (r.models.length > 0 ? null : { because: t.noChampion })}>
      {(r) => (
        <ul className="grid gap-x-6 gap-y-4 md:grid-cols-3">
          {horizons.map((h) => {
            const m = championOf(r.models, h);
            const record = m ? recordOf(r.records, m.id, h, 'live') : null;
            return (
              <li key={h} className="min-w-0 border-l-2 border-ink pl-3">
                <p className="text-xs text-muted">{common.horizon(h)}</p>
                {m ? (
                  <>
                    <p className="text-lg leading-snug font-semibold">
                      <Foreign>{m.name}</Foreign>
                    </p>
                    <p className="text-xs text-muted">
                      {kind(m.kind)} · {m.version}
                    </p>
                    <p className="tabular mt-1.5 text-xs">
                      {record ? t.verdicts[m.kind === 'baseline' ? 'none' : record.verdict] : t.noRecord}
                      {record && m.kind !== 'baseline' ? (
                        <span className="text-muted">
                          {' · '}
                          {record.skill ? estimateText(record.skill) : t.needs(formatCount(record.needs.stock_days), formatCount(record.needs.days))}
                        </span>
                      ) : null}
                    </p>
                  </>
                ) : (
                  <p className="text-warn">
                    <span aria-hidden="true">⚠ </span>
                    {t.noChampion}
                  </p>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}

function Table({ register, horizon, origin, onOpen }: { register: Register; horizon: number; origin: string; onOpen: (open: Open) => void }) {
  const t = useText();
  const kind = useKind();
  const skill = useSkillText();
  const shown = register.records.filter((r) => r.horizon === horizon && r.origin === origin);
  const domain = skillDomain(shown);
  const record = (m: ModelItem) => recordOf(shown, m.id, horizon, origin);
  const columns: Column<ModelItem>[] = [
    {
      key: 'model',
      head: t.model,
      lead: true,
      cell: (m) => (
        <div>
          <p className="flex flex-wrap items-center gap-x-2">
            <span className="font-medium">
              <Foreign>{m.name}</Foreign>
            </span>
            <Badge tone={m.role === 'champion' ? 'strong' : 'plain'}>{m.role === 'champion' ? t.championOf(m.horizons.join('·')) : t.roles[m.role]}</Badge>
            {m.kind === 'llm' ? <AiMark /> : null}
          </p>
          <p className="text-xs font-normal text-muted">
            {kind(m.kind)} · <Foreign>{m.version}</Foreign>
            {m.kind === 'llm' ? ` · ${t.cutoff} ${m.training_cutoff ? m.training_cutoff : t.cutoffUnknown}` : ''}
          </p>
        </div>
      ),
    },
    {
      key: 'skill',
      head: t.skillJudged,
      cell: (m) => {
        const r = record(m);
        const text = skill(m.kind, r);
        return (
          <div className="tabular text-xs md:min-w-40">
            {text}
            {r ? <p className="text-muted">{t.judgedCount(formatCount(r.stock_days), formatCount(r.days))}</p> : null}
            {r?.skill && m.kind !== 'baseline' ? (
              <div className="w-36 max-md:ml-auto">
                <IntervalDot summary={t.skillSummary(m.name, text)} value={r.skill.value} low={r.skill.low} high={r.skill.high} domain={domain} />
              </div>
            ) : null}
          </div>
        );
      },
    },
    {
      key: 'calibration',
      head: t.calibration,
      cell: (m) => {
        const c = recordOf(register.reliability, m.id, horizon, origin);
        return <span className="tabular inline-block text-xs md:min-w-20">{c?.slope ? estimateText(c.slope, 2) : m.kind === 'baseline' ? t.reference : t.verdicts.collecting}</span>;
      },
    },
    { key: 'latency', head: t.latency, cell: (m) => <Latency model={m} /> },
    {
      key: 'today',
      head: t.today,
      cell: (m) => (
        <span className="tabular inline-flex flex-wrap gap-x-2 text-xs">
          <span className="whitespace-nowrap">{t.madeToday(formatCount(m.predictions_today))}</span>
          <span className="whitespace-nowrap">{t.judgedToday(formatCount(m.judged_today))}</span>
        </span>
      ),
    },
    { key: 'cost', head: t.cost, cell: (m) => <Cost model={m} /> },
    {
      key: 'actions',
      head: t.actions,
      end: true,
      cell: (m) => (
        <div className="flex flex-wrap justify-end">
          <Button look="quiet" aria-label={`${m.name}: ${t.edit}`} onClick={() => onOpen({ what: 'edit', model: m })}>
            {t.edit}
          </Button>
          <Button look="quiet" aria-label={`${m.name}: ${t.changeRole}`} onClick={() => onOpen({ what: 'role', model: m })}>
            {t.changeRole}
          </Button>
          {m.role === 'challenger' ? (
            <Button look="quiet" aria-label={`${m.name}: ${t.retire}`} onClick={() => onOpen({ what: 'retire', model: m })}>
              {t.retire}
            </Button>
          ) : null}
        </div>
      ),
    },
  ];
  return <DataTable caption={t.all} columns={columns} rows={register.models} rowKey={(m) => m.id} />;
}

/** How long the model's newest prediction took to make. */
function Latency({ model }: { model: ModelItem }) {
  const t = useText();
  const locale = useLocale();
  const latest = useApi<number | null>(
    ['models', 'latency', model.id],
    async (init) => {
      const page = await api.getPredictions({ model: model.id, origin: 'live', limit: 1 }, init);
      const newest = page.items[0];
      return newest ? (await api.getPredictionsById(newest.id, init)).call.latency_ms : null;
    },
    { every: 60 },
  );
  if (latest.data === undefined) return <span className="text-xs text-muted">…</span>;
  return <span className="tabular text-xs whitespace-nowrap">{latest.data === null ? t.latencyNone : latest.data === 0 ? '<1ms' : formatDuration(latest.data / 1000, locale)}</span>;
}

function Cost({ model }: { model: ModelItem }) {
  const t = useText();
  const locale = useLocale();
  if (model.kind !== 'llm') return <span className="text-xs text-muted">{t.free}</span>;
  if (model.daily_budget === 0) return <span className="text-xs text-warn">⚠ {t.budgetZero}</span>;
  const share = model.spent_today / model.daily_budget;
  return (
    <div className="tabular text-xs">
      <p className={share >= 1 ? 'text-warn' : ''}>
        {share >= 1 ? <span aria-hidden="true">⚠ </span> : null}
        {t.ofBudget(formatPrice(model.spent_today, locale), formatPrice(model.daily_budget, locale))}
      </p>
      <progress
        className="mt-1 block h-1 w-28 appearance-none overflow-hidden rounded-full bg-line max-md:ml-auto [&::-moz-progress-bar]:bg-ink [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-ink"
        max={model.daily_budget}
        value={Math.min(model.spent_today, model.daily_budget)}
        aria-label={t.budgetUsed(formatProbability(share))}
      />
    </div>
  );
}
