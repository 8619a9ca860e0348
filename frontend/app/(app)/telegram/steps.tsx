'use client';

import { useEffect, useState, type ReactNode } from 'react';
import { Button } from '@/components/controls';
import { FormFault } from '@/components/field';
import { Panel } from '@/components/panel';
import { useAnnounce, useToast } from '@/components/toast';
import { api, type LinkBody, type RuleBody } from '@/lib/api';
import { formatDuration } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useChange, type Asked } from '@/lib/query';
import { useText } from './words';

/** Seconds until an instant of the wall clock, counted down to 0. */
function useSecondsLeft(until: string | null): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (until === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return until === null ? 0 : Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
}

interface Props {
  rule: Asked<RuleBody>;
  link: LinkBody | null;
  onLink: (link: LinkBody | null) => void;
}

/** Get a code, send it, done. */
export function Steps({ rule, link, onLink }: Props) {
  const t = useText();
  const locale = useLocale();
  const announce = useAnnounce();
  const left = useSecondsLeft(link?.expires_at ?? null);
  const make = useChange(() => api.postTelegramLink(), { onDone: onLink });
  const expired = link !== null && left === 0;
  useEffect(() => {
    if (expired) announce(t.expired);
  }, [expired, announce, t]);
  const open = link !== null && !expired ? link : null;
  return (
    <Panel title={t.steps} query={rule} rows={6} note={rule.data?.linked ? t.moveText : undefined}>
      {(r) => (
        <ol className="space-y-5">
          <Step number={1} title={t.step1} now={open === null}>
            <p className="text-muted">{t.step1Text}</p>
            <div className="mt-2 flex flex-wrap items-center gap-3">
              <Button look={open === null && !r.linked ? 'primary' : 'secondary'} disabled={make.busy} onClick={() => void make.run(undefined)}>
                {make.busy ? t.making : link ? t.makeAgain : t.make}
              </Button>
              {open ? <span className="tabular text-xs text-muted">{t.left(formatDuration(left, locale))}</span> : null}
              {expired ? <span className="text-xs text-warn">⚠ {t.expired}</span> : null}
            </div>
            <FormFault fault={make.fault} />
          </Step>
          <Step number={2} title={t.step2} now={open !== null}>
            {open ? <Code link={open} /> : <p className="text-muted">{t.noCode}</p>}
          </Step>
          <Step number={3} title={t.step3} now={false}>
            <p className="text-muted">{t.step3Text}</p>
            {open ? (
              <p role="status" className="mt-1 inline-flex items-center gap-2 text-xs">
                <span aria-hidden="true" className="size-2 animate-pulse rounded-full bg-ink" />
                {t.waiting}
              </p>
            ) : null}
          </Step>
        </ol>
      )}
    </Panel>
  );
}

function Step({ number, title, now, children }: { number: number; title: string; now: boolean; children: ReactNode }) {
  return (
    <li className="grid grid-cols-[2rem_minmax(0,1fr)] gap-x-3" aria-current={now ? 'step' : undefined}>
      <span
        aria-hidden="true"
        className={`tabular flex size-7 items-center justify-center rounded-full border text-sm font-semibold ${now ? 'border-ink bg-ink text-page' : 'border-control text-muted'}`}
      >
        {number}
      </span>
      <div className="min-w-0">
        <h3 className="text-sm font-semibold">{title}</h3>
        {children}
      </div>
    </li>
  );
}

/** The code, and the two ways to bring it to the bot. */
function Code({ link }: { link: LinkBody }) {
  const t = useText();
  const toast = useToast();
  const text = `/start ${link.code}`;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      toast(t.copied);
    } catch {
      toast(t.copyFailed, 'warn'); // not allowed, or no secure origin
    }
  };
  return (
    <div className="space-y-2">
      {link.bot ? (
        <p>
          <span className="text-muted">{t.step2Text}</span>{' '}
          <a
            href={`https://t.me/${encodeURIComponent(link.bot)}?start=${encodeURIComponent(link.code)}`}
            target="_blank"
            rel="noreferrer noopener"
            className="mt-2 inline-flex min-h-9 items-center rounded-control bg-ink px-3 text-xs font-medium text-page hover:bg-ink/85"
          >
            {t.open} ↗
          </a>
        </p>
      ) : null}
      <p className="text-muted">
        {t.step2Manual}
        {link.bot ? ` @${link.bot}` : ''}
      </p>
      <div className="flex flex-wrap items-center gap-2">
        <code aria-label={t.code} className="tabular rounded-control border border-line bg-sunken px-3 py-1.5 text-base font-semibold tracking-wide break-all select-all">
          {text}
        </code>
        <Button onClick={() => void copy()}>{t.copy}</Button>
      </div>
    </div>
  );
}
