'use client';

import { useState } from 'react';
import { Button } from '@/components/controls';
import { Confirm } from '@/components/dialog';
import { Badge, Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type FlightItem, type WorkerItem } from '@/lib/api';
import { useAuth } from '@/lib/auth';
import { useWallNow } from '@/lib/clock';
import { formatCount, formatDuration } from '@/lib/format';
import { dictionary, useLocale } from '@/lib/i18n';
import { useApi, useChange } from '@/lib/query';
import en from '@/messages/en/queues';
import ko from '@/messages/ko/queues';
import { AdminOnly, Sign, Slots } from '../_parts/marks';
import { Person } from '../_parts/people';
import { useOps } from '../_parts/words';
import { longestSilence, takesTasks } from '../health';

const useText = dictionary({ ko: ko.workers, en: en.workers });
/** Pieces of work of one worker that are listed. */
const shownInHand = 8;

const lives = (w: WorkerItem) => w.state === 'running' || w.state === 'draining';

export default function WorkersPage() {
  const t = useText();
  const { may } = useAuth();
  const [draining, setDraining] = useState<WorkerItem | null>(null);
  const workers = useApi(['workers', 'list'], async (init) => (await api.getWorkers({ limit: 200 }, init)).items, { every: 3 });
  // Each worker has the slots of all queues.
  const slots = useApi(['queues', 'slots'], async (init) => (await api.getQueues({ limit: 200 }, init)).items.reduce((n, q) => n + q.concurrency, 0), { every: 30 });
  const takers = (workers.data ?? []).filter((w) => takesTasks(w) && w.state === 'running').length;
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={workers} />}>
      <Panel title={t.living} query={workers} rows={4} empty={(all) => (all.some(lives) ? null : { because: t.emptyLiving })}>
        {(all) => (
          <ul className="divide-y divide-line">
            {all.filter(lives).map((w) => (
              <Living key={w.id} worker={w} slots={slots.data ?? 0} onDrain={may('workers') && takesTasks(w) && w.state === 'running' ? () => setDraining(w) : null} />
            ))}
          </ul>
        )}
      </Panel>
      {may('workers') ? null : <AdminOnly />}
      <Panel title={t.ended} query={workers} rows={2} empty={(all) => (all.some((w) => !lives(w)) ? null : { because: t.emptyEnded })}>
        {(all) => (
          <ul className="divide-y divide-line">
            {all
              .filter((w) => !lives(w))
              .map((w) => (
                <Ended key={w.id} worker={w} />
              ))}
          </ul>
        )}
      </Panel>
      {draining ? <Drain worker={draining} last={takers <= 1} onClose={() => setDraining(null)} /> : null}
    </Page>
  );
}

function Name({ worker: w }: { worker: WorkerItem }) {
  const t = useText();
  return (
    <h3 className="flex min-w-0 flex-wrap items-baseline gap-x-2 text-sm">
      <span className="font-medium break-all">
        <Foreign>{w.id}</Foreign>
      </span>
      <span className="text-xs text-muted">{t.roles[w.role] ?? w.role}</span>
      {w.state === 'running' ? null : (
        <span title={t.statesHelp[w.state]}>
          <Badge tone={w.state === 'dead' ? 'warn' : 'plain'}>{t.states[w.state]}</Badge>
        </span>
      )}
    </h3>
  );
}

function Living({ worker: w, slots, onDrain }: { worker: WorkerItem; slots: number; onDrain: (() => void) | null }) {
  const t = useText();
  const now = useWallNow();
  const fresh = now - Date.parse(w.beat_at) <= longestSilence;
  return (
    <li className="space-y-2.5 py-3.5 first:pt-1">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="flex min-w-0 items-start gap-2.5">
          <span className="mt-1">
            <Sign ok={fresh} />
          </span>
          <div className="min-w-0">
            <Name worker={w} />
            <dl className="mt-0.5 flex flex-wrap gap-x-4 text-xs text-muted">
              <div className={`flex gap-1 ${fresh ? '' : 'text-warn'}`}>
                <dt>{t.beat}</dt>
                <dd>
                  <Time at={w.beat_at} clock="wall" />
                </dd>
              </div>
              <div className="flex gap-1">
                <dt>{t.started}</dt>
                <dd>
                  <Time at={w.started_at} clock="wall" as="exact" />
                </dd>
              </div>
              <div className="flex gap-1">
                <dt>{t.host}</dt>
                <dd className="break-all">
                  <Foreign>{w.host}</Foreign>
                </dd>
              </div>
              <div className="flex gap-1">
                <dt>{t.process}</dt>
                <dd className="tabular">{w.pid}</dd>
              </div>
              <div className="flex gap-1">
                <dt>{t.version}</dt>
                <dd className="tabular">{w.version}</dd>
              </div>
              {w.drain_asked_at ? (
                <div className="flex gap-1">
                  <dt>{t.drainBy}</dt>
                  <dd>
                    <Person id={w.drain_asked_by} /> · <Time at={w.drain_asked_at} clock="wall" />
                  </dd>
                </div>
              ) : null}
            </dl>
          </div>
        </div>
        {onDrain ? <Button aria-label={`${t.drain}: ${w.id}`} onClick={onDrain}>
            {t.drain}
          </Button> : null}
      </div>
      {takesTasks(w) ? (
        <div className="pl-6.5">
          <p className="flex flex-wrap items-center gap-x-3 text-xs">
            {slots > 0 ? <Slots busy={Math.min(w.in_hand.length, slots)} all={slots} /> : null}
            <span className="tabular">{slots > 0 ? t.busy(w.in_hand.length, slots) : t.busyAlone(w.in_hand.length)}</span>
          </p>
          {w.in_hand.length === 0 ? <p className="text-xs text-muted">{t.idle}</p> : <InHand title={t.inHand} flights={w.in_hand} until={now} />}
        </div>
      ) : (
        <p className="pl-6.5 text-xs text-muted">{t.takesNone}</p>
      )}
    </li>
  );
}

/** What a worker does, the oldest first; until when, in milliseconds. */
function InHand({ title, flights, until }: { title: string; flights: FlightItem[]; until: number }) {
  const t = useText();
  const ops = useOps();
  const locale = useLocale();
  const seconds = (f: FlightItem) => Math.max(0, (until - Date.parse(f.since)) / 1000);
  const longest = Math.max(1, ...flights.map(seconds));
  return (
    <>
      <h4 className="mt-2 mb-1 text-2xs font-medium text-muted">{title}</h4>
      <ul className="space-y-1">
        {flights.slice(0, shownInHand).map((f) => (
          <li key={f.task_id} className="grid grid-cols-[minmax(0,1fr)_4rem_6.5rem] items-center gap-3 text-xs">
            <span className="truncate">
              {ops.kinds[f.kind] ?? f.kind}{' '}
              <span className="text-muted">
                <Foreign>{f.key}</Foreign>
              </span>
            </span>
            <svg aria-hidden="true" viewBox="0 0 100 4" preserveAspectRatio="none" className="block h-1 w-full">
              <rect width="100" height="4" className="fill-line" />
              <rect width={Math.max(2, (seconds(f) / longest) * 100)} height="4" className="fill-ink" />
            </svg>
            <span className="tabular text-right text-muted">{t.since(formatDuration(seconds(f), locale))}</span>
          </li>
        ))}
      </ul>
      {flights.length > shownInHand ? <p className="mt-1 text-xs text-muted">{t.more(formatCount(flights.length - shownInHand))}</p> : null}
    </>
  );
}

function Ended({ worker: w }: { worker: WorkerItem }) {
  const t = useText();
  return (
    <li className="py-2.5 first:pt-1 last:pb-0">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <Name worker={w} />
        <span className="text-xs text-muted">
          {t.ended_at} <Time at={w.ended_at ?? w.beat_at} clock="wall" />
        </span>
      </div>
      <p className="text-xs text-muted">{t.statesHelp[w.state]}</p>
      {w.in_hand.length > 0 ? <InHand title={t.wasDoing} flights={w.in_hand} until={Date.parse(w.ended_at ?? w.beat_at)} /> : null}
    </li>
  );
}

function Drain({ worker: w, last, onClose }: { worker: WorkerItem; last: boolean; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const change = useChange(() => api.postWorkersByIdDrain(w.id), {
    invalidates: [['workers']],
    onDone: () => {
      toast(t.drainDone(w.id));
      onClose();
    },
  });
  return (
    <Confirm open title={t.drainTitle} action={t.drainDo} danger busy={change.busy} fault={change.fault} onConfirm={() => void change.run(undefined)} onClose={onClose}>
      <p>{t.drainBody(w.id)}</p>
      {last ? (
        <p className="mt-2 text-warn">
          <span aria-hidden="true">⚠ </span>
          {t.drainLast}
        </p>
      ) : null}
    </Confirm>
  );
}
