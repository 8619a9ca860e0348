'use client';

import { Panel } from '@/components/panel';
import type { RecordItem, StatisticsPage } from '@/lib/api';
import { formatCount, formatDecimal } from '@/lib/format';
import type { Asked } from '@/lib/query';
import { progressOf, verdictOf } from './records';
import { useText } from './words';

/** How far a collecting record is, and how long it takes, in words. */
export function useProgressWords(): (r: RecordItem) => { progress: string; left: string } | null {
  const t = useText();
  const n = (value: number) => formatCount(value);
  return (r) => {
    const p = progressOf(r);
    if (!p) return null;
    const left = p.atLeast ? t.leftAtLeast(n(p.left)) : t.left(n(p.left));
    return { progress: t.reasonCollecting(n(p.have), n(p.needed), n(p.days), n(p.neededDays)), left };
  };
}

/** The page in one sentence, and why, horizon by horizon. */
export function Verdict({ statistics }: { statistics: Asked<StatisticsPage> }) {
  const t = useText();
  const progressWords = useProgressWords();
  const reason = (r: RecordItem): string => {
    const collecting = progressWords(r);
    if (collecting) return `${collecting.progress} · ${collecting.left}`;
    const [low, high] = [formatDecimal(r.skill?.low, 3), formatDecimal(r.skill?.high, 3)];
    const words = r.verdict === 'skill shown' ? t.reasonShown(low, high) : r.skill?.low === null || !r.skill ? t.reasonNoneUnranged : t.reasonNone(low, high);
    return r.note ? `${words}. ${t.tooFewDays}` : words;
  };
  return (
    <Panel
      title={t.verdict}
      query={statistics}
      rows={4}
      empty={(d) => (verdictOf(d.items).records.length > 0 ? null : { because: t.championsEmpty })}
    >
      {(d) => {
        const v = verdictOf(d.items);
        const shown = v.records.filter((r) => r.verdict === 'skill shown').map((r) => t.horizonOf(r.horizon));
        return (
          <>
            <p className="max-w-3xl text-xl font-semibold tracking-tight text-balance">{v.kind === 'shown' ? t.verdicts.shown(shown.join(' · ')) : t.verdicts[v.kind]}</p>
            <dl className="tabular mt-3 grid gap-x-4 gap-y-1 text-sm sm:grid-cols-[max-content_minmax(0,1fr)]">
              {v.records.map((r) => (
                <div key={r.horizon} className="sm:contents max-sm:pb-1">
                  <dt className="font-medium">{t.horizonOf(r.horizon)}</dt>
                  <dd className="text-muted">{reason(r)}</dd>
                </div>
              ))}
            </dl>
            <p className="mt-3 max-w-3xl text-xs text-muted">{t.verdictRule(String(v.records[0]?.threshold ?? ''))}</p>
          </>
        );
      }}
    </Panel>
  );
}
