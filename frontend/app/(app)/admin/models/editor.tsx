'use client';

import { useState } from 'react';
import { Button } from '@/components/controls';
import { Dialog } from '@/components/dialog';
import { Field, FormFault, SelectField } from '@/components/field';
import { Foreign } from '@/components/marks';
import { useToast } from '@/components/toast';
import { api, type Fault, type ModelItem } from '@/lib/api';
import { useChange } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { createOf, emptyForm, formOf, isKind, kinds, patchOf, type ModelForm } from './logic';
import { useText } from './words';

interface Props {
  open: boolean;
  /** The model to be changed; null for a new one. */
  model: ModelItem | null;
  models: readonly ModelItem[];
  onClose: () => void;
}

const fields = ['name', 'kind', 'members', 'provider', 'provider_model', 'prompt_version', 'training_cutoff', 'input_price', 'output_price', 'daily_budget', 'max_output_tokens', 'old_max_tokens'];

/** Makes a model, or changes its settings. */
export function ModelEditor({ open, model, models, onClose }: Props) {
  const t = useText();
  return (
    <Dialog open={open} onClose={onClose} title={model ? t.editTitle(model.name) : t.create}>
      <Form key={model?.id ?? 0} model={model} models={models} onClose={onClose} />
    </Dialog>
  );
}

function Form({ model, models, onClose }: Omit<Props, 'open'>) {
  const t = useText();
  const common = useCommon();
  const toast = useToast();
  const [form, setForm] = useState<ModelForm>(model ? formOf(model) : emptyForm);
  const [wrong, setWrong] = useState<Fault | null>(null);
  const save = useChange(
    async (input: ModelForm) => {
      if (!model) return api.postModels(createOf(input));
      const patch = patchOf(model, input);
      return patch === null ? null : api.patchModelsById(model.id, patch);
    },
    {
      invalidates: [['models'], ['dashboard']],
      onDone: (answer) => {
        toast(answer === null ? t.nothingChanged : model ? t.changed(answer.name) : t.created(answer.name));
        onClose();
      },
    },
  );
  const set = (change: Partial<ModelForm>) => setForm((f) => ({ ...f, ...change }));
  const fault = wrong ?? save.fault;
  const text = (name: 'name' | 'provider' | 'provider_model' | 'prompt_version' | 'training_cutoff' | 'input_price' | 'output_price' | 'daily_budget' | 'max_output_tokens') => ({
    name,
    fault,
    value: form[name],
    onChange: (e: { target: { value: string } }) => set({ [name]: e.target.value }),
  });
  const submit = () => {
    const few = form.kind === 'pool' && (form.members.length < 2 || form.members.length > 10);
    setWrong(few ? { status: 0, detail: t.membersWrong, field: 'members', requestId: '', retryAfter: null } : null);
    if (!few) void save.run(form);
  };
  const number = { type: 'number', min: 0, step: 1, required: true, inputMode: 'numeric' } as const;
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Field label={t.name} {...text('name')} required maxLength={64} autoComplete="off" />
      <SelectField
        label={t.kind}
        name="kind"
        fault={fault}
        disabled={model !== null}
        value={form.kind}
        hint={
          <>
            {t.kindHints[form.kind]} {model ? '' : t.kindHint}
          </>
        }
        options={kinds.map((k) => ({ value: k, label: t.kinds[k] }))}
        onChange={(e) => isKind(e.target.value) && set({ kind: e.target.value })}
      />
      {model ? <p className="text-xs text-muted">{t.usedHint}</p> : null}
      {form.kind === 'pool' ? (
        <fieldset>
          <legend className="mb-1 text-xs font-medium text-muted">{t.members}</legend>
          <ul className="grid gap-x-4 sm:grid-cols-2">
            {models
              .filter((m) => m.kind !== 'pool' && (m.role !== 'retired' || form.members.includes(m.id)))
              .map((m) => (
                <li key={m.id}>
                  <label className="flex min-h-8 items-center gap-2">
                    <input
                      type="checkbox"
                      className="size-4 accent-ink"
                      checked={form.members.includes(m.id)}
                      onChange={(e) => set({ members: e.target.checked ? [...form.members, m.id] : form.members.filter((id) => id !== m.id) })}
                    />
                    <Foreign>{m.name}</Foreign>
                  </label>
                </li>
              ))}
          </ul>
          <p className="mt-1 text-xs text-muted">{t.membersHint}</p>
          <FormFault fault={fault?.field.startsWith('members') ? fault : null} />
        </fieldset>
      ) : null}
      {form.kind === 'llm' ? (
        <>
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label={t.providerModel} {...text('provider_model')} required maxLength={200} spellCheck={false} autoComplete="off" />
            <Field label={t.promptVersion} {...text('prompt_version')} hint={t.promptHint} maxLength={20} spellCheck={false} autoComplete="off" />
          </div>
          <Field label={t.provider} {...text('provider')} hint={t.providerHint} type="url" maxLength={200} placeholder="https://" autoComplete="off" />
          <Field label={t.cutoff} {...text('training_cutoff')} hint={t.cutoffHint} type="date" required={Boolean(model?.training_cutoff)} />
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label={t.inputPrice} {...text('input_price')} {...number} max={10_000_000} />
            <Field label={t.outputPrice} {...text('output_price')} {...number} max={10_000_000} />
            <Field label={t.budget} {...text('daily_budget')} {...number} max={1_000_000_000} hint={t.budgetHint} />
            <Field label={t.maxTokens} {...text('max_output_tokens')} {...number} min={64} max={32_000} />
          </div>
          <label className="flex min-h-8 items-center gap-2">
            <input type="checkbox" className="size-4 accent-ink" checked={form.old_max_tokens} onChange={(e) => set({ old_max_tokens: e.target.checked })} />
            {t.oldMaxTokens}
          </label>
        </>
      ) : null}
      <FormFault fault={fault} fields={fields} />
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" look="primary" disabled={save.busy}>
          {model ? common.save : t.create}
        </Button>
      </div>
    </form>
  );
}
