'use client';

import { useEffect, useRef, type ReactNode } from 'react';

/** A button that opens a small box below it; Escape, and a click elsewhere, close it. */
export function Menu({ label, button, children }: { label: string; button: ReactNode; children: ReactNode }) {
  const ref = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      if (ref.current?.open && !ref.current.contains(event.target as Node)) ref.current.open = false;
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, []);
  return (
    <details
      ref={ref}
      className="relative"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !ref.current?.open) return;
        ref.current.open = false;
        ref.current.querySelector('summary')?.focus();
      }}
    >
      <summary aria-label={label} className="flex min-h-9 min-w-9 items-center justify-center gap-1.5 rounded-control px-2 text-xs text-muted hover:bg-sunken hover:text-ink">
        {button}
      </summary>
      <div className="absolute right-0 z-40 mt-1 w-64 rounded-panel border border-line bg-surface p-3 shadow-xl">{children}</div>
    </details>
  );
}

/** A choice of a few, all of them seen. */
export function Choice<T extends string>({
  legend,
  value,
  options,
  onChange,
}: {
  legend: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}) {
  return (
    <fieldset>
      <legend className="mb-1 text-xs text-muted">{legend}</legend>
      <div className="flex rounded-control bg-sunken p-0.5">
        {options.map((o) => (
          <label
            key={o.value}
            className="flex min-h-8 flex-1 cursor-pointer items-center justify-center rounded-[0.3rem] px-2 text-xs whitespace-nowrap text-muted has-checked:bg-surface has-checked:font-medium has-checked:text-ink has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-focus"
          >
            <input type="radio" name={legend} value={o.value} checked={o.value === value} onChange={() => onChange(o.value)} className="sr-only" />
            {o.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
