'use client';

import { ButtonLink } from '@/components/controls';
import { SelectField } from '@/components/field';
import { Foreign } from '@/components/marks';
import { Panel } from '@/components/panel';
import { DataTable } from '@/components/table';
import type { ModelItem } from '@/lib/api';
import { formatCount, formatDecimal, formatPrice, formatProbability, unknownMark } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import type { Asked } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { estimateText } from '../numbers';
import { differences, recordOf, type Difference, type Register } from './logic';
import { useKind, useSkillText, useText } from './words';

interface Props {
  register: Asked<Register>;
  a: string;
  b: string;
  horizon: number;
  origin: string;
  onChange: (change: { a?: string; b?: string }) => void;
}

/** Two models side by side: only what differs. */
export function Comparison({ register, a, b, horizon, origin, onChange }: Props) {
  const t = useText();
  return (
    <Panel title={t.compare} note={t.compareNote} query={register} rows={2} empty={(r) => (r.models.length > 1 ? null : { because: t.pickTwo })}>
      {(r) => {
        const find = (id: string) => r.models.find((m) => String(m.id) === id) ?? null;
        const [first, second] = [find(a), find(b)];
        const options = [{ value: '', label: t.pick }, ...r.models.map((m) => ({ value: String(m.id), label: m.name }))];
        return (
          <div className="space-y-3">
            <div className="grid max-w-xl grid-cols-2 gap-3">
              <SelectField label={t.compareA} name="a" value={first ? a : ''} options={options} onChange={(e) => onChange({ a: e.target.value })} />
              <SelectField label={t.compareB} name="b" value={second ? b : ''} options={options} onChange={(e) => onChange({ b: e.target.value })} />
            </div>
            {first && second && first.id !== second.id ? (
              <Differences register={r} first={first} second={second} horizon={horizon} origin={origin} />
            ) : (
              <p className="text-muted">{t.pickTwo}</p>
            )}
          </div>
        );
      }}
    </Panel>
  );
}

function useFacts(register: Register, horizon: number, origin: string) {
  const t = useText();
  const locale = useLocale();
  const kind = useKind();
  const skill = useSkillText();
  return (m: ModelItem): Record<keyof typeof t.rows, string> => {
    const r = recordOf(register.records, m.id, horizon, origin);
    const c = recordOf(register.reliability, m.id, horizon, origin);
    const llm = m.kind === 'llm';
    const won = (value: number) => (llm ? formatPrice(value, locale) : unknownMark);
    const count = (value: number | undefined) => formatCount(value);
    return {
      kind: kind(m.kind),
      version: m.version,
      role: t.roles[m.role],
      horizons: m.horizons.join('·') || unknownMark,
      members: m.members.map((id) => register.models.find((x) => x.id === id)?.name ?? `#${id}`).join(', ') || unknownMark,
      provider: llm ? m.provider || t.unknownProvider : unknownMark,
      providerModel: m.provider_model || unknownMark,
      prompt: m.prompt_version || unknownMark,
      cutoff: m.training_cutoff ?? (llm ? t.cutoffUnknown : t.cutoffNone),
      inputPrice: won(m.input_price),
      outputPrice: won(m.output_price),
      budget: won(m.daily_budget),
      maxTokens: llm ? count(m.max_output_tokens) : unknownMark,
      predictions: count(m.predictions_today),
      spent: llm ? formatPrice(m.spent_today, locale) : t.free,
      stockDays: count(r?.stock_days),
      days: count(r?.days),
      verdict: m.kind === 'baseline' ? t.verdicts.none : r ? t.verdicts[r.verdict] : t.noRecord,
      skill: skill(m.kind, r),
      brier: formatDecimal(r?.brier, 4),
      accuracy: estimateText(r?.accuracy),
      auc: estimateText(r?.auc),
      ic: estimateText(r?.ic),
      coverage: formatProbability(r?.coverage),
      slope: estimateText(c?.slope, 2),
      ece: c && c.ece !== null && c.ece_null95 !== null ? t.eceOf(formatDecimal(c.ece, 3), formatDecimal(c.ece_null95, 3)) : unknownMark,
      late: count(r?.late),
      void: count(r?.void),
    };
  };
}

function Differences({ register, first, second, horizon, origin }: { register: Register; first: ModelItem; second: ModelItem; horizon: number; origin: string }) {
  const t = useText();
  const facts = useFacts(register, horizon, origin);
  const [of1, of2] = [facts(first), facts(second)];
  const keys = Object.keys(t.rows) as (keyof typeof t.rows)[];
  const { different, same } = differences(keys.map((key) => ({ key, a: of1[key], b: of2[key] })));
  const label = (d: Difference) => t.rows[d.key as keyof typeof t.rows];
  const cell = (text: string) => (
    <span className="tabular">
      <Foreign>{text}</Foreign>
    </span>
  );
  return (
    <>
      {different.length === 0 ? (
        <p className="text-muted">{t.nothingDiffers}</p>
      ) : (
        <DataTable
          caption={t.compare}
          rows={different}
          rowKey={(d) => d.key}
          columns={[
            { key: 'item', head: t.item, lead: true, cell: (d) => <span className="font-medium">{label(d)}</span> },
            { key: 'a', head: first.name, cell: (d) => cell(d.a) },
            { key: 'b', head: second.name, cell: (d) => cell(d.b) },
          ]}
        />
      )}
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-xs text-muted">{t.same(formatCount(same))}</p>
        {first.role !== 'retired' && second.role !== 'retired' ? (
          <ButtonLink href={`${hrefs.abTests()}?a=${first.id}&b=${second.id}&h=${horizon}`}>{t.registerTest}</ButtonLink>
        ) : null}
      </div>
    </>
  );
}
