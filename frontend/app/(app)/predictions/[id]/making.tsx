'use client';

import Link from 'next/link';
import type { ReactNode } from 'react';
import { usePredictionText } from '@/components/forecast/words';
import { Button } from '@/components/controls';
import { AiMark, Badge, Delta, Foreign } from '@/components/marks';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import type { GenerationItem, PredictionAnswer, RequestItem } from '@/lib/api';
import { includesRole, useAuth } from '@/lib/auth';
import { formatCount, formatDuration, formatProbability } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import type { Asked } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { costOf } from './says';

interface Part {
  prediction: Asked<PredictionAnswer>;
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[7.5rem_minmax(0,1fr)] gap-x-3 py-1.5">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="min-w-0 text-xs">{children}</dd>
    </div>
  );
}

/** A hash, whole, with a button that takes it along. */
function Hash({ value, name }: { value: string; name: string }) {
  const t = usePredictionText();
  const toast = useToast();
  const copy = () => {
    // There is no clipboard on a page that came without TLS.
    const written = navigator.clipboard?.writeText(value) ?? Promise.reject(new Error('no clipboard'));
    written.then(
      () => toast(t.detail.copied),
      () => toast(t.detail.copyFailed, 'warn'),
    );
  };
  return (
    <span className="flex items-start justify-between gap-2">
      <code className="min-w-0 break-all">{value}</code>
      <Button look="quiet" className="-my-1.5 shrink-0" aria-label={`${t.detail.copy}: ${name}`} onClick={copy}>
        {t.detail.copy}
      </Button>
    </span>
  );
}

/** Who made it, from what, and what that took. */
export function Making({ prediction }: Part) {
  const t = usePredictionText();
  const locale = useLocale();
  const { user } = useAuth();
  return (
    <Panel title={t.detail.making} query={prediction} rows={8}>
      {(p) => (
        <>
          <dl className="divide-y divide-line">
            <Line name={t.detail.model}>
              <span className="inline-flex flex-wrap items-baseline gap-x-2">
                <span className="font-medium">{p.model.name}</span>
                {p.model.kind === 'llm' ? <AiMark /> : null}
                <Badge>{t.roles[p.model.role]}</Badge>
                <span className="text-muted">
                  {t.kinds[p.model.kind] ?? p.model.kind} · {p.model.version}
                </span>
              </span>
            </Line>
            <Line name={t.detail.asOf}>
              <Time at={p.as_of} as="exact" />
              <p className="text-muted">{t.detail.asOfNote}</p>
            </Line>
            <Line name={t.detail.madeAt}>
              <Time at={p.made_at} as="exact" />
            </Line>
            {p.note || p.call.note ? (
              <Line name={t.detail.note}>
                <Foreign>{[p.note, p.call.note].filter(Boolean).join(' ')}</Foreign>
              </Line>
            ) : null}
            <Line name={t.detail.panel}>{t.detail.panelDays(formatCount(p.evidence.panel_days))}</Line>
            {p.evidence.raw_probability !== null ? <Line name={t.detail.raw}>{formatProbability(p.evidence.raw_probability)}</Line> : null}
            {p.evidence.embedder ? (
              <Line name={t.detail.embedder}>
                <code className="break-all">{p.evidence.embedder}</code>
              </Line>
            ) : null}
            <Line name={t.detail.promptHash}>{p.call.prompt_hash ? <Hash value={p.call.prompt_hash} name={t.detail.promptHash} /> : <span className="text-muted">{t.detail.promptHashNone}</span>}</Line>
            <Line name={t.detail.tokens}>
              <span className="tabular">{t.detail.tokensOf(formatCount(p.call.input_tokens), formatCount(p.call.output_tokens))}</span>
            </Line>
            <Line name={t.detail.cost}>
              <span className="tabular">{costOf(p.call.cost_micro_won, locale)}</span>
              {p.model.kind === 'llm' ? null : <span className="text-muted"> · {t.detail.local}</span>}
            </Line>
            <Line name={t.detail.latency}>
              <span className="tabular">{formatDuration(p.call.latency_ms / 1000, locale)}</span>
            </Line>
            {p.call.run_id !== null ? (
              <Line name={t.detail.run}>
                {user && includesRole(user.role, 'operator') ? (
                  <Link href={hrefs.run(p.call.run_id)} prefetch={false} className="link">
                    {t.detail.runOf(p.call.run_id)}
                  </Link>
                ) : (
                  t.detail.runOf(p.call.run_id)
                )}
              </Line>
            ) : null}
          </dl>
          {p.call.requests.length > 0 ? <Requests requests={p.call.requests} /> : null}
        </>
      )}
    </Panel>
  );
}

function Requests({ requests }: { requests: readonly RequestItem[] }) {
  const t = usePredictionText();
  const locale = useLocale();
  return (
    <div className="mt-3 border-t border-line pt-3">
      <h3 className="mb-1 text-xs font-medium">{t.detail.requests}</h3>
      <ol className="divide-y divide-line text-xs">
        {requests.map((r, i) => (
          <li key={i} className="space-y-0.5 py-2 first:pt-0.5 last:pb-0">
            <p className="flex flex-wrap items-baseline gap-x-2">
              <Badge tone={r.state === 'flawed' || r.state === 'unknown' ? 'warn' : 'plain'}>{t.detail.requestStates[r.state]}</Badge>
              {r.repair ? <Badge>{t.detail.repair}</Badge> : null}
              {r.erased ? <Badge>{t.detail.erased}</Badge> : null}
              <span className="text-muted">
                <Time at={r.at} clock="wall" as="exact" />
              </span>
            </p>
            <p className="tabular text-muted">
              {t.detail.tokensOf(formatCount(r.input_tokens), formatCount(r.output_tokens))} · {costOf(r.cost_micro_won, locale)} ·{' '}
              {formatDuration(r.latency_ms / 1000, locale)} · {r.prompt_version}
            </p>
            {r.flaw ? (
              <p className="text-warn">
                <Foreign>{r.flaw}</Foreign>
              </p>
            ) : null}
          </li>
        ))}
      </ol>
    </div>
  );
}

/** Its receipt, made before anybody could know what happens. */
export function Seal({ prediction }: Part) {
  const t = usePredictionText();
  return (
    <Panel
      title={t.detail.seal}
      query={prediction}
      empty={(p) => (p.seal !== null ? null : { because: p.origin === 'backtest' ? t.detail.sealBacktest : t.detail.sealNone })}
    >
      {(p) =>
        p.seal ? (
          <>
            <p className="text-xs text-muted">{t.detail.sealNote}</p>
            <p className="my-2 font-mono text-lg font-semibold tracking-wide">{p.seal.short}</p>
            <dl className="divide-y divide-line">
              <Line name={t.detail.sealNumber}>
                <span className="tabular">{formatCount(p.seal.number)}</span>
              </Line>
              <Line name={t.detail.sealedAt}>
                <Time at={p.seal.sealed_at} clock="wall" as="exact" />
              </Line>
              <Line name={t.detail.sealHash}>
                <Hash value={p.seal.hash} name={t.detail.sealHash} />
              </Line>
              <Line name={t.detail.sealHead}>
                <Hash value={p.seal.head} name={t.detail.sealHead} />
              </Line>
            </dl>
          </>
        ) : null
      }
    </Panel>
  );
}

/** The same statement, made again later by order, beside the first. */
export function Generations({ prediction }: Part) {
  const t = usePredictionText();
  return (
    <Panel title={t.detail.generations} query={prediction} empty={(p) => (p.generations.length > 1 ? null : { because: t.detail.generationsOne })}>
      {(p) => {
        const first = p.generations.reduce<GenerationItem | undefined>((a, b) => (a === undefined || b.generation < a.generation ? b : a), undefined);
        const columns: Column<GenerationItem>[] = [
          {
            key: 'generation',
            head: t.filters.generation,
            lead: true,
            cell: (g) =>
              g.id === p.id ? (
                <span className="flex flex-wrap items-baseline gap-x-1.5">
                  {t.generation(g.generation)} <Badge tone="strong">{t.detail.thisGeneration}</Badge>
                </span>
              ) : (
                <Link href={hrefs.prediction(g.id)} prefetch={false} className="link">
                  {t.generation(g.generation)}
                </Link>
              ),
          },
          { key: 'made', head: t.detail.madeAt, cell: (g) => <Time at={g.made_at} /> },
          { key: 'probability', head: t.detail.says, end: true, cell: (g) => <span className="tabular">{formatProbability(g.probability)}</span> },
          {
            key: 'change',
            head: t.detail.change,
            end: true,
            cell: (g) => (g === first ? <span className="text-muted">–</span> : <Delta value={g.probability === null || first?.probability == null ? null : g.probability - first.probability} unit="points" />),
          },
        ];
        return <DataTable caption={t.detail.generations} columns={columns} rows={p.generations} rowKey={(g) => g.id} />;
      }}
    </Panel>
  );
}
