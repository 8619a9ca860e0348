'use client';

import type { ReactNode } from 'react';

export interface Column<T> {
  key: string;
  head: string;
  cell: (row: T) => ReactNode;
  /** Numbers stand at the end of their cell. */
  end?: boolean;
  /** On a phone the row's heading: the cell without its column's name. One per table. */
  lead?: boolean;
}

/**
 * A table; on a phone each row becomes a small list of name and value, so that nothing is wider than the screen.
 */
export function DataTable<T>({
  caption,
  columns,
  rows,
  rowKey,
}: {
  /** Said to screen readers. */
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string | number;
}) {
  return (
    <table role="table" className="w-full border-collapse text-sm max-md:block">
      <caption className="sr-only">{caption}</caption>
      <thead role="rowgroup" className="max-md:sr-only">
        <tr role="row" className="border-b border-line">
          {columns.map((c) => (
            <th
              key={c.key}
              role="columnheader"
              scope="col"
              className={`px-2 pb-1.5 text-2xs font-medium text-muted first:pl-0 last:pr-0 ${c.end ? 'text-right' : 'text-left'}`}
            >
              {c.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup" className="max-md:block">
        {rows.map((row) => (
          <tr role="row" key={rowKey(row)} className="border-b border-line last:border-0 max-md:block max-md:py-2">
            {columns.map((c) => (
              <td
                key={c.key}
                role="cell"
                className={`py-2 align-baseline md:px-2 md:first:pl-0 md:last:pr-0 ${c.end ? 'md:text-right' : ''} max-md:flex max-md:items-baseline max-md:justify-between max-md:gap-4 max-md:py-0.5`}
              >
                {c.lead ? null : (
                  <span aria-hidden="true" className="max-w-2/5 shrink-0 text-xs text-muted md:hidden">
                    {c.head}
                  </span>
                )}
                <div className={`min-w-0 ${c.lead ? 'font-medium' : 'max-md:text-right'}`}>{c.cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
