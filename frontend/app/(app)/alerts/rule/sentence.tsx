'use client';

import type { ReactNode } from 'react';
import { api, type RuleBody } from '@/lib/api';
import { formatPoints } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { useText } from '../words';
import { caps, horizons, hours, shiftChoices, withHorizon, type RuleForm } from './form';

/** A choice that stands in a sentence. */
function Pick({ label, name, value, options, onChange }: { label: string; name: string; value: string; options: readonly { value: string; label: string }[]; onChange: (value: string) => void }) {
  return (
    <select
      aria-label={label}
      name={name}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className="mx-0.5 inline-block min-h-9 max-w-full rounded-control border border-control bg-surface px-2 align-baseline text-base font-semibold text-ink"
    >
      {options.map((o) => (
        <option key={o.value} value={o.value}>
          {o.label}
        </option>
      ))}
    </select>
  );
}

function Line({ children }: { children: ReactNode }) {
  return <p className="text-base leading-11">{children}</p>;
}

interface Props {
  form: RuleForm;
  gate: RuleBody['gate'];
  onChange: (form: RuleForm) => void;
}

/** The rule as sentences whose words can be chosen. */
export function Sentence({ form, gate, onChange }: Props) {
  const t = useText();
  const common = useCommon();
  const locale = useLocale();
  const watchlist = useApi(['watchlist'], (init) => api.getWatchlist(init));
  const set = (change: Partial<RuleForm>) => onChange({ ...form, ...change });
  const points = (p: number) => formatPoints(p, locale).replace('+', '');
  const yesNo = (words: { yes: string; no: string }) => [
    { value: 'yes', label: words.yes },
    { value: 'no', label: words.no },
  ];
  const hourOptions = hours.map((h) => ({ value: String(h), label: t.s.hour(h) }));
  return (
    <div className="space-y-3">
      <div>
        <Line>
          {watchlist.data?.all ? t.s.whoAll : t.s.who} {t.s.horizonsLead}{' '}
          {horizons.map((h) => (
            <label
              key={h}
              className="mx-0.5 inline-flex min-h-9 cursor-pointer items-center rounded-control border border-control px-2.5 align-baseline text-base leading-none text-muted has-checked:border-ink has-checked:bg-ink has-checked:font-semibold has-checked:text-page has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus"
            >
              <input
                type="checkbox"
                name="horizons"
                className="sr-only"
                aria-label={t.labels.horizon(h)}
                checked={form.horizons.includes(h)}
                onChange={(event) => onChange(withHorizon(form, h, event.target.checked))}
              />
              {common.horizon(h)}
            </label>
          ))}{' '}
          {form.horizons.length === 0 ? (
            <span className="text-muted">{t.s.horizonsNone}</span>
          ) : (
            <>
              {t.s.shiftLead}{' '}
              <Pick
                label={t.labels.min_shift}
                name="min_shift"
                value={String(Math.round(form.min_shift * 100))}
                options={shiftChoices(gate.min_shift ?? 0, form.min_shift).map((p) => ({ value: String(p), label: p === 0 ? t.s.shiftGate(points(gate.min_shift ?? 0)) : points(p / 100) }))}
                onChange={(value) => set({ min_shift: Number(value) / 100 })}
              />{' '}
              {t.s.shiftTail}{' '}
              <Pick
                label={t.labels.direction}
                name="direction"
                value={String(form.direction)}
                options={(['0', '1', '-1'] as const).map((value) => ({ value, label: t.s.directions[value] }))}
                onChange={(value) => set({ direction: value === '1' ? 1 : value === '-1' ? -1 : 0 })}
              />{' '}
              {t.s.directionTail}
            </>
          )}
        </Line>
        {watchlist.data && !watchlist.data.all && watchlist.data.stocks.length === 0 ? (
          <p className="text-xs text-warn">
            <span aria-hidden="true">⚠ </span>
            {t.s.whoNone}
          </p>
        ) : null}
      </div>
      <Line>
        {t.s.urgentLead} <Pick label={t.labels.urgent} name="urgent" value={form.urgent ? 'yes' : 'no'} options={yesNo(t.s.urgent)} onChange={(value) => set({ urgent: value === 'yes' })} />
      </Line>
      <div>
        <Line>
          {t.s.quietLead} <Pick label={t.labels.quiet_from} name="quiet_from" value={String(form.quiet_from)} options={hourOptions} onChange={(value) => set({ quiet_from: Number(value) })} />
          {t.s.quietFrom}
          <Pick label={t.labels.quiet_to} name="quiet_to" value={String(form.quiet_to)} options={hourOptions} onChange={(value) => set({ quiet_to: Number(value) })} />
          {t.s.quietTo}
        </Line>
        {form.quiet_from === form.quiet_to ? <p className="text-xs text-muted">{t.s.quietNone}</p> : null}
      </div>
      <Line>
        {t.s.capLead}{' '}
        <Pick label={t.labels.daily_cap} name="daily_cap" value={String(form.daily_cap)} options={caps.map((n) => ({ value: String(n), label: t.s.cap(n) }))} onChange={(value) => set({ daily_cap: Number(value) })} />{' '}
        {t.s.capTail} {t.s.digestLead}{' '}
        <Pick label={t.labels.digest} name="digest" value={form.digest ? 'yes' : 'no'} options={yesNo(t.s.digest)} onChange={(value) => set({ digest: value === 'yes' })} />
      </Line>
      <Line>
        {t.s.languageLead}{' '}
        <Pick
          label={t.labels.language}
          name="language"
          value={form.language}
          options={(['ko', 'en'] as const).map((value) => ({ value, label: t.s.languages[value] }))}
          onChange={(value) => set({ language: value === 'en' ? 'en' : 'ko' })}
        />
        {t.s.languageTail}
      </Line>
    </div>
  );
}
