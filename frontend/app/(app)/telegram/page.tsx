'use client';

import { useEffect, useRef, useState } from 'react';
import { Button, ButtonLink } from '@/components/controls';
import { Confirm } from '@/components/dialog';
import { FormFault } from '@/components/field';
import { Badge } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { Panel } from '@/components/panel';
import { useToast } from '@/components/toast';
import { api, type LinkBody, type PutRuleRequest, type RuleBody } from '@/lib/api';
import { useApi, useChange, type Asked } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { formOf, putRequest } from '../alerts/rule/form';
import { TestSend } from '../alerts/rule/test-send';
import { Last, Trouble } from './last';
import { Steps } from './steps';
import { useText } from './words';

/** Seconds between two looks: while a code waits to be used, and else. */
const soon = 2;
const seldom = 30;

export default function TelegramPage() {
  const t = useText();
  const toast = useToast();
  const [link, setLink] = useState<LinkBody | null>(null);
  const rule = useApi<RuleBody>(['rule'], (init) => api.getAlertsRule(init), { every: link ? soon : seldom });
  const linked = rule.data?.linked;
  const before = useRef<boolean | undefined>(undefined);
  useEffect(() => {
    if (linked === true && before.current === false) {
      toast(t.linkedNow);
      setLink(null);
    }
    if (linked !== undefined) before.current = linked;
  }, [linked, toast, t]);
  return (
    <Page title={t.title} lead={t.lead} actions={<Updated query={rule} />}>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="min-w-0 space-y-4">
          <State rule={rule} />
          <Steps rule={rule} link={link} onLink={setLink} />
        </div>
        <div className="min-w-0 space-y-4">
          <Last />
          <Commands />
        </div>
      </div>
    </Page>
  );
}

function State({ rule }: { rule: Asked<RuleBody> }) {
  const t = useText();
  const toast = useToast();
  const put = useChange((body: PutRuleRequest) => api.putAlertsRule(body), { invalidates: [['rule']], onDone: () => toast(t.turnedOn) });
  return (
    <Panel title={t.state} query={rule} rows={2}>
      {(r) => (
        <>
          <p className="flex flex-wrap items-center gap-2">
            <span className="text-lg font-semibold">{r.linked ? t.linked : t.notLinked}</span>
            {r.linked && !r.active ? <Badge tone="warn">{t.paused}</Badge> : null}
          </p>
          <p className="text-muted">{!r.linked ? t.nothing : r.active ? t.receives : t.paused}</p>
          {!r.active && r.off_reason ? <Trouble text={r.off_reason} /> : null}
          <div className="mt-3 flex flex-wrap items-center gap-2">
            {!r.active ? (
              <Button disabled={put.busy} onClick={() => void put.run(putRequest(formOf(r), { active: true, muted_until: r.muted_until }))}>
                {t.turnOn}
              </Button>
            ) : null}
            {r.linked ? (
              <>
                <TestSend linked={r.active} />
                <Unlink />
              </>
            ) : null}
            <ButtonLink href={hrefs.rule()}>
              {t.toRule}
            </ButtonLink>
          </div>
          <FormFault fault={put.fault} />
        </>
      )}
    </Panel>
  );
}

function Unlink() {
  const t = useText();
  const toast = useToast();
  const [open, setOpen] = useState(false);
  const unlink = useChange(() => api.deleteTelegramLink(), {
    invalidates: [['rule']],
    onDone: () => {
      setOpen(false);
      toast(t.unlinked);
    },
  });
  return (
    <>
      <Button look="danger" onClick={() => setOpen(true)}>
        {t.unlink}
      </Button>
      <Confirm
        open={open}
        title={t.unlinkTitle}
        action={t.unlink}
        danger
        busy={unlink.busy}
        fault={unlink.fault}
        onConfirm={() => void unlink.run(undefined)}
        onClose={() => {
          setOpen(false);
          unlink.reset();
        }}
      >
        <p>{t.unlinkText}</p>
      </Confirm>
    </>
  );
}

function Commands() {
  const t = useText();
  return (
    <details className="rounded-panel border border-line bg-surface px-4 py-3">
      <summary className="text-sm font-semibold">{t.commands}</summary>
      <dl className="mt-2 grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1 text-xs">
        {t.commandList.map(([command, what]) => (
          <div key={command} className="contents">
            <dt>
              <code>{command}</code>
            </dt>
            <dd className="text-muted">{what}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
