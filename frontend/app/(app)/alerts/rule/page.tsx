'use client';

import { useEffect, useState } from 'react';
import { Button, ButtonLink } from '@/components/controls';
import { FormFault } from '@/components/field';
import { NotAdvice } from '@/components/marks';
import { Page } from '@/components/page';
import { Panel } from '@/components/panel';
import { useToast } from '@/components/toast';
import { api, type PutRuleRequest, type RuleBody } from '@/lib/api';
import { useApi, useChange } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useText } from '../words';
import { formOf, putRequest, sameForm, type RuleForm } from './form';
import { Preview } from './preview';
import { Sentence } from './sentence';
import { Standing } from './standing';
import { TestSend } from './test-send';

export default function RulePage() {
  const t = useText();
  const toast = useToast();
  const rule = useApi<RuleBody>(['rule'], (init) => api.getAlertsRule(init), { every: 60 });
  const [draft, setDraft] = useState<RuleForm | null>(null);
  const put = useChange((body: PutRuleRequest) => api.putAlertsRule(body), { invalidates: [['rule']] });
  const saved = rule.data ? formOf(rule.data) : null;
  const form = draft ?? saved;
  const dirty = draft !== null && saved !== null && !sameForm(draft, saved);

  // Whoever leaves with unsaved changes is asked by the browser.
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [dirty]);

  const save = async () => {
    if (!form || !rule.data) return;
    if (await put.run(putRequest(form, rule.data))) {
      setDraft(null);
      toast(t.saved);
    }
  };
  return (
    <Page title={t.ruleTitle} lead={t.ruleLead} actions={<ButtonLink href={hrefs.watchlist()}>{t.watchlist}</ButtonLink>}>
      <Standing rule={rule} />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <Panel title={t.sentence} query={rule} rows={6}>
          {(r) =>
            form ? (
              <form
                onSubmit={(event) => {
                  event.preventDefault();
                  void save();
                }}
              >
                <Sentence form={form} gate={r.gate} onChange={setDraft} />
                <FormFault fault={put.fault} />
                <div className="mt-5 flex flex-wrap items-center gap-2 border-t border-line pt-4">
                  <Button type="submit" look="primary" disabled={!dirty || put.busy}>
                    {put.busy ? t.saving : t.save}
                  </Button>
                  {dirty ? (
                    <>
                      <Button
                        look="quiet"
                        onClick={() => {
                          setDraft(null);
                          put.reset();
                        }}
                      >
                        {t.revert}
                      </Button>
                      <span role="status" className="text-xs text-muted">
                        {t.changed}
                      </span>
                    </>
                  ) : null}
                  <span className="ml-auto">
                    <TestSend linked={r.linked} />
                  </span>
                </div>
              </form>
            ) : null
          }
        </Panel>
        <Preview rule={rule} form={form} />
      </div>
      <NotAdvice />
    </Page>
  );
}
