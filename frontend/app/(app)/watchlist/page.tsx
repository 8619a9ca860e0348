'use client';

import { useEffect, useRef, useState } from 'react';
import { Button } from '@/components/controls';
import { FormFault } from '@/components/field';
import { StockLink } from '@/components/marks';
import { Choice } from '@/components/menu';
import { Page } from '@/components/page';
import { EmptyNote, Panel } from '@/components/panel';
import { useAnnounce } from '@/components/toast';
import { api, type Fault, type PutWatchlistRequest, type StockRef, type WatchlistBody } from '@/lib/api';
import { formatCount } from '@/lib/format';
import { useApi, useChange } from '@/lib/query';
import { AddStock, Paste } from './add';
import { moved, mostStocks, refusedCode, requestOf } from './codes';
import { useText } from './words';

/** A change is saved once the list has stood still for so many milliseconds: whoever moves a stock moves it often. */
const still = 600;
const mostUndos = 30;

interface Undo {
  before: WatchlistBody;
  what: string;
}

export default function WatchlistPage() {
  const t = useText();
  const announce = useAnnounce();
  const query = useApi<WatchlistBody>(['watchlist'], (init) => api.getWatchlist(init));
  const put = useChange((body: PutWatchlistRequest) => api.putWatchlist(body), { invalidates: [['watchlist'], ['rule'], ['dashboard']] });
  const [draft, setDraft] = useState<WatchlistBody | null>(null);
  const [undos, setUndos] = useState<Undo[]>([]);
  const list = draft ?? query.data;

  const change = (next: WatchlistBody, what: string) => {
    if (!list) return;
    const before = list;
    setUndos((all) => [...all.slice(1 - mostUndos), { before, what }]);
    setDraft(next);
    put.reset();
    if (what) announce(what);
  };
  const undo = () => {
    const last = undos.at(-1);
    if (!last) return;
    setUndos(undos.slice(0, -1));
    setDraft(last.before);
    put.reset();
    announce(t.undone);
  };
  const { run, busy, fault } = put;
  useEffect(() => {
    // One after the other, so that the last one wins; what was refused waits for another change.
    if (!draft || busy || fault) return;
    const timer = setTimeout(() => {
      void run(requestOf(draft)).then((answer) => {
        // What was changed meanwhile stays, and is saved in its turn.
        if (answer) setDraft((now) => (now === draft ? null : now));
      });
    }, still);
    return () => clearTimeout(timer);
  }, [draft, run, busy, fault]);

  const add = (stocks: readonly StockRef[]) => {
    if (!list) return;
    const known = new Set(list.stocks.map((s) => s.code));
    const fresh = stocks.filter((s) => !known.has(s.code)).slice(0, mostStocks - list.stocks.length);
    if (fresh.length > 0) change({ ...list, stocks: [...list.stocks, ...fresh.map((s) => ({ ...s, alerts: true }))] }, t.addedNow(fresh.map((s) => s.name).join(', ')));
  };

  return (
    <Page title={t.title} lead={t.lead}>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Panel
          title={t.list}
          query={query}
          rows={6}
          note={list ? t.count(formatCount(list.stocks.length), formatCount(mostStocks)) : undefined}
          actions={
            list ? (
              <div className="w-64 max-w-full">
                <Choice
                  legend={t.scope}
                  value={list.all ? 'all' : 'list'}
                  options={(['list', 'all'] as const).map((value) => ({ value, label: t.scopes[value] }))}
                  onChange={(value) => change({ ...list, all: value === 'all' }, t.scopes[value])}
                />
              </div>
            ) : null
          }
        >
          {() =>
            list ? (
              <>
                {list.all ? <p className="mb-2 text-xs text-muted">{t.allNote}</p> : null}
                {list.stocks.length === 0 ? <EmptyNote empty={{ because: list.all ? t.emptyAll : t.empty }} /> : <Rows list={list} onChange={change} />}
                <Refusal fault={put.fault} list={list} onChange={change} />
                <div className="mt-3 flex flex-wrap items-center gap-2 border-t border-line pt-3 text-xs text-muted">
                  <Button disabled={undos.length === 0} onClick={undo}>
                    {t.undo}
                  </Button>
                  {put.fault ? (
                    <Button
                      look="quiet"
                      onClick={() => {
                        setDraft(null);
                        put.reset();
                      }}
                    >
                      {t.discard}
                    </Button>
                  ) : null}
                  <span role="status">{put.fault ? t.notSaved : put.busy || draft ? t.saving : undos.length > 0 ? `${undos.at(-1)?.what ?? ''} ${t.saved}` : ''}</span>
                  {list.stocks.length > 1 ? <span className="ml-auto max-sm:hidden">{t.keys}</span> : null}
                </div>
              </>
            ) : null
          }
        </Panel>
        <div className="space-y-4">
          <AddStock list={list} onAdd={(stock) => add([stock])} />
          <Paste list={list} onAdd={add} />
        </div>
      </div>
    </Page>
  );
}

/** Why the list was not saved; a stock that nobody knows can be taken off at once. */
function Refusal({ fault, list, onChange }: { fault: Fault | null; list: WatchlistBody; onChange: (next: WatchlistBody, what: string) => void }) {
  const t = useText();
  const code = fault?.field === 'codes' ? refusedCode(fault.detail, list.stocks.map((s) => s.code)) : null;
  if (!fault) return null;
  if (code === null) return <FormFault fault={fault} />;
  return (
    <div role="alert" className="mt-2 flex flex-wrap items-center justify-between gap-2 rounded-control border border-warn-line bg-warn-surface px-3 py-2 text-xs text-warn">
      <p>
        <span aria-hidden="true">⚠ </span>
        {t.unknownCode(code)}
      </p>
      <Button onClick={() => onChange({ ...list, stocks: list.stocks.filter((s) => s.code !== code) }, t.removed(code))}>{t.saveWithout(code)}</Button>
    </div>
  );
}

function Rows({ list, onChange }: { list: WatchlistBody; onChange: (next: WatchlistBody, what: string) => void }) {
  const t = useText();
  const buttons = useRef(new Map<string, HTMLButtonElement>());
  const wanted = useRef<string | null>(null);
  // A row that moves takes the focus with it: the browser drops it with the moved element.
  useEffect(() => {
    if (wanted.current === null) return;
    buttons.current.get(wanted.current)?.focus();
    wanted.current = null;
  }, [list]);

  const move = (index: number, by: -1 | 1, button: 'up' | 'down') => {
    const stock = list.stocks[index];
    const to = index + by;
    if (!stock || to < 0 || to >= list.stocks.length) return;
    // The button at an end is disabled: its neighbour takes over.
    wanted.current = `${to === 0 ? 'down' : to === list.stocks.length - 1 ? 'up' : button} ${stock.code}`;
    onChange({ ...list, stocks: moved(list.stocks, index, by) }, t.movedTo(stock.name, String(to + 1)));
  };
  const remove = (index: number) => {
    const stock = list.stocks[index];
    if (!stock) return;
    const next = list.stocks[index + 1] ?? list.stocks[index - 1];
    if (next) wanted.current = `remove ${next.code}`;
    onChange({ ...list, stocks: list.stocks.filter((_, i) => i !== index) }, t.removed(stock.name));
  };
  const switchAlerts = (index: number) => {
    const stock = list.stocks[index];
    if (!stock) return;
    const alerts = !stock.alerts;
    onChange({ ...list, stocks: list.stocks.map((s, i) => (i === index ? { ...s, alerts } : s)) }, alerts ? t.alertsNowOn(stock.name) : t.alertsNowOff(stock.name));
  };
  const hold = (name: string) => (element: HTMLButtonElement | null) => {
    if (element) buttons.current.set(name, element);
    else buttons.current.delete(name);
  };
  return (
    <ol className="divide-y divide-line">
      {list.stocks.map((s, i) => (
        <li
          key={s.code}
          className="flex items-center gap-x-2 py-1.5 max-sm:flex-wrap"
          onKeyDown={(event) => {
            if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
            event.preventDefault();
            move(i, event.key === 'ArrowUp' ? -1 : 1, event.key === 'ArrowUp' ? 'up' : 'down');
          }}
        >
          <span aria-hidden="true" className="tabular w-7 shrink-0 text-right text-xs text-muted">
            {i + 1}
          </span>
          <span className="min-w-0 flex-1 max-sm:basis-4/5">
            <StockLink code={s.code} name={s.name} />
          </span>
          <AlertSwitch name={s.name} on={s.alerts} onChange={() => switchAlerts(i)} />
          <Button look="quiet" ref={hold(`up ${s.code}`)} aria-label={t.up(s.name)} disabled={i === 0} onClick={() => move(i, -1, 'up')}>
            ↑
          </Button>
          <Button look="quiet" ref={hold(`down ${s.code}`)} aria-label={t.down(s.name)} disabled={i === list.stocks.length - 1} onClick={() => move(i, 1, 'down')}>
            ↓
          </Button>
          <Button look="quiet" ref={hold(`remove ${s.code}`)} aria-label={t.removeOf(s.name)} onClick={() => remove(i)}>
            {t.remove}
          </Button>
        </li>
      ))}
    </ol>
  );
}

/** Whether a stock that is watched is alerted of. */
function AlertSwitch({ name, on, onChange }: { name: string; on: boolean; onChange: () => void }) {
  const t = useText();
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={t.alertsOf(name)}
      title={on ? t.alertsOn : t.alertsOff}
      onClick={onChange}
      className="inline-flex min-h-9 shrink-0 items-center gap-1.5 rounded-control px-1.5 text-xs text-muted hover:bg-sunken hover:text-ink max-sm:ml-8"
    >
      <svg aria-hidden="true" viewBox="0 0 30 18" className="h-4.5 w-7.5 shrink-0">
        <rect x="1" y="1" width="28" height="16" rx="8" className={on ? 'fill-ink stroke-ink' : 'fill-none stroke-muted'} strokeWidth="1.5" />
        <circle cx={on ? 21 : 9} cy="9" r="5" className={on ? 'fill-surface' : 'fill-muted'} />
      </svg>
      <span aria-hidden="true" className="max-sm:hidden">
        {on ? t.alertsOn : t.alertsOff}
      </span>
    </button>
  );
}
