'use client';

import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes } from 'react';
import type { Fault } from '@/lib/api';
import { inputClass } from './controls';

interface Shared {
  label: string;
  /** The API's name of the field: an error about it is shown here. */
  name: string;
  fault?: Fault | null;
  hint?: ReactNode;
  /** Shows the label to screen readers only. */
  hideLabel?: boolean;
}

/** Whether an error is about a field or about something inside it, as filter.codes[2] is about filter. */
export function isAbout(fault: Fault | null | undefined, name: string): boolean {
  if (!fault) return false;
  return fault.field === name || fault.field.startsWith(name + '.') || fault.field.startsWith(name + '[');
}

function Frame({ label, name, fault, hint, hideLabel, children }: Shared & { children: (ids: Ids) => ReactNode }) {
  const id = useId();
  const wrong = isAbout(fault, name);
  const described = [hint ? `${id}-hint` : '', wrong ? `${id}-wrong` : ''].filter(Boolean).join(' ') || undefined;
  return (
    <div className="min-w-0">
      <label htmlFor={id} className={hideLabel ? 'sr-only' : 'mb-1 block text-xs font-medium text-muted'}>
        {label}
      </label>
      {children({ id, name, 'aria-invalid': wrong || undefined, 'aria-describedby': described })}
      {hint ? (
        <p id={`${id}-hint`} className="mt-1 text-xs text-muted">
          {hint}
        </p>
      ) : null}
      {wrong && fault ? (
        <p id={`${id}-wrong`} className="mt-1 text-xs text-warn">
          <span aria-hidden="true">⚠ </span>
          {fault.detail}
        </p>
      ) : null}
    </div>
  );
}

interface Ids {
  id: string;
  name: string;
  'aria-invalid': boolean | undefined;
  'aria-describedby': string | undefined;
}

/** An input with its label, and the server's objection where it has one. */
export function Field({ label, name, fault, hint, hideLabel, className = '', ...rest }: Shared & Omit<InputHTMLAttributes<HTMLInputElement>, 'name'>) {
  return (
    <Frame label={label} name={name} fault={fault} hint={hint} hideLabel={hideLabel}>
      {(ids) => <input {...rest} {...ids} className={`${inputClass} ${className}`} />}
    </Frame>
  );
}

/** A native select with its label. */
export function SelectField({
  label,
  name,
  fault,
  hint,
  hideLabel,
  options,
  ...rest
}: Shared & Omit<SelectHTMLAttributes<HTMLSelectElement>, 'name'> & { options: readonly { value: string; label: string }[] }) {
  return (
    <Frame label={label} name={name} fault={fault} hint={hint} hideLabel={hideLabel}>
      {(ids) => (
        <select {...rest} {...ids} className={inputClass}>
          {options.map((o) => (
            <option key={o.value} value={o.value}>
              {o.label}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
}

/** What was refused about no field in particular. */
export function FormFault({ fault, fields = [] }: { fault: Fault | null; fields?: readonly string[] }) {
  if (!fault || fields.some((name) => isAbout(fault, name))) return null;
  return (
    <p role="alert" className="rounded-control border border-warn-line bg-warn-surface px-3 py-2 text-xs text-warn">
      <span aria-hidden="true">⚠ </span>
      {fault.field ? `${fault.field}: ` : ''}
      {fault.detail}
    </p>
  );
}
