'use client';

import { useState, type ReactNode } from 'react';
import { Button } from '@/components/controls';
import { Dialog } from '@/components/dialog';
import { Field, FormFault } from '@/components/field';
import { Badge, Foreign } from '@/components/marks';
import { DataTable, type Column } from '@/components/table';
import { useAnnounce, useToast } from '@/components/toast';
import { api, type ImportAnswer, type TrackedItem } from '@/lib/api';
import { formatCount, unknownMark } from '@/lib/format';
import { useChange } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { useAdminText } from '../actors';
import { changedFields, decode, padCodes, resultRows, shortCodes, stockFields, type Decoded, type Result, type ResultRow, type StockField } from './csv';
import { useText } from './words';

/** Characters that the API takes. */
const longest = 900_000;
const shownAtOnce = 100;
const shortShown = 5;

export function ImportDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useText();
  return (
    <Dialog open={open} onClose={onClose} title={t.importTitle}>
      <Import onClose={onClose} />
    </Dialog>
  );
}

/** A file, what it would come to, and only then the deed. */
function Import({ onClose }: { onClose: () => void }) {
  const t = useText();
  const common = useCommon();
  const toast = useToast();
  const announce = useAnnounce();
  const [file, setFile] = useState<Decoded | null>(null);
  const [wrong, setWrong] = useState('');
  const [pad, setPad] = useState(false);
  const [trial, setTrial] = useState<ImportAnswer | null>(null);
  const n = (value: number) => formatCount(value);
  const short = file ? shortCodes(file.text) : [];
  const csvOf = (of: Decoded, filled: boolean) => (filled ? padCodes(of.text, shortCodes(of.text)) : of.text);

  const dry = useChange((csv: string) => api.postAdminStocksImport({ csv, dry_run: true }), {
    onDone: (answer) => {
      setTrial(answer);
      announce(`${t.dryRun}: ${t.applied(n(answer.added), n(answer.changed), n(answer.unchanged), n(answer.refused_total))}`);
    },
  });
  const apply = useChange((csv: string) => api.postAdminStocksImport({ csv }), {
    invalidates: [['admin-stocks'], ['stocks']],
    onDone: (done) => toast(t.applied(n(done.added), n(done.changed), n(done.unchanged), n(done.refused_total))),
  });
  const [done, setDone] = useState<ImportAnswer | null>(null);

  const forget = () => {
    setTrial(null);
    setDone(null);
    setPad(false);
    setWrong('');
    dry.reset();
    apply.reset();
  };
  const read = async (chosen: File | undefined) => {
    forget();
    setFile(null);
    if (!chosen) return;
    const decoded = decode(new Uint8Array(await chosen.arrayBuffer()));
    if (!decoded) return setWrong(t.unreadable);
    if (decoded.text.trim() === '') return setWrong(t.emptyFile);
    if (decoded.text.length > longest) return setWrong(t.tooLong(n(longest)));
    setFile(decoded);
    await dry.run(decoded.text);
  };
  const fill = async (on: boolean) => {
    setPad(on);
    if (file) await dry.run(csvOf(file, on));
  };

  if (done) {
    return (
      <div className="space-y-3">
        <h3 className="font-medium">{t.appliedTitle}</h3>
        <p className="tabular">{t.applied(n(done.added), n(done.changed), n(done.unchanged), n(done.refused_total))}</p>
        <Lines answer={done} />
        <div className="flex justify-end gap-2">
          <Button
            onClick={() => {
              forget();
              setFile(null);
            }}
          >
            {t.another}
          </Button>
          <Button look="primary" onClick={onClose}>
            {common.close}
          </Button>
        </div>
      </div>
    );
  }
  const todo = trial ? trial.added + trial.changed : 0;
  return (
    <div className="space-y-4">
      <Field label={t.file} name="csv" type="file" accept=".csv,.txt,text/csv,text/plain" hint={t.fileHint} className="py-1.5" onChange={(e) => void read(e.target.files?.[0])} />
      {wrong ? (
        <p role="alert" className="rounded-control border border-warn-line bg-warn-surface px-3 py-2 text-xs text-warn">
          <span aria-hidden="true">⚠ </span>
          {wrong}
        </p>
      ) : null}
      <FormFault fault={dry.fault ?? apply.fault} />
      {file ? <p className="text-xs text-muted">{t.encoding(t.encodings[file.encoding])}</p> : null}
      {short.length > 0 ? (
        <fieldset className="rounded-control border border-warn-line bg-warn-surface px-3 py-2.5">
          <legend className="sr-only">{t.pad}</legend>
          <p className="text-xs text-warn">
            <span aria-hidden="true">⚠ </span>
            {t.short(n(short.length))}
          </p>
          <ul className="tabular mt-1 text-xs">
            {short.slice(0, shortShown).map((c) => (
              <li key={c.start}>{t.padOf(n(c.line), c.from, c.to)}</li>
            ))}
            {short.length > shortShown ? <li className="text-muted">{t.andMore(n(short.length - shortShown))}</li> : null}
          </ul>
          <label className="mt-1.5 flex min-h-8 items-center gap-2 font-medium">
            <input type="checkbox" className="size-4 accent-ink" checked={pad} disabled={dry.busy} onChange={(e) => void fill(e.target.checked)} />
            {t.pad}
          </label>
          <p className="text-xs text-muted">{t.padNote}</p>
        </fieldset>
      ) : null}
      {dry.busy ? (
        <p role="status" className="text-muted">
          {t.reading}
        </p>
      ) : null}
      {trial && file && !dry.fault ? (
        <>
          <div>
            <h3 className="font-medium">{t.dryRun}</h3>
            <p className="text-xs text-muted">{t.dryRunNote}</p>
          </div>
          <Lines answer={trial} />
          {trial.refused_total > 0 ? <p className="text-xs text-warn">⚠ {t.skipRefused(n(trial.refused_total))}</p> : null}
          {todo === 0 ? <p className="text-xs text-muted">{t.nothingToDo}</p> : null}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>{common.cancel}</Button>
            <Button look="primary" disabled={todo === 0 || dry.busy || apply.busy} onClick={() => void apply.run(csvOf(file, pad)).then((answer) => answer && setDone(answer))}>
              {t.apply(n(trial.added), n(trial.changed))}
            </Button>
          </div>
        </>
      ) : null}
    </div>
  );
}

const results: readonly Result[] = ['added', 'changed', 'unchanged', 'refused'];

/** What each line comes to, with how many of each kind. */
function Lines({ answer }: { answer: ImportAnswer }) {
  const t = useText();
  const common = useCommon();
  const [only, setOnly] = useState<Result | ''>('');
  const [shown, setShown] = useState(shownAtOnce);
  const counts: Record<Result, number> = { added: answer.added, changed: answer.changed, unchanged: answer.unchanged, refused: answer.refused_total };
  const all = resultRows(answer);
  const rows = all.filter((r) => only === '' || r.result === only);
  const total = results.reduce((sum, r) => sum + counts[r], 0);
  const columns: Column<ResultRow>[] = [
    { key: 'line', head: t.line, end: true, cell: (r) => <span className="tabular text-xs">{formatCount(r.line)}</span> },
    { key: 'result', head: t.result, cell: (r) => <Badge tone={r.result === 'refused' ? 'warn' : r.result === 'unchanged' ? 'plain' : 'strong'}>{t.results[r.result]}</Badge> },
    {
      key: 'stock',
      head: t.stock,
      lead: true,
      cell: (r) =>
        r.after ? (
          <span>
            <Foreign>{r.after.name}</Foreign> <span className="tabular text-xs text-muted">{r.after.code}</span>
          </span>
        ) : (
          <span className="text-muted">{unknownMark}</span>
        ),
    },
    { key: 'change', head: t.change, cell: (r) => <What row={r} /> },
  ];
  return (
    <div className="space-y-2">
      <div role="group" aria-label={t.result} className="flex flex-wrap gap-1.5">
        <Button look={only === '' ? 'primary' : 'secondary'} aria-pressed={only === ''} onClick={() => setOnly('')}>
          {t.showAll} {formatCount(total)}
        </Button>
        {results.map((r) => (
          <Button key={r} look={only === r ? 'primary' : 'secondary'} aria-pressed={only === r} disabled={counts[r] === 0} onClick={() => setOnly(r)}>
            {t.results[r]} {formatCount(counts[r])}
          </Button>
        ))}
      </div>
      <DataTable caption={t.dryRun} columns={columns} rows={rows.slice(0, shown)} rowKey={(r) => `${r.line} ${r.result}`} />
      {rows.length > shown ? <Button onClick={() => setShown(shown + shownAtOnce)}>{common.more}</Button> : null}
      {total > all.length ? <p className="text-xs text-muted">{t.linesHidden(formatCount(total - all.length))}</p> : null}
    </div>
  );
}

function What({ row }: { row: ResultRow }) {
  const t = useText();
  const admin = useAdminText();
  const value = (s: TrackedItem, f: StockField): string =>
    f === 'aliases' ? s.aliases.join(', ') || t.noAliases : f === 'active' ? (s.active ? admin.yes : admin.no) : String(s[f]);
  const item = (f: StockField, content: ReactNode) => (
    <li key={f}>
      <span className="text-muted">{t.fields[f]}</span> {content}
    </li>
  );
  if (row.result === 'refused') return <span className="text-xs text-warn">{row.why}</span>;
  if (!row.after || row.result === 'unchanged') return <span className="text-xs text-muted">{unknownMark}</span>;
  const { before, after } = row;
  return (
    <ul className="text-xs">
      {before
        ? changedFields(before, after).map((f) =>
            item(
              f,
              <>
                <del className="text-muted">
                  <Foreign>{value(before, f)}</Foreign>
                </del>{' '}
                <span aria-hidden="true">→</span>{' '}
                <ins className="font-medium no-underline">
                  <Foreign>{value(after, f)}</Foreign>
                </ins>
              </>,
            ),
          )
        : stockFields.filter((f) => f !== 'name').map((f) => item(f, <Foreign>{value(after, f)}</Foreign>))}
    </ul>
  );
}
