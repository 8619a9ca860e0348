'use client';

import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import type { Fault } from '@/lib/api';
import { useCommon } from '@/lib/words';
import { Button, inputClass } from './controls';
import { FormFault } from './field';

/** A native modal dialog: the browser keeps the focus inside and gives it back. */
export function Dialog({ open, onClose, title, children }: { open: boolean; onClose: () => void; title: string; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const t = useCommon();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={onClose}
      className="max-h-[85dvh] w-[min(34rem,calc(100vw-2rem))] overflow-auto rounded-panel border border-line bg-surface p-0 text-ink shadow-2xl"
    >
      {open ? (
        <>
          <header className="flex items-center justify-between gap-4 px-5 pt-4">
            <h2 id={id} className="font-semibold">
              {title}
            </h2>
            <button type="button" aria-label={t.close} className="min-h-9 min-w-9 rounded-control text-muted hover:bg-sunken hover:text-ink" onClick={onClose}>
              ✕
            </button>
          </header>
          <div className="px-5 pt-2 pb-5">{children}</div>
        </>
      ) : null}
    </dialog>
  );
}

interface ConfirmProps {
  open: boolean;
  title: string;
  children: ReactNode;
  /** What the button says: the deed itself, not "OK". */
  action: string;
  /** What the other button says; "Cancel" when absent, which will not do where the deed itself is a cancellation. */
  dismiss?: string;
  busy?: boolean;
  fault?: Fault | null;
  /** Has to be typed before it can be done, as the number of items of a large order. */
  typed?: string;
  danger?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot simply be undone. */
export function Confirm({ open, title, children, action, dismiss, busy = false, fault = null, typed, danger, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <ConfirmForm action={action} dismiss={dismiss} busy={busy} fault={fault} typed={typed} danger={danger} onConfirm={onConfirm} onClose={onClose}>
        {children}
      </ConfirmForm>
    </Dialog>
  );
}

function ConfirmForm({ children, action, dismiss, busy, fault = null, typed, danger, onConfirm, onClose }: Omit<ConfirmProps, 'open' | 'title'>) {
  const t = useCommon();
  const id = useId();
  const [text, setText] = useState('');
  const ready = typed === undefined || text.trim() === typed;
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) onConfirm();
      }}
    >
      <div>{children}</div>
      {typed !== undefined ? (
        <div>
          <label htmlFor={id} className="mb-1 block text-xs text-muted">
            {t.typeToConfirm(typed)}
          </label>
          <input id={id} value={text} autoComplete="off" onChange={(e) => setText(e.target.value)} className={inputClass} />
        </div>
      ) : null}
      <FormFault fault={fault} />
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onClose}>{dismiss ?? t.cancel}</Button>
        <Button type="submit" look={danger ? 'danger' : 'primary'} disabled={!ready || busy}>
          {action}
        </Button>
      </div>
    </form>
  );
}
