'use client';

import { useState } from 'react';
import { Confirm } from '@/components/dialog';
import { useToast } from '@/components/toast';
import { api, type Fault, type ModelItem } from '@/lib/api';
import { useChange } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { horizons, takenFrom } from './logic';
import { useText } from './words';

/** Changes what a model's predictions are used for. */
export function RoleDialog({ model, models, onClose }: { model: ModelItem | null; models: readonly ModelItem[]; onClose: () => void }) {
  return model ? <OpenRole key={model.id} model={model} models={models} onClose={onClose} /> : null;
}

const roles = ['champion', 'challenger', 'retired'] as const;

function OpenRole({ model, models, onClose }: { model: ModelItem; models: readonly ModelItem[]; onClose: () => void }) {
  const t = useText();
  const common = useCommon();
  const toast = useToast();
  const [role, setRole] = useState(model.role);
  const [wanted, setWanted] = useState<number[]>(model.horizons.length > 0 ? model.horizons : [...horizons]);
  const [wrong, setWrong] = useState<Fault | null>(null);
  const save = useChange(() => api.patchModelsById(model.id, role === 'champion' ? { role, horizons: wanted } : { role }), {
    invalidates: [['models'], ['dashboard']],
    onDone: (m) => {
      toast(t.roleChanged(m.name, t.roles[m.role]));
      onClose();
    },
  });
  const taken = takenFrom(models, model.id, role === 'champion' ? wanted : []);
  const confirm = () => {
    const none = role === 'champion' && wanted.length === 0;
    setWrong(none ? { status: 0, detail: t.pickHorizon, field: '', requestId: '', retryAfter: null } : null);
    if (!none) void save.run(undefined);
  };
  return (
    <Confirm open title={t.roleTitle(model.name)} action={t.applyRole} busy={save.busy} fault={wrong ?? save.fault} onConfirm={confirm} onClose={onClose}>
      <fieldset className="space-y-1">
        <legend className="mb-1 text-xs font-medium text-muted">{t.roleLegend}</legend>
        {roles.map((r) => (
          <label key={r} className="flex items-start gap-2 py-1">
            <input type="radio" name="role" value={r} checked={role === r} onChange={() => setRole(r)} className="mt-1.5 size-4 shrink-0 accent-ink" />
            <span>
              <span className="font-medium">{t.roles[r]}</span>
              <span className="block text-xs text-muted">{t.roleHints[r]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {role === 'champion' ? (
        <fieldset className="mt-3">
          <legend className="mb-1 text-xs font-medium text-muted">{t.championHorizons}</legend>
          <div className="flex flex-wrap gap-x-5">
            {horizons.map((h) => (
              <label key={h} className="flex min-h-8 items-center gap-2">
                <input
                  type="checkbox"
                  className="size-4 accent-ink"
                  checked={wanted.includes(h)}
                  onChange={(e) => setWanted((all) => (e.target.checked ? [...all, h].sort((a, b) => a - b) : all.filter((x) => x !== h)))}
                />
                {common.horizon(h)}
              </label>
            ))}
          </div>
          <ul className="mt-1 text-xs">
            {taken.map(({ horizon, from }) => (
              <li key={horizon}>{t.takes(common.horizon(horizon), from.name)}</li>
            ))}
            {taken.length === 0 ? <li className="text-muted">{t.takesNone}</li> : null}
          </ul>
        </fieldset>
      ) : null}
    </Confirm>
  );
}

/** Gives a model up: one that has predicted is retired, another is deleted. */
export function RetireDialog({ model, onClose }: { model: ModelItem | null; onClose: () => void }) {
  return model ? <OpenRetire key={model.id} model={model} onClose={onClose} /> : null;
}

function OpenRetire({ model, onClose }: { model: ModelItem; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const giveUp = useChange(() => api.deleteModelsById(model.id), {
    invalidates: [['models'], ['dashboard']],
    onDone: ({ result }) => {
      toast(t.retireDone[result](model.name));
      onClose();
    },
  });
  return (
    <Confirm open danger title={t.retireTitle(model.name)} action={t.retire} busy={giveUp.busy} fault={giveUp.fault} onConfirm={() => void giveUp.run(undefined)} onClose={onClose}>
      <p>{t.retireBody}</p>
    </Confirm>
  );
}
