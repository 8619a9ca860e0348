'use client';

import Link from 'next/link';
import { Foreign } from '@/components/marks';
import { Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { api, type AlertItem } from '@/lib/api';
import { useApi } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { deliveriesOf, problemOf, type Problem } from './problems';
import { useText } from './words';

const looked = 50;

/** A trouble in plain words, the messenger's own to be opened. */
export function Trouble({ text, kind = problemOf(text) }: { text: string; kind?: Problem | null }) {
  const t = useText();
  return (
    <div className="mt-2 rounded-control border border-warn-line bg-warn-surface px-3 py-2 text-xs text-warn">
      <p>
        <span aria-hidden="true">⚠ </span>
        {kind ? t.problems[kind] : <Foreign>{text}</Foreign>}
      </p>
      {kind && text ? (
        <details className="mt-1">
          <summary className="link inline-block">{t.raw}</summary>
          <p className="mt-1 line-clamp-6">
            <Foreign>{text}</Foreign>
          </p>
        </details>
      ) : null}
    </div>
  );
}

/** How the latest messages to the reader went. */
export function Last() {
  const t = useText();
  const query = useApi<AlertItem[]>(['alerts', 'deliveries'], async (init) => (await api.getAlerts({ limit: looked }, init)).items, { every: 30 });
  return (
    <Panel title={t.last} note={t.lastNote} query={query} rows={2} empty={(alerts) => (deliveriesOf(alerts).mine > 0 ? null : { because: t.lastNone })}>
      {(alerts) => {
        const d = deliveriesOf(alerts);
        return (
          <>
            {d.trouble ? (
              <>
                <h3 className="text-xs font-medium text-muted">{t.problem}</h3>
                <Trouble text={d.trouble.text} kind={d.trouble.kind} />
                <p className="mt-1 line-clamp-2 text-xs">
                  <Link href={hrefs.alert(d.trouble.alert.id)} prefetch={false} className="link">
                    <Foreign>{d.trouble.alert.title || d.trouble.alert.stock.name}</Foreign>
                  </Link>
                </p>
              </>
            ) : (
              <p>{t.lastOk}</p>
            )}
            {d.sentAt ? (
              <p className="mt-2 text-xs text-muted">
                {t.lastSent} <Time at={d.sentAt} clock="wall" as="exact" />
              </p>
            ) : null}
          </>
        );
      }}
    </Panel>
  );
}
