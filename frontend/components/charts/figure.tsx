'use client';

import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { useCommon } from '@/lib/words';

/** A chart's text alternative: the same data as a table. */
export interface TableOf {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

interface Props {
  /** What the chart shows, in a sentence: its conclusion first. */
  summary: string;
  /** The widest that it is drawn, in pixels; narrower where there is less room. */
  widest: number;
  height: number;
  table?: () => TableOf;
  /** Draws it at a width: a pixel of the page each, so that its text is never scaled. */
  children: (width: number) => ReactNode;
}

/** How wide an element may be, in pixels; the fallback until it is measured. */
function useRoom(fallback: number) {
  const ref = useRef<HTMLElement>(null);
  const [room, setRoom] = useState(fallback);
  useEffect(() => {
    const box = ref.current;
    if (!box || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setRoom(Math.floor(entry.contentRect.width));
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  return [ref, room] as const;
}

/** An SVG with its summary, which screen readers get, and its data as a table, which everybody can open. */
export function Figure({ summary, widest, height, table, children }: Props) {
  const id = useId();
  const [ref, room] = useRoom(widest);
  const width = Math.min(room, widest);
  return (
    <figure ref={ref} className="min-w-0">
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-labelledby={id} className="block max-w-full">
        <title id={id}>{summary}</title>
        {children(width)}
      </svg>
      {table ? <DataOf table={table} caption={summary} /> : null}
    </figure>
  );
}

/** The table is made when it is opened first: a year of days is a thousand cells, which few open. */
export function DataOf({ table, caption }: { table: () => TableOf; caption: string }) {
  const t = useCommon();
  const [opened, setOpened] = useState(false);
  return (
    <details className="mt-2 text-xs" onToggle={(event) => setOpened((was) => was || event.currentTarget.open)}>
      <summary className="link inline-block text-muted">{t.table}</summary>
      {opened ? <Rows table={table()} caption={caption} /> : null}
    </details>
  );
}

function Rows({ table, caption }: { table: TableOf; caption: string }) {
  return (
    <>
      {/* A scrolling box must be reachable by keyboard. */}
      <div tabIndex={0} role="region" aria-label={caption} className="mt-2 max-h-72 overflow-auto rounded-control border border-line">
        <table className="w-full">
          <caption className="sr-only">{caption}</caption>
          <thead>
            <tr>
              {table.head.map((h) => (
                <th key={h} scope="col" className="sticky top-0 bg-sunken px-2 py-1 text-left font-medium">
                  {h}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, i) => (
              <tr key={i} className="border-t border-line">
                {row.map((cell, j) => (
                  <td key={j} className="tabular px-2 py-1 whitespace-nowrap">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
