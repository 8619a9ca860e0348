'use client';

import { useRouter } from 'next/navigation';
import { useState, type ReactNode } from 'react';
import { Button } from '@/components/controls';
import { Confirm, Dialog } from '@/components/dialog';
import { Field, FormFault, SelectField } from '@/components/field';
import { Foreign } from '@/components/marks';
import { useToast } from '@/components/toast';
import { api, type AbTest, type CreateABTestRequest } from '@/lib/api';
import { useAppNow } from '@/lib/clock';
import { useApi, useChange } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { byRole, championOf } from '../models/logic';
import { codesOf, leastComparisons } from './evidence';
import { useText } from './words';

interface Props {
  open: boolean;
  /** What was chosen elsewhere: ids of models and a horizon, empty where nothing was. */
  choice: { a: string; b: string; h: string };
  tests: readonly AbTest[];
  onClose: () => void;
}

const fields = ['name', 'model_a', 'model_b', 'metric', 'horizon', 'codes', 'starts_on', 'comparisons'];
const horizons = [1, 3, 5] as const;
const maxAhead = 90;

/** A day in KST, so many days after an instant. */
function dayAfter(ms: number, days: number): string {
  return new Date(ms + (9 * 3600 + days * 86_400) * 1000).toISOString().slice(0, 10);
}

/** Registers an experiment: everything is fixed before anything is known. */
export function RegisterDialog({ open, choice, tests, onClose }: Props) {
  const t = useText();
  return (
    <Dialog open={open} onClose={onClose} title={t.register}>
      <Form choice={choice} tests={tests} onClose={onClose} />
    </Dialog>
  );
}

function Form({ choice, tests, onClose }: Omit<Props, 'open'>) {
  const t = useText();
  const common = useCommon();
  const toast = useToast();
  const router = useRouter();
  const now = useAppNow();
  const asked = useApi(['models', 'list'], (init) => api.getModels({ limit: 200 }, init));
  const models = byRole(asked.data?.items ?? []).filter((m) => m.role !== 'retired');
  const [name, setName] = useState('');
  const [horizon, setHorizon] = useState<(typeof horizons)[number]>(horizons.find((h) => String(h) === choice.h) ?? 1);
  const [a, setA] = useState(choice.a);
  const [b, setB] = useState(choice.b);
  const [startsOn, setStartsOn] = useState('');
  const [codes, setCodes] = useState('');
  const [comparisons, setComparisons] = useState('');
  const [review, setReview] = useState(false);
  const modelA = a || String(championOf(models, horizon)?.id ?? '');
  const least = leastComparisons(tests, Number(modelA), horizon);
  const body: CreateABTestRequest = {
    name: name.trim(),
    model_a: Number(modelA),
    model_b: Number(b),
    metric: 'brier',
    horizon,
    codes: codes.trim() === '' ? undefined : codesOf(codes),
    starts_on: startsOn || undefined,
    comparisons: comparisons === '' ? least : Number(comparisons),
  };
  const save = useChange(() => api.postAbTest(body), {
    invalidates: [['ab-tests']],
    onDone: (made) => {
      toast(t.made(made.name));
      onClose();
      router.push(hrefs.abTest(made.id));
    },
  });
  const send = async () => {
    await save.run(undefined);
    setReview(false); // what was refused stands at its field
  };
  const options = [{ value: '', label: t.pick }, ...models.map((m) => ({ value: String(m.id), label: m.name }))];
  const nameOf = (id: string) => models.find((m) => String(m.id) === id)?.name ?? id;
  const rows: [string, ReactNode][] = [
    [t.name, <Foreign key="n">{body.name}</Foreign>],
    [t.modelA, <Foreign key="a">{nameOf(modelA)}</Foreign>],
    [t.modelB, <Foreign key="b">{nameOf(b)}</Foreign>],
    [t.metric, t.metrics.brier],
    [t.horizon, common.horizon(horizon)],
    [t.startsOn, body.starts_on ?? t.nextTradingDay],
    [t.codes, body.codes?.join(', ') ?? t.allStocks],
    [t.comparisonsAtOnce, String(body.comparisons)],
  ];
  return (
    <>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          save.reset();
          setReview(true);
        }}
      >
        <Field label={t.name} name="name" fault={save.fault} value={name} required maxLength={100} autoComplete="off" onChange={(e) => setName(e.target.value)} />
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField label={t.metric} name="metric" fault={save.fault} value="brier" disabled options={[{ value: 'brier', label: t.metrics.brier }]} />
          <SelectField
            label={t.horizon}
            name="horizon"
            fault={save.fault}
            value={String(horizon)}
            options={horizons.map((h) => ({ value: String(h), label: common.horizon(h) }))}
            onChange={(e) => setHorizon(horizons.find((h) => String(h) === e.target.value) ?? 1)}
          />
          <SelectField label={t.modelA} name="model_a" fault={save.fault} required value={modelA} options={options} onChange={(e) => setA(e.target.value)} />
          <SelectField label={t.modelB} name="model_b" fault={save.fault} required value={b} options={options} onChange={(e) => setB(e.target.value)} />
          <Field
            label={t.startsOn}
            name="starts_on"
            fault={save.fault}
            type="date"
            hint={t.startsHint}
            min={now > 0 ? dayAfter(now, 1) : undefined}
            max={now > 0 ? dayAfter(now, maxAhead) : undefined}
            value={startsOn}
            onChange={(e) => setStartsOn(e.target.value)}
          />
          <Field
            label={t.comparisonsAtOnce}
            name="comparisons"
            fault={save.fault}
            type="number"
            min={1}
            max={20}
            placeholder={String(least)}
            hint={t.comparisonsHint(least)}
            value={comparisons}
            onChange={(e) => setComparisons(e.target.value)}
          />
        </div>
        <Field label={t.codes} name="codes" fault={save.fault} hint={t.codesHint} value={codes} spellCheck={false} autoComplete="off" onChange={(e) => setCodes(e.target.value)} />
        <FormFault fault={save.fault} fields={fields} />
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" look="primary" disabled={asked.data === undefined}>
            {t.review}
          </Button>
        </div>
      </form>
      <Confirm open={review} title={t.reviewTitle} action={t.register} busy={save.busy} onConfirm={() => void send()} onClose={() => setReview(false)}>
        <p className="mb-3 text-muted">{t.reviewBody}</p>
        <dl className="space-y-1">
          {rows.map(([label, value]) => (
            <div key={label} className="flex justify-between gap-4">
              <dt className="shrink-0 text-xs text-muted">{label}</dt>
              <dd className="min-w-0 text-right font-medium">{value}</dd>
            </div>
          ))}
        </dl>
      </Confirm>
    </>
  );
}
