'use client';

import { Button, ButtonLink } from '@/components/controls';
import { FormFault } from '@/components/field';
import { Foreign } from '@/components/marks';
import { useToast } from '@/components/toast';
import { api, type PutRuleRequest, type RuleBody } from '@/lib/api';
import { useAppNow } from '@/lib/clock';
import { formatExact } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useChange, type Asked } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useText } from '../words';
import { formOf, putRequest } from './form';

const lengths = { hour: 3600, day: 86_400, week: 7 * 86_400 } as const;

/** Whether anything is sent at all, and the switches for that. */
export function Standing({ rule }: { rule: Asked<RuleBody> }) {
  const t = useText();
  const locale = useLocale();
  const toast = useToast();
  const now = useAppNow();
  const put = useChange((body: PutRuleRequest) => api.putAlertsRule(body), { invalidates: [['rule']] });
  const r = rule.data;
  if (!r) return null;
  const change = (what: Partial<Pick<RuleBody, 'active' | 'muted_until'>>, done: string) =>
    void put.run(putRequest(formOf(r), { active: r.active, muted_until: r.muted_until, ...what })).then((answer) => (answer ? toast(done) : undefined));
  const warning = !r.active ? (r.off_reason ? t.off(r.off_reason) : t.offPlain) : !r.linked ? t.unlinked : r.muted_until ? t.muted(formatExact(r.muted_until, locale)) : null;
  return (
    <div className={`flex flex-wrap items-center gap-x-4 gap-y-2 rounded-panel border px-4 py-2.5 ${warning ? 'border-warn-line bg-warn-surface text-warn' : 'border-line bg-surface'}`}>
      <p className="min-w-0 flex-1">
        {warning ? (
          <>
            <span aria-hidden="true">⚠ </span>
            <Foreign>{warning}</Foreign>
          </>
        ) : (
          <>
            <span className="font-medium">{t.active}</span> <span className="text-muted">{t.activeOn}</span>
          </>
        )}
      </p>
      <div className="flex flex-wrap items-center gap-2">
        {!r.linked ? <ButtonLink href={hrefs.telegram()}>{t.link}</ButtonLink> : null}
        {!r.active ? (
          <Button disabled={put.busy} onClick={() => change({ active: true }, t.saved)}>
            {t.turnOn}
          </Button>
        ) : r.muted_until ? (
          <Button disabled={put.busy} onClick={() => change({ muted_until: null }, t.saved)}>
            {t.unmute}
          </Button>
        ) : (
          <>
            <span className={`text-xs ${warning ? '' : 'text-muted'}`}>{t.mute}</span>
            {(['hour', 'day', 'week'] as const).map((name) => (
              <Button
                key={name}
                aria-label={`${t.mute} ${t.mutes[name]}`}
                disabled={put.busy}
                onClick={() => change({ muted_until: new Date(now + lengths[name] * 1000).toISOString() }, t.mutedDone)}
              >
                {t.mutes[name]}
              </Button>
            ))}
          </>
        )}
      </div>
      <FormFault fault={put.fault} />
    </div>
  );
}
