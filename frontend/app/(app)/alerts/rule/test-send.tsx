'use client';

import { useEffect, useState } from 'react';
import { Button } from '@/components/controls';
import { useToast } from '@/components/toast';
import { api } from '@/lib/api';
import { formatDuration } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useChange } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { useText } from '../words';

/** Sends a message to the reader's own chat. */
export function TestSend({ linked }: { linked: boolean }) {
  const t = useText();
  const common = useCommon();
  const locale = useLocale();
  const toast = useToast();
  const test = useChange(() => api.postAlertsTest(), { onDone: () => toast(t.testSent) });
  const [wait, setWait] = useState(0);
  const retryAfter = test.fault?.retryAfter ?? null;
  useEffect(() => setWait(retryAfter ?? 0), [retryAfter]);
  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);
  if (!linked) return null;
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <Button disabled={test.busy || wait > 0} onClick={() => void test.run(undefined)}>
        {t.test}
      </Button>
      <span role="status" className="tabular text-xs text-warn">
        {wait > 0 ? common.tryAgainIn(formatDuration(wait, locale)) : retryAfter === null ? (test.fault?.detail ?? '') : ''}
      </span>
    </span>
  );
}
