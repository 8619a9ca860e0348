'use client';

import { useEffect, useState } from 'react';
import { IntervalDot } from '@/components/charts';
import { Foreign } from '@/components/marks';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { api, type PickedItem, type PreviewBody } from '@/lib/api';
import { formatCount, formatProbability, unknownMark } from '@/lib/format';
import { useApi, type Asked } from '@/lib/query';
import { useReason, useText } from '../words';
import { ruleRequest, wilson, type RuleForm } from './form';

/** A rule is previewed once its words have stood still for so many milliseconds. */
const still = 400;
/** Judged signals below which nothing is told from chance. */
const fewest = 30;

function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), still);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** What the rule would have made of the last 30 days. */
export function Preview({ rule, form }: { rule: Asked<unknown>; form: RuleForm | null }) {
  const t = useText();
  const reason = useReason();
  const asked = useSettled(form ? JSON.stringify(ruleRequest(form)) : '');
  const query = useApi<PreviewBody>(['rule', 'preview', asked], (init) => api.postAlertsRulePreview(JSON.parse(asked), init), { enabled: asked !== '' });
  const n = (value: number) => formatCount(value);
  // Without a rule there is nothing to preview: why it is not there is told instead.
  const shown: Asked<PreviewBody> = form ? query : { ...rule, data: undefined };
  return (
    <Panel title={t.preview} note={t.previewNote} query={shown} rows={6} empty={(p) => (p.candidates > 0 ? null : { because: t.previewNone })}>
      {(p) => {
        const rest = p.reasons.filter((r) => r.state !== 'due');
        return (
          <div className={query.isPlaceholderData ? 'opacity-60' : ''}>
            <p aria-live="polite" className="text-lg leading-snug font-semibold">{p.sent > 0 ? t.fired(p.days, n(p.sent)) : t.firedNone(p.days)}</p>
            <p className="tabular text-muted">{t.firedParts(n(p.signals), n(p.sent - p.signals), n(p.held))}</p>
            <Judged rows={p.judged} />
            {rest.length > 0 ? (
              <div className="mt-4 border-t border-line pt-3">
                <h3 className="text-xs font-medium text-muted">
                  {t.reasons30} · {t.candidates(n(p.candidates))}
                </h3>
                <dl className="mt-1.5 space-y-1 text-xs">
                  {rest.map((r) => (
                    <div key={`${r.state}-${r.reason}`} className="flex items-baseline justify-between gap-4">
                      <dt>
                        {r.state === 'held' ? `${t.states.held}: ` : ''}
                        <Foreign>{reason(r.reason)}</Foreign>
                      </dt>
                      <dd className="tabular font-medium whitespace-nowrap">{t.count(n(r.count))}</dd>
                    </div>
                  ))}
                </dl>
              </div>
            ) : null}
          </div>
        );
      }}
    </Panel>
  );
}

/** How the signals came out beside the two controls. */
function Judged({ rows }: { rows: readonly PickedItem[] }) {
  const t = useText();
  const n = (value: number) => formatCount(value);
  const own = rows.find((r) => r.chooser === 'sent');
  if (!own || own.picks === 0) return <p className="mt-3 text-muted">{t.judgedNone}</p>;
  const columns: Column<PickedItem>[] = [
    { key: 'who', head: t.chooser, lead: true, cell: (r) => <span className={r.chooser === 'sent' ? 'font-semibold' : ''}>{t.choosers[r.chooser]}</span> },
    {
      key: 'share',
      head: t.share,
      cell: (r) => {
        const range = wilson(r.right, r.picks);
        if (!range) return <span className="text-muted">{unknownMark}</span>;
        return (
          <div className="flex items-center gap-x-3 max-md:flex-wrap max-md:justify-end">
            <div className="w-24 shrink-0">
              <IntervalDot
                summary={t.shareSummary(t.choosers[r.chooser], n(r.right), n(r.picks), formatProbability(range.low), formatProbability(range.high))}
                value={r.right / r.picks}
                low={range.low}
                high={range.high}
                domain={[0, 1]}
                reference={r.base_rate}
              />
            </div>
            <span className="tabular text-xs whitespace-nowrap" aria-hidden="true">
              [{formatProbability(range.low)}, {formatProbability(range.high)}]
            </span>
          </div>
        );
      },
    },
    { key: 'n', head: t.rightHead, end: true, cell: (r) => <span className="tabular text-xs whitespace-nowrap">{r.picks > 0 ? t.rightOf(n(r.right), n(r.picks)) : unknownMark}</span> },
    { key: 'base', head: t.base, end: true, cell: (r) => <span className="tabular">{formatProbability(r.base_rate)}</span> },
  ];
  return (
    <div className="mt-4">
      <p className="tabular">
        {t.judged(n(own.picks), n(own.right))} {own.picks < fewest ? <span className="text-muted">{t.judgedFew(String(fewest))}</span> : null}
      </p>
      <DataTable caption={t.preview} columns={columns} rows={rows} rowKey={(r) => r.chooser} />
      <p className="mt-1 text-xs text-muted">{t.controlsNote}</p>
    </div>
  );
}
