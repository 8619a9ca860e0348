'use client';

import { useState } from 'react';
import { Button } from '@/components/controls';
import { Confirm, Dialog } from '@/components/dialog';
import { Field, FormFault, SelectField } from '@/components/field';
import { Badge, Foreign } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { useToast } from '@/components/toast';
import { api, type PatchScheduleRequest, type ScheduleItem } from '@/lib/api';
import { useAuth } from '@/lib/auth';
import { formatDuration, formatExact } from '@/lib/format';
import { dictionary, useLocale } from '@/lib/i18n';
import { useApi, useChange } from '@/lib/query';
import { useCommon } from '@/lib/words';
import en from '@/messages/en/schedules';
import ko from '@/messages/ko/schedules';
import { AdminOnly, Facts } from '../_parts/marks';
import { Person } from '../_parts/people';
import { cronWords } from './cron';

const useText = dictionary({ ko, en });

type Deed = { what: 'edit' | 'pause' | 'run'; schedule: ScheduleItem };

/** What a schedule does, in words; its own name where there are none. */
function useName() {
  const t = useText();
  return (s: ScheduleItem) => (s.name.startsWith('crawl-') ? t.crawl(s.name.slice('crawl-'.length)) : (t.names[s.name] ?? s.name));
}

export default function SchedulesPage() {
  const t = useText();
  const { may } = useAuth();
  const [deed, setDeed] = useState<Deed | null>(null);
  const schedules = useApi(['schedules'], async (init) => (await api.getSchedules({ limit: 200 }, init)).items, { every: 10 });
  const onDeed = may('schedules') ? setDeed : null;
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={schedules} />}>
      {onDeed ? null : <AdminOnly />}
      <Panel title={t.list} hideTitle query={schedules} rows={8} empty={(list) => (list.length > 0 ? null : { because: t.empty })}>
        {(list) => (
          <ul className="divide-y divide-line">
            {list.map((s) => (
              <Schedule key={s.name} schedule={s} onDeed={onDeed} />
            ))}
          </ul>
        )}
      </Panel>
      {deed?.what === 'pause' ? <Pause schedule={deed.schedule} onClose={() => setDeed(null)} /> : null}
      {deed?.what === 'edit' ? <Edit schedule={deed.schedule} onClose={() => setDeed(null)} /> : null}
      {deed?.what === 'run' ? <RunNow schedule={deed.schedule} onClose={() => setDeed(null)} /> : null}
    </Page>
  );
}

function Schedule({ schedule: s, onDeed }: { schedule: ScheduleItem; onDeed: ((deed: Deed) => void) | null }) {
  const t = useText();
  const locale = useLocale();
  const name = useName();
  const said = cronWords(s.cron, t.words, locale);
  const last = s.last_ticks[0];
  return (
    <li className="py-3.5 first:pt-1">
      <div className="grid gap-x-5 gap-y-2 lg:grid-cols-[minmax(0,1.5fr)_minmax(0,1fr)_minmax(0,1fr)_auto]">
        <div className="min-w-0">
          <h3 className="flex flex-wrap items-baseline gap-x-2 font-medium">
            <Foreign>{name(s)}</Foreign>
            {s.paused ? <Badge tone="warn">{t.paused}</Badge> : null}
          </h3>
          <p className={`text-sm ${s.paused ? 'text-muted line-through' : ''}`}>{said ?? <code className="font-mono text-xs">{s.cron}</code>}</p>
        </div>
        <div className="text-xs">
          <p className="text-muted">{t.next}</p>
          {s.next_ticks[0] ? (
            <p>
              <Time at={s.next_ticks[0]} ahead /> · <Time at={s.next_ticks[0]} as="clock" /> KST
            </p>
          ) : (
            <p className="text-muted">{t.nextNone}</p>
          )}
        </div>
        <div className="min-w-0 text-xs">
          <p className="text-muted">{t.last}</p>
          {last ? (
            <p className="flex flex-wrap items-center gap-x-2">
              <LastTicks schedule={s} />
              <Time at={last.at} />
            </p>
          ) : (
            <p className="text-muted">{t.lastNone}</p>
          )}
        </div>
        {onDeed ? (
          <div className="flex flex-wrap items-start gap-1 lg:justify-end">
            <Button aria-label={`${t.runNow}: ${name(s)}`} onClick={() => onDeed({ what: 'run', schedule: s })}>
              {t.runNow}
            </Button>
            <Button look="quiet" aria-label={`${t.edit}: ${name(s)}`} onClick={() => onDeed({ what: 'edit', schedule: s })}>
              {t.edit}
            </Button>
            {s.paused ? (
              <Resume schedule={s} />
            ) : (
              <Button look="quiet" aria-label={`${t.pause}: ${name(s)}`} onClick={() => onDeed({ what: 'pause', schedule: s })}>
                {t.pause}
              </Button>
            )}
          </div>
        ) : null}
      </div>
      <Details schedule={s} />
    </li>
  );
}

const wentWell = (outcome: string) => outcome === 'done';

/** The last ticks as marks, the oldest first: a dot for what went well, a cross for what did not, a ring for what runs. */
function LastTicks({ schedule: s }: { schedule: ScheduleItem }) {
  const t = useText();
  const ticks = [...s.last_ticks].reverse();
  const label = t.lastSaid(ticks.filter((tick) => wentWell(tick.outcome)).length, ticks.length);
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${ticks.length * 12} 12`} className="inline-block h-3">
      <title>{label}</title>
      {ticks.map((tick, i) => {
        const x = i * 12 + 6;
        if (tick.outcome === '') return <circle key={tick.at} cx={x} cy="6" r="3.2" className="fill-none stroke-ink [stroke-width:1.4]" />;
        if (wentWell(tick.outcome)) return <circle key={tick.at} cx={x} cy="6" r="3.4" className="fill-ok" />;
        return <path key={tick.at} d={`M${x - 3.4},2.6l6.8,6.8m0,-6.8l-6.8,6.8`} className="fill-none stroke-warn [stroke-linecap:round] [stroke-width:2]" />;
      })}
    </svg>
  );
}

function Details({ schedule: s }: { schedule: ScheduleItem }) {
  const t = useText();
  const locale = useLocale();
  return (
    <details className="mt-1.5 text-xs">
      <summary className="link inline-block text-muted">{t.details}</summary>
      <div className="mt-2 grid gap-4 rounded-control bg-sunken/60 p-3 md:grid-cols-3">
        <div>
          <h4 className="mb-1 font-medium">{t.nextFive}</h4>
          {s.next_ticks.length === 0 ? <p className="text-muted">{t.nextNone}</p> : null}
          <ol className="space-y-0.5">
            {s.next_ticks.map((at) => (
              <li key={at} className="tabular">
                {formatExact(at, locale)}
              </li>
            ))}
          </ol>
        </div>
        <div>
          <h4 className="mb-1 font-medium">{t.lastFive}</h4>
          {s.last_ticks.length === 0 ? <p className="text-muted">{t.lastNone}</p> : null}
          <ol className="space-y-0.5">
            {s.last_ticks.map((tick) => (
              <li key={tick.at} className="tabular">
                <Time at={tick.at} as="exact" />
                <span className={`block ${tick.outcome === '' || wentWell(tick.outcome) ? 'text-muted' : 'text-warn'}`}>
                  {tick.outcome === '' ? t.running : wentWell(tick.outcome) ? t.done : <Foreign>{`⚠ ${tick.outcome}`}</Foreign>}
                  {tick.done_at ? ` · ${t.took(formatDuration((Date.parse(tick.done_at) - Date.parse(tick.made_at)) / 1000, locale))}` : ''}
                </span>
              </li>
            ))}
          </ol>
        </div>
        <Facts
          items={[
            { label: t.raw, value: <code className="font-mono">{s.cron}</code> },
            { label: t.queue, value: s.queue },
            {
              label: t.misfire,
              value: (
                <>
                  {t.misfires[s.misfire]}, {t.maxLate(formatDuration(s.max_late_seconds, locale))}
                </>
              ),
            },
            ...(s.edited_at
              ? [
                  {
                    label: t.edited,
                    value: (
                      <>
                        <Person id={s.edited_by} /> · <Time at={s.edited_at} clock="wall" as="exact" />
                      </>
                    ),
                  },
                ]
              : []),
          ]}
        />
      </div>
    </details>
  );
}

function Resume({ schedule: s }: { schedule: ScheduleItem }) {
  const t = useText();
  const toast = useToast();
  const name = useName()(s);
  const change = useChange(() => api.patchSchedulesByName(s.name, { paused: false }), { invalidates: [['schedules']], onDone: () => toast(t.resumeDone(name)) });
  return (
    <>
      <Button look="primary" aria-label={`${t.resume}: ${name}`} disabled={change.busy} onClick={() => void change.run(undefined)}>
        {t.resume}
      </Button>
      <FormFault fault={change.fault} />
    </>
  );
}

function Pause({ schedule: s, onClose }: { schedule: ScheduleItem; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const name = useName()(s);
  const change = useChange(() => api.patchSchedulesByName(s.name, { paused: true }), {
    invalidates: [['schedules']],
    onDone: () => {
      toast(t.pauseDone(name));
      onClose();
    },
  });
  return (
    <Confirm open title={t.pauseTitle(name)} action={t.pause} danger busy={change.busy} fault={change.fault} onConfirm={() => void change.run(undefined)} onClose={onClose}>
      <p>{t.pauseBody}</p>
    </Confirm>
  );
}

function RunNow({ schedule: s, onClose }: { schedule: ScheduleItem; onClose: () => void }) {
  const t = useText();
  const toast = useToast();
  const name = useName()(s);
  const change = useChange(() => api.postSchedulesByNameRun(s.name), {
    invalidates: [['schedules']],
    onDone: () => {
      toast(t.runDone(name));
      onClose();
    },
  });
  return (
    <Confirm open title={t.runTitle(name)} action={t.runNow} busy={change.busy} fault={change.fault} onConfirm={() => void change.run(undefined)} onClose={onClose}>
      <p>{t.runBody}</p>
    </Confirm>
  );
}

const misfires = ['skip', 'once', 'all'] as const;

function Edit({ schedule: s, onClose }: { schedule: ScheduleItem; onClose: () => void }) {
  const t = useText();
  const common = useCommon();
  const locale = useLocale();
  const toast = useToast();
  const name = useName()(s);
  const [cron, setCron] = useState(s.cron);
  const [misfire, setMisfire] = useState<ScheduleItem['misfire']>(s.misfire);
  const [late, setLate] = useState(String(s.max_late_seconds));
  const said = cronWords(cron, t.words, locale);
  const change = useChange((body: PatchScheduleRequest) => api.patchSchedulesByName(s.name, body), {
    invalidates: [['schedules']],
    onDone: () => {
      toast(t.editDone(name));
      onClose();
    },
  });
  const submit = () => {
    const body: PatchScheduleRequest = {};
    // Another expression counts from now: the same one must not be sent.
    if (cron.trim() !== s.cron) body.cron = cron.trim();
    if (misfire !== s.misfire) body.misfire = misfire;
    if (Number(late) !== s.max_late_seconds) body.max_late_seconds = Number(late);
    if (Object.keys(body).length === 0) onClose();
    else void change.run(body);
  };
  return (
    <Dialog open onClose={onClose} title={t.editTitle(name)}>
      <form
        className="space-y-3"
        onSubmit={(e) => {
          e.preventDefault();
          if (!change.busy) submit();
        }}
      >
        <Field
          label={t.cron}
          name="cron"
          required
          maxLength={100}
          spellCheck={false}
          autoComplete="off"
          value={cron}
          fault={change.fault}
          hint={
            <>
              <span aria-live="polite" className="block text-sm font-medium text-ink">
                {said ? t.cronReads(said) : t.cronUnread}
              </span>
              {t.cronHint}
            </>
          }
          onChange={(e) => setCron(e.target.value)}
        />
        <SelectField
          label={t.misfire}
          name="misfire"
          fault={change.fault}
          value={misfire}
          onChange={(e) => setMisfire(misfires.find((m) => m === e.target.value) ?? s.misfire)}
          options={misfires.map((value) => ({ value, label: t.misfires[value] }))}
        />
        <Field label={t.maxLateField} name="max_late_seconds" type="number" min={1} max={31536000} required value={late} fault={change.fault} hint={t.maxLateHint} onChange={(e) => setLate(e.target.value)} />
        <FormFault fault={change.fault} fields={['cron', 'misfire', 'max_late_seconds']} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" look="primary" disabled={change.busy}>
            {common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
