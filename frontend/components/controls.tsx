import Link from 'next/link';
import type { ComponentProps, ReactNode } from 'react';

type Look = 'primary' | 'secondary' | 'quiet' | 'danger';

const base =
  'inline-flex min-h-9 items-center justify-center gap-1.5 rounded-control px-3 text-xs font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-55';
const looks: Record<Look, string> = {
  primary: 'bg-ink text-page hover:bg-ink/85',
  secondary: 'border border-control/60 bg-surface text-ink hover:bg-sunken',
  quiet: 'text-muted hover:bg-sunken hover:text-ink',
  danger: 'border border-warn bg-warn-surface text-warn hover:border-ink',
};

export function Button({ look = 'secondary', className = '', ...rest }: ComponentProps<'button'> & { look?: Look }) {
  return <button type="button" className={`${base} ${looks[look]} ${className}`} {...rest} />;
}

/** A link that looks like a button: it goes somewhere, it does nothing. */
export function ButtonLink({ href, look = 'secondary', children }: { href: string; look?: Look; children: ReactNode }) {
  return (
    <Link href={href} prefetch={false} className={`${base} ${looks[look]}`}>
      {children}
    </Link>
  );
}

/** How inputs, selects and text areas look. */
export const inputClass =
  'min-h-9 w-full rounded-control border border-control bg-surface px-2.5 text-sm text-ink placeholder:text-muted disabled:opacity-60 aria-invalid:border-warn';
