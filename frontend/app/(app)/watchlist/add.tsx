'use client';

import { useEffect, useId, useState } from 'react';
import { Button, inputClass } from '@/components/controls';
import { Field } from '@/components/field';
import { Delta, Foreign, Price } from '@/components/marks';
import { Panel } from '@/components/panel';
import { api, type StockItem, type StockRef, type WatchlistBody } from '@/lib/api';
import { formatCount } from '@/lib/format';
import { useApi } from '@/lib/query';
import { mostStocks, parseCodes } from './codes';
import { useText } from './words';

const found = 8;
/** A search goes out once the typing has rested for so many milliseconds. */
const still = 200;

export function AddStock({ list, onAdd }: { list: WatchlistBody | undefined; onAdd: (stock: StockRef) => void }) {
  const t = useText();
  const [text, setText] = useState('');
  const [q, setQ] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setQ(text.trim()), still);
    return () => clearTimeout(timer);
  }, [text]);
  const query = useApi<StockItem[]>(['stocks', 'watchlist', q], async (init) => (q === '' ? [] : (await api.getStocks({ q, active: true, limit: found }, init)).items));
  const known = new Set(list?.stocks.map((s) => s.code));
  const full = (list?.stocks.length ?? 0) >= mostStocks;
  return (
    <Panel title={t.add} query={query} rows={2}>
      {(stocks) => (
        <>
          <form
            role="search"
            aria-label={t.add}
            onSubmit={(event) => {
              event.preventDefault();
              const first = stocks.find((s) => !known.has(s.code));
              if (first && q === text.trim() && !query.isPlaceholderData && !full) onAdd({ code: first.code, name: first.name });
            }}
          >
            <Field label={t.search} name="q" type="search" autoComplete="off" placeholder={t.searchHint} value={text} maxLength={50} onChange={(e) => setText(e.target.value)} />
          </form>
          {q !== '' && stocks.length === 0 ? <p className="mt-2 text-muted">{t.searchEmpty}</p> : null}
          <ul className={`mt-2 divide-y divide-line ${query.isPlaceholderData ? 'opacity-60' : ''}`}>
            {stocks.map((s) => (
              <li key={s.code} className="flex items-center gap-3 py-1.5">
                <span className="min-w-0 flex-1">
                  <span className="font-medium">
                    <Foreign>{s.name}</Foreign>
                  </span>{' '}
                  <span className="tabular text-xs text-muted">
                    {s.code} {s.market}
                  </span>
                  <span className="ml-2 text-xs">
                    <Price won={s.last_close} /> <Delta value={s.change_pct} />
                  </span>
                </span>
                {known.has(s.code) ? (
                  <span className="inline-flex min-h-9 items-center text-xs text-muted">✓ {t.added}</span>
                ) : (
                  <Button disabled={full} aria-label={`${s.name} ${t.addOne}`} onClick={() => onAdd({ code: s.code, name: s.name })}>
                    {t.addOne}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

/** Takes many codes at once; says what it makes of them before it does. */
export function Paste({ list, onAdd }: { list: WatchlistBody | undefined; onAdd: (stocks: readonly StockRef[]) => void }) {
  const t = useText();
  const id = useId();
  const [text, setText] = useState('');
  const pasted = parseCodes(text);
  const known = new Set(list?.stocks.map((s) => s.code));
  const fresh = pasted.codes.filter((c) => !known.has(c));
  const tooMany = (list?.stocks.length ?? 0) + fresh.length > mostStocks;
  const n = (value: number) => formatCount(value);
  return (
    <details className="rounded-panel border border-line bg-surface px-4 py-3">
      <summary className="text-sm font-semibold">{t.paste}</summary>
      <form
        className="mt-2 space-y-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (fresh.length === 0 || tooMany) return;
          // Names come with the answer.
          onAdd(fresh.map((code) => ({ code, name: code })));
          setText('');
        }}
      >
        <label htmlFor={id} className="block text-xs font-medium text-muted">
          {t.pasteLabel}
        </label>
        <textarea id={id} value={text} rows={4} maxLength={10_000} spellCheck={false} aria-describedby={`${id}-hint`} onChange={(e) => setText(e.target.value)} className={`${inputClass} tabular py-2`} />
        <p id={`${id}-hint`} className="text-xs text-muted">
          {t.pasteHint}
        </p>
        {text.trim() ? (
          <div role="status" className="space-y-0.5 text-xs">
            <p className="tabular">{t.pasteCount(n(fresh.length), n(pasted.codes.length - fresh.length))}</p>
            {pasted.padded.length > 0 ? <p className="tabular text-muted">{t.pastePadded(pasted.padded.map((p) => `${p.from} → ${p.to}`).join(', '))}</p> : null}
            {pasted.refused.length > 0 ? (
              <p className="line-clamp-3 text-warn">
                <Foreign>{t.pasteRefused(pasted.refused.join(', '))}</Foreign>
              </p>
            ) : null}
            {tooMany ? <p className="text-warn">{t.pasteTooMany(n(mostStocks))}</p> : null}
          </div>
        ) : null}
        <Button type="submit" disabled={fresh.length === 0 || tooMany}>
          {t.pasteApply(n(fresh.length))}
        </Button>
      </form>
    </details>
  );
}
