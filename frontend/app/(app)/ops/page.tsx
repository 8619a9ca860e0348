'use client';

import Link from 'next/link';
import { useEffect, useRef, type ReactNode } from 'react';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { useDashboard } from '@/components/session-strip';
import { Time } from '@/components/time';
import { useAnnounce } from '@/components/toast';
import { api, type PipelineBody, type RunBody } from '@/lib/api';
import { useWallNow } from '@/lib/clock';
import { formatCount, formatDuration } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi, type Asked } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { ProgressBar, ProgressWords, Sign } from './_parts/marks';
import { useOps } from './_parts/words';
import { useAlarm } from './alarm';
import { failureAnswer, newsAnswer, queueAnswer, workerAnswer } from './health';

export default function OpsPage() {
  const t = useOps();
  const locale = useLocale();
  const now = useWallNow();
  const announce = useAnnounce();
  const sources = useApi(['sources', 'health'], (init) => api.getSources({ limit: 200 }, init), { every: 10 });
  const queues = useApi(['queues', 'health'], (init) => api.getQueues({ limit: 200 }, init), { every: 5 });
  const failures = useApi(['failures', 'health'], (init) => api.getFailures({ limit: 200, ignored: false }, init), { every: 10 });
  const workers = useApi(['workers', 'health'], (init) => api.getWorkers({ limit: 200 }, init), { every: 5 });

  const news = sources.data ? newsAnswer(sources.data.items) : null;
  const queue = queues.data ? queueAnswer(queues.data.items, now) : null;
  const failing = failures.data ? failureAnswer(failures.data.items, now) : null;
  const worker = workers.data ? workerAnswer(workers.data.items, now) : null;
  const ambers = [news, queue, failing, worker].filter((a) => a?.ok === false).length;
  const unanswered = [sources, queues, failures, workers].filter((q) => q.error).length;
  useAlarm(ambers + unanswered > 0 ? t.alarm(ambers + unanswered) : null);
  const said = useRef(0);
  useEffect(() => {
    if (ambers > said.current) announce(t.alarmSaid(ambers));
    if (ambers === 0 && said.current > 0) announce(t.calmSaid);
    said.current = ambers;
  }, [ambers, announce, t]);

  const names = (list: string[]) => list.slice(0, 3).join(', ') + (list.length > 3 ? ` +${list.length - 3}` : '');
  const n = (value: number) => formatCount(value);
  const long = (seconds: number) => formatDuration(seconds, locale);
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={queues} />}>
      <div className="grid gap-4 md:grid-cols-2">
        <Question title={t.questions.news} query={sources} more={{ href: hrefs.sources(), label: t.more.sources }}>
          {() =>
            news ? (
              <AnswerLine ok={news.ok} since={news.since} sinceLabel={t.news[`${news.code}Since`]} clock="app">
                {news.code === 'fresh' ? t.news.fresh(news.names.length) : news.code === 'none' ? t.news.none : t.news[news.code](names(news.names))}
              </AnswerLine>
            ) : null
          }
        </Question>
        <Question title={t.questions.queues} query={queues} more={{ href: hrefs.queues(), label: t.more.queues }}>
          {() =>
            queue ? (
              <AnswerLine ok={queue.ok} since={queue.since} sinceLabel={t.queue[`${queue.code}Since`]}>
                {queue.code === 'draining'
                  ? t.queue.draining(n(queue.waiting), long(queue.longest))
                  : queue.code === 'empty'
                    ? t.queue.empty
                    : queue.code === 'waiting'
                      ? t.queue.waiting(names(queue.names), long(queue.longest))
                      : t.queue.paused(names(queue.names))}
              </AnswerLine>
            ) : null
          }
        </Question>
        <Question title={t.questions.failures} query={failures} more={{ href: hrefs.failures(), label: t.more.failures }}>
          {() =>
            failing ? (
              <AnswerLine ok={failing.ok} since={failing.since} sinceLabel={t.failing[`${failing.code}Since`]} note={t.failing.window}>
                {failing.code === 'none' ? t.failing.none : t.failing[failing.code](n(failing.causes))}
              </AnswerLine>
            ) : null
          }
        </Question>
        <Question title={t.questions.workers} query={workers} more={{ href: hrefs.workers(), label: t.more.workers }}>
          {() =>
            worker ? (
              <AnswerLine ok={worker.ok} since={worker.since} sinceLabel={t.worker[`${worker.code}Since`]}>
                {worker.code === 'alive'
                  ? t.worker.alive(worker.living, worker.busy)
                  : worker.code === 'none'
                    ? t.worker.none
                    : worker.code === 'died'
                      ? t.worker.died(worker.names.length)
                      : t.worker.silent(names(worker.names))}
              </AnswerLine>
            ) : null
          }
        </Question>
      </div>
      <Flow />
      <OpenRuns />
    </Page>
  );
}

function Question<T>({ title, query, more, children }: { title: string; query: Asked<T>; more: { href: string; label: string }; children: (data: T) => ReactNode }) {
  return (
    <Panel
      title={title}
      query={query}
      actions={
        <Link href={more.href} prefetch={false} className="link text-xs text-muted">
          {more.label}
        </Link>
      }
    >
      {children}
    </Panel>
  );
}

interface AnswerProps {
  ok: boolean;
  since: string | null;
  sinceLabel: string;
  clock?: 'app' | 'wall';
  note?: string;
  children: ReactNode;
}

function AnswerLine({ ok, since, sinceLabel, clock = 'wall', note, children }: AnswerProps) {
  const t = useOps();
  return (
    <div className="flex gap-3.5 pt-0.5">
      <Sign ok={ok} large />
      <div className="min-w-0 space-y-0.5">
        <p className={`text-2xs font-medium ${ok ? 'text-ok' : 'text-warn'}`}>{ok ? t.fine : t.check}</p>
        <p className="text-lg leading-snug font-medium text-balance">{children}</p>
        <p className="text-xs text-muted">
          {since && sinceLabel ? (
            <>
              {sinceLabel} <Time at={since} clock={clock} /> · <Time at={since} clock={clock} as="clock" /> KST
            </>
          ) : (
            note
          )}
        </p>
      </div>
    </div>
  );
}

/** What is left at each stage of the pipeline, from left to right. */
function Flow() {
  const t = useOps();
  const dashboard = useDashboard();
  const stages = (p: PipelineBody) =>
    [
      [t.stages.embed, p.to_embed],
      [t.stages.predict, p.to_predict],
      [t.stages.decide, p.to_decide],
      [t.stages.send, p.to_send],
    ] as const;
  const count = (value: number) => (value >= 10_000 ? `${formatCount(10_000)}+` : formatCount(value));
  return (
    <Panel title={t.flow} note={t.flowNote} query={dashboard}>
      {(d) => (
        <ol className="grid grid-cols-2 gap-px overflow-hidden rounded-control bg-line sm:grid-cols-4">
          {stages(d.pipeline).map(([name, left], i) => (
            <li key={name} className="bg-surface px-3 py-2.5">
              <p className="text-xs text-muted">
                <span className="tabular mr-1">{i + 1}</span>
                {name}
              </p>
              <p className={`tabular text-xl font-semibold ${left === 0 ? 'text-muted' : ''}`} title={t.stageLeft(name, count(left))}>
                {count(left)}
              </p>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function OpenRuns() {
  const t = useOps();
  const runs = useApi(
    ['tasks', 'open'],
    async (init) => {
      const [running, queued] = await Promise.all([api.getTasks({ state: 'running', limit: 50 }, init), api.getTasks({ state: 'queued', limit: 50 }, init)]);
      return [...running.items, ...queued.items];
    },
    { every: 5 },
  );
  const row = (r: RunBody) => (
    <li key={r.id} className="py-2.5 first:pt-1 last:pb-0">
      <div className="mb-1.5 flex flex-wrap items-baseline justify-between gap-x-4">
        <Link href={hrefs.run(r.id)} prefetch={false} className="font-medium hover:underline">
          {t.runKinds[r.kind] ?? r.kind} #{r.id}
        </Link>
        <ProgressWords done={r.done} failed={r.failed} total={r.total} />
      </div>
      <ProgressBar done={r.done} failed={r.failed} total={r.total} label={`${t.runKinds[r.kind] ?? r.kind} #${r.id}`} />
    </li>
  );
  return (
    <Panel
      title={t.openRuns}
      query={runs}
      rows={2}
      actions={
        <Link href={hrefs.runs()} prefetch={false} className="link text-xs text-muted">
          {t.more.runs}
        </Link>
      }
      empty={(list) => (list.length > 0 ? null : { because: t.noOpenRuns, next: { href: hrefs.runs(), label: t.orderRun } })}
    >
      {(list) => <ul className="divide-y divide-line">{list.slice(0, 6).map(row)}</ul>}
    </Panel>
  );
}
