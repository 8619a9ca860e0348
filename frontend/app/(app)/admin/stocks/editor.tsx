'use client';

import { useState } from 'react';
import { Button } from '@/components/controls';
import { Confirm, Dialog } from '@/components/dialog';
import { Field, FormFault, SelectField } from '@/components/field';
import { useToast } from '@/components/toast';
import { api, type TrackedItem } from '@/lib/api';
import { useChange } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { aliasesOf, changedFields } from './csv';
import { useText } from './words';

const invalidates = [['admin-stocks'], ['stocks']];
const fields = ['code', 'name', 'aliases', 'priority', 'active'];

/** Follows a stock, or changes how it is followed. */
export function StockEditor({ open, stock, onClose }: { open: boolean; stock: TrackedItem | null; onClose: () => void }) {
  const t = useText();
  return (
    <Dialog open={open} onClose={onClose} title={stock ? t.editTitle(stock.name) : t.create}>
      <Form key={stock?.code ?? ''} stock={stock} onClose={onClose} />
    </Dialog>
  );
}

function Form({ stock, onClose }: { stock: TrackedItem | null; onClose: () => void }) {
  const t = useText();
  const common = useCommon();
  const toast = useToast();
  const [code, setCode] = useState(stock?.code ?? '');
  const [name, setName] = useState(stock?.name ?? '');
  const [aliases, setAliases] = useState(stock?.aliases.join(', ') ?? '');
  const [priority, setPriority] = useState(stock?.priority ?? 3);
  const [active, setActive] = useState(stock?.active ?? true);
  const after: TrackedItem = { code: code.trim().toUpperCase(), name: name.trim(), aliases: aliasesOf(aliases), priority, active };
  const save = useChange(
    async () => {
      if (!stock) return api.postAdminStocks(after);
      const changed = changedFields(stock, after);
      return changed.length === 0 ? null : api.patchAdminStocksByCode(stock.code, Object.fromEntries(changed.map((f) => [f, after[f]])));
    },
    {
      invalidates,
      onDone: (saved) => {
        toast(saved === null ? t.nothingChanged : stock ? t.saved(saved.name) : t.added(saved.name));
        onClose();
      },
    },
  );
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save.run(undefined);
      }}
    >
      {stock ? null : (
        <Field label={t.code} name="code" fault={save.fault} hint={t.codeHint} value={code} required maxLength={6} placeholder="005930" spellCheck={false} autoComplete="off" onChange={(e) => setCode(e.target.value)} />
      )}
      <Field label={t.name} name="name" fault={save.fault} hint={t.nameHint} value={name} required maxLength={50} autoComplete="off" onChange={(e) => setName(e.target.value)} />
      <Field label={t.aliases} name="aliases" fault={save.fault} hint={t.aliasesHint} value={aliases} autoComplete="off" onChange={(e) => setAliases(e.target.value)} />
      <SelectField
        label={t.priority}
        name="priority"
        fault={save.fault}
        value={String(priority)}
        options={[1, 2, 3, 4, 5].map((n) => ({ value: String(n), label: t.priorityOf(n) }))}
        onChange={(e) => setPriority(Number(e.target.value))}
      />
      <label className="flex min-h-8 items-center gap-2">
        <input type="checkbox" className="size-4 accent-ink" checked={active} onChange={(e) => setActive(e.target.checked)} />
        {t.active}
      </label>
      <FormFault fault={save.fault} fields={stock ? fields.slice(1) : fields} />
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" look="primary" disabled={save.busy}>
          {stock ? common.save : t.create}
        </Button>
      </div>
    </form>
  );
}

/** Gives a stock up, after saying what becomes of its record. */
export function RemoveDialog({ stock, onClose }: { stock: TrackedItem | null; onClose: () => void }) {
  return stock ? <OpenRemove key={stock.code} stock={stock} onClose={onClose} /> : null;
}

function OpenRemove({ stock, onClose }: { stock: TrackedItem; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const remove = useChange(() => api.deleteAdminStocksByCode(stock.code), {
    invalidates,
    onDone: ({ result }) => {
      toast(t.removed[result](stock.name));
      onClose();
    },
  });
  return (
    <Confirm open danger title={t.removeTitle(stock.name)} action={t.remove} busy={remove.busy} fault={remove.fault} onConfirm={() => void remove.run(undefined)} onClose={onClose}>
      <p>{t.removeBody}</p>
    </Confirm>
  );
}
