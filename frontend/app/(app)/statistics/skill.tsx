'use client';

import { IntervalDot } from '@/components/charts';
import { Button } from '@/components/controls';
import { AiMark, Badge } from '@/components/marks';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import type { RecordItem, StatisticsPage } from '@/lib/api';
import { formatCount, formatDecimal, unknownMark } from '@/lib/format';
import type { Asked } from '@/lib/query';
import { progressOf, recordKey, skillDomain, sortRecords } from './records';
import { useProgressWords } from './verdict';
import { useText } from './words';

/** Beyond it more evidence says nothing more. */
const mostEvidence = 1000;

interface Props {
  statistics: Asked<StatisticsPage>;
  chosen: RecordItem | null;
  onChoose: (key: string) => void;
}

export function Records({ statistics, chosen, onChoose }: Props) {
  const t = useText();
  const live = (d: StatisticsPage) => sortRecords(d.items.filter((r) => r.origin === 'live'));
  return (
    <Panel title={t.skill} note={t.skillNote} query={statistics} rows={6} empty={(d) => (live(d).length > 0 ? null : { because: t.skillEmpty })}>
      {(d) => <RecordTable caption={t.skill} records={live(d)} chosen={chosen} onChoose={onChoose} />}
    </Panel>
  );
}

/** What was said in walks through history: in a box of its own that looks unlike the others. */
export function Backtests({ statistics, chosen, onChoose }: Props) {
  const t = useText();
  const walks = (d: StatisticsPage) => sortRecords(d.items.filter((r) => r.origin === 'backtest'));
  return (
    <div className="rounded-panel border-2 border-dashed border-line p-1">
      <Panel
        title={t.backtest}
        note={t.backtestNote}
        query={statistics}
        rows={4}
        actions={<Badge>{t.backtestBadge}</Badge>}
        empty={(d) => (walks(d).length > 0 ? null : { because: t.backtestEmpty })}
      >
        {(d) => <RecordTable caption={t.backtest} records={walks(d)} chosen={chosen} onChoose={onChoose} />}
      </Panel>
    </div>
  );
}

export function ModelName({ record }: { record: RecordItem }) {
  const t = useText();
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2 gap-y-1">
      <span className="font-medium">{record.model.name}</span>
      {record.model.role === 'challenger' ? <span className="text-xs text-muted">{t.roles.challenger}</span> : <Badge tone={record.model.role === 'champion' ? 'strong' : 'plain'}>{t.roles[record.model.role]}</Badge>}
      {record.model.kind === 'llm' ? <AiMark /> : null}
    </span>
  );
}

function RecordTable({ caption, records, chosen, onChoose }: { caption: string; records: RecordItem[]; chosen: RecordItem | null; onChoose: (key: string) => void }) {
  const t = useText();
  const domain = skillDomain(records);
  const columns: Column<RecordItem>[] = [
    {
      key: 'model',
      head: t.model,
      lead: true,
      cell: (r) => <ModelName record={r} />,
    },
    { key: 'horizon', head: t.horizon, cell: (r) => <span className="whitespace-nowrap">{t.horizonOf(r.horizon)}</span> },
    { key: 'skill', head: t.skillColumn, cell: (r) => <Skill record={r} domain={domain} /> },
    {
      key: 'record',
      head: t.record,
      end: true,
      cell: (r) => (
        <span className="tabular text-xs text-muted">
          <span className="whitespace-nowrap md:block">{t.stockDays(formatCount(r.stock_days))}</span> <span className="whitespace-nowrap md:block">{t.days(formatCount(r.days))}</span>
        </span>
      ),
    },
    {
      key: 'evidence',
      head: t.evidence,
      end: true,
      cell: (r) => (r.evidence === null || r.model.kind === 'baseline' ? unknownMark : <span className="tabular text-xs whitespace-nowrap">{t.evidenceOf(r.evidence >= mostEvidence ? `>${formatCount(mostEvidence)}` : formatDecimal(r.evidence, 1), String(r.threshold))}</span>),
    },
    {
      key: 'state',
      head: t.state,
      cell: (r) => (
        <span className="inline-flex flex-wrap items-center gap-1">
          {r.model.kind === 'baseline' ? <Badge>{t.reference}</Badge> : <Badge tone={r.verdict === 'skill shown' ? 'strong' : 'plain'}>{t.states[r.verdict]}</Badge>}
          {r.drift.length > 0 ? <Badge tone="warn">{t.drift}</Badge> : null}
        </span>
      ),
    },
    {
      key: 'show',
      head: t.show,
      end: true,
      cell: (r) =>
        chosen && recordKey(chosen) === recordKey(r) ? (
          <span className="inline-flex min-h-9 items-center text-xs text-muted">{t.shown}</span>
        ) : (
          <Button look="quiet" aria-label={`${t.show}: ${r.model.name} ${t.horizonOf(r.horizon)}`} onClick={() => onChoose(recordKey(r))}>
            {t.show}
          </Button>
        ),
    },
  ];
  return <DataTable caption={caption} columns={columns} rows={records} rowKey={recordKey} />;
}

/** A skill with its interval, or how far it is from having one. */
function Skill({ record, domain }: { record: RecordItem; domain: [number, number] }) {
  const t = useText();
  const progressWords = useProgressWords();
  const progress = progressOf(record);
  const words = progressWords(record);
  if (progress && words) {
    return (
      <div className="min-w-48 text-xs text-muted">
        <progress
          className="block h-1 w-full appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-muted [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-muted"
          max={1}
          value={Math.min(progress.have / progress.needed, progress.days / progress.neededDays)}
          aria-label={words.progress}
        />
        <span className="tabular mt-1 block">{words.progress}</span>
        <span className="tabular block">{words.left}</span>
      </div>
    );
  }
  const s = record.skill;
  const [value, low, high] = [s?.value ?? null, s?.low ?? null, s?.high ?? null];
  return (
    <div className="flex items-center gap-x-3 max-md:flex-wrap max-md:justify-end">
      <div className="w-28 shrink-0 xl:w-36">
        <IntervalDot
          summary={t.skillSummary(record.model.name, t.horizonOf(record.horizon), formatDecimal(value, 3), formatDecimal(low, 3), formatDecimal(high, 3))}
          value={value}
          low={low}
          high={high}
          domain={domain}
        />
      </div>
      <span className="tabular text-xs whitespace-nowrap" aria-hidden="true">
        <span className="text-sm font-semibold">{formatDecimal(value, 3)}</span> <span className="text-muted">{t.interval(formatDecimal(low, 3), formatDecimal(high, 3))}</span>
      </span>
    </div>
  );
}
