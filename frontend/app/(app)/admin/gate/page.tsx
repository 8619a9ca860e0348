'use client';

import { useState } from 'react';
import { IntervalDot } from '@/components/charts';
import { Button } from '@/components/controls';
import { Confirm } from '@/components/dialog';
import { Field, FormFault } from '@/components/field';
import { Badge } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type GateBody, type GateOpened, type PatchGateRequest } from '@/lib/api';
import { formatCount, formatDecimal, formatPoints } from '@/lib/format';
import { dictionary, useLocale } from '@/lib/i18n';
import { useApi, useChange, type Asked } from '@/lib/query';
import { useCommon } from '@/lib/words';
import en from '@/messages/en/gate';
import ko from '@/messages/ko/gate';
import { Actor } from '../actors';
import { formOf, patchOf, scoreNow, whyOf, type GateForm } from './logic';

const useText = dictionary({ ko, en });
const percent = (value: number | null) => `${formatDecimal(value, 2)}%`;

export default function GatePage() {
  const t = useText();
  const gate = useApi(['gate'], (init) => api.getAlertsGate(init), { every: 30 });
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={gate} />}>
      <Openness query={gate} />
      <Parameters query={gate} />
    </Page>
  );
}

function Openness({ query }: { query: Asked<GateBody> }) {
  const t = useText();
  return (
    <Panel title={t.openness} note={t.opennessNote} query={query} rows={3} empty={(g) => (g.horizons.length > 0 ? null : { because: t.noChampion })}>
      {(g) => (
        <ul className="grid gap-x-6 gap-y-5 md:grid-cols-3">
          {g.horizons.map((h) => (
            <Horizon key={h.horizon} gate={h} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Horizon({ gate }: { gate: GateOpened }) {
  const t = useText();
  const common = useCommon();
  const why = whyOf(gate);
  const fit = gate.recalibration;
  const [low, high] = [formatDecimal(fit?.slope_low, 2), formatDecimal(fit?.slope_high, 2)];
  const reason = why === 'short' || why === 'drifting' ? t.reasons[why] : t.reasons[why](low, high);
  return (
    <li className={`min-w-0 border-l-2 pl-3 ${gate.open ? 'border-ink' : 'border-line'}`}>
      <p className="flex items-center gap-2">
        <span className="font-semibold">{common.horizon(gate.horizon)}</span>
        <Badge tone={gate.open ? 'strong' : 'plain'}>{gate.open ? t.open : t.shut}</Badge>
      </p>
      <p className="mt-1 text-xs text-muted">{gate.open ? t.openMeans : t.shutMeans}</p>
      <p className="mt-2 text-xs">
        <span className="text-muted">{t.why}</span> {reason}
      </p>
      {fit ? (
        <div className="mt-1">
          <p className="tabular text-xs text-muted">{t.slope(formatDecimal(fit.slope, 2), formatCount(fit.stock_days))}</p>
          <IntervalDot
            summary={t.slopeSummary(common.horizon(gate.horizon), formatDecimal(fit.slope, 2), low, high)}
            value={fit.slope}
            low={fit.slope_low}
            high={fit.slope_high}
            domain={[-1, 1.5]}
          />
        </div>
      ) : null}
    </li>
  );
}

function Parameters({ query }: { query: Asked<GateBody> }) {
  const t = useText();
  return (
    <Panel title={t.parameters} query={query} rows={5}>
      {(g) => <Form key={`${g.min_shift} ${g.min_score_pct} ${g.per_day}`} gate={g} />}
    </Panel>
  );
}

const fields = ['min_shift', 'min_score_pct', 'per_day'];

function Form({ gate }: { gate: GateBody }) {
  const t = useText();
  const locale = useLocale();
  const toast = useToast();
  const [form, setForm] = useState<GateForm>(formOf(gate));
  const [asking, setAsking] = useState<PatchGateRequest | null>(null);
  const save = useChange((patch: PatchGateRequest) => api.patchAlertsGate(patch), {
    invalidates: [['gate']],
    onDone: () => toast(t.saved),
  });
  const set = (name: keyof GateForm) => ({
    name,
    fault: save.fault,
    value: form[name],
    type: 'number',
    required: true,
    onChange: (e: { target: { value: string } }) => setForm((f) => ({ ...f, [name]: e.target.value })),
  });
  return (
    <div className="space-y-4">
      <p className="border-l-4 border-line pl-3">{t.rule(formatPoints(gate.min_shift, locale).replace('+', ''), percent(scoreNow(gate)))}</p>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const patch = patchOf(gate, form);
          if (patch === null) toast(t.nothingChanged);
          else setAsking(patch);
        }}
      >
        <div className="grid gap-x-6 gap-y-4 md:grid-cols-3">
          <Field label={t.minShift} hint={t.minShiftMeans} min={0.01} max={0.5} step={0.01} inputMode="decimal" {...set('min_shift')} />
          <Field label={t.minScore} hint={t.minScoreMeans} min={0.01} max={30} step={0.01} inputMode="decimal" {...set('min_score_pct')} />
          <Field label={t.perDay} hint={t.perDayMeans} min={1} max={100} step={1} inputMode="numeric" {...set('per_day')} />
        </div>
        <FormFault fault={save.fault} fields={fields} />
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-xs text-muted">
            {gate.edited_at === null ? (
              t.neverEdited
            ) : (
              <>
                {t.edited} <Time at={gate.edited_at} clock="wall" /> · {t.editedBy} <Actor id={gate.edited_by} />
              </>
            )}
          </p>
          <Button type="submit" look="primary" disabled={save.busy}>
            {t.save}
          </Button>
        </div>
      </form>
      <dl className="border-t border-line pt-3">
        <div>
          <dt className="text-xs font-medium text-muted">{t.floor}</dt>
          <dd>
            <span className="tabular font-semibold">{gate.floor_pct ? percent(gate.floor_pct) : t.floorNone}</span>
            <span className="block text-xs text-muted">{t.floorMeans}</span>
          </dd>
        </div>
      </dl>
      <Confirm
        open={asking !== null}
        title={t.confirmTitle}
        action={t.save}
        busy={save.busy}
        onConfirm={() => {
          if (asking) void save.run(asking).then(() => setAsking(null));
        }}
        onClose={() => setAsking(null)}
      >
        <p className="mb-2">{t.confirmBody}</p>
        <ul className="tabular">
          {asking?.min_shift !== undefined ? <Row label={t.minShift} before={gate.min_shift} after={asking.min_shift} /> : null}
          {asking?.min_score_pct !== undefined ? <Row label={t.minScore} before={gate.min_score_pct} after={asking.min_score_pct} /> : null}
          {asking?.per_day !== undefined ? <Row label={t.perDay} before={gate.per_day} after={asking.per_day} /> : null}
        </ul>
      </Confirm>
    </div>
  );
}

function Row({ label, before, after }: { label: string; before: number; after: number | null | undefined }) {
  return (
    <li>
      <span className="text-muted">{label}</span> <del className="text-muted">{before}</del> <span aria-hidden="true">→</span> <ins className="font-semibold no-underline">{after}</ins>
    </li>
  );
}
