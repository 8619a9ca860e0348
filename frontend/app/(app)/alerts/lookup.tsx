'use client';

import { useEffect, useState } from 'react';
import { Button } from '@/components/controls';
import { Field } from '@/components/field';
import { Badge, Foreign, StockLink } from '@/components/marks';
import { EmptyNote, Panel } from '@/components/panel';
import { Time } from '@/components/time';
import { api, type NewsItem, type RuleBody, type WhyBody, type WhyItem } from '@/lib/api';
import { useApi } from '@/lib/query';
import { idOf } from '@/lib/route';
import { Mine, Options, Row } from './parts';
import { useReason, useText } from './words';

interface Props {
  find: string;
  why: string;
  onChange: (change: { find?: string; why?: string }) => void;
  gate: RuleBody['gate'] | undefined;
}

const found = 8;

/** Why the reader was, or was not, alerted of a story that he looks for. */
export function Lookup({ find, why, onChange, gate }: Props) {
  const story = idOf(why);
  return story === null ? <Search find={find} onChange={onChange} /> : <Decisions key={story} story={story} onBack={() => onChange({ why: '' })} gate={gate} />;
}

function Search({ find, onChange }: Pick<Props, 'find' | 'onChange'>) {
  const t = useText();
  const [text, setText] = useState(find);
  useEffect(() => setText(find), [find]);
  const query = useApi<NewsItem[]>(
    ['news', 'lookup', find],
    async (init) => {
      if (find === '') return [];
      const isCode = /^[0-9A-Z]{6}$/.test(find);
      return (await api.getNews({ limit: found, origin: 'live', ...(isCode ? { code: find } : { q: find }) }, init)).items;
    },
  );
  return (
    <Panel title={t.lookup} note={t.lookupNote} query={query} rows={3}>
      {(items) => (
        <>
          <form
            role="search"
            aria-label={t.lookup}
            className="flex items-end gap-2"
            onSubmit={(event) => {
              event.preventDefault();
              onChange({ find: text.trim() });
            }}
          >
            <div className="flex-1">
              <Field label={t.lookupQuery} name="q" type="search" value={text} maxLength={200} onChange={(e) => setText(e.target.value)} />
            </div>
            <Button type="submit">{t.find}</Button>
          </form>
          {find !== '' && items.length === 0 ? <EmptyNote empty={{ because: t.lookupEmpty }} /> : null}
          <ul className={`mt-2 divide-y divide-line ${query.isPlaceholderData ? 'opacity-60' : ''}`}>
            {items.map((n) => (
              <li key={n.id} className="flex items-start justify-between gap-3 py-2">
                <div className="min-w-0">
                  <p className="line-clamp-2">
                    <Foreign>{n.title || t.untitled}</Foreign>
                  </p>
                  <p className="text-xs text-muted">
                    <Foreign>{n.press || n.source}</Foreign> · <Time at={n.published_at} />
                  </p>
                </div>
                {n.story_id === null ? (
                  <span className="text-xs whitespace-nowrap text-muted">{t.lookupNotYet}</span>
                ) : (
                  <Button aria-label={`${t.lookupPick} ${n.title}`.slice(0, 200)} onClick={() => onChange({ why: String(n.story_id) })}>
                    {t.lookupPick}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

function Decisions({ story, onBack, gate }: { story: number; onBack: () => void; gate: RuleBody['gate'] | undefined }) {
  const t = useText();
  const query = useApi<WhyBody>(['alerts', 'why', story], (init) => api.getAlertsWhy({ story }, init), { every: 30 });
  return (
    <Panel
      title={t.lookup}
      query={query}
      rows={5}
      actions={
        <Button look="quiet" onClick={onBack}>
          {t.lookupBack}
        </Button>
      }
      empty={(w) => (w.decisions.length > 0 ? null : { because: t.decisionsNone })}
    >
      {(w) => (
        <ul className="divide-y divide-line">
          {w.decisions.map((d) => (
            <Decision key={d.alert_id} item={d} gate={gate} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Decision({ item: d, gate }: { item: WhyItem; gate: RuleBody['gate'] | undefined }) {
  const t = useText();
  const reason = useReason();
  return (
    <li className="py-3 first:pt-1">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <StockLink code={d.stock.code} name={d.stock.name} />
        <span className="text-xs text-muted">{t.kinds[d.kind]}</span>
        <Badge tone={d.sent ? 'strong' : 'plain'}>{d.sent ? t.wasAlert : d.digest ? t.wasDigest : t.wasNot}</Badge>
      </p>
      <dl className="mt-1.5 space-y-1 text-xs">
        <Row name={t.why}>
          <Foreign>{reason(d.reason)}</Foreign>
        </Row>
        <Row name={t.decidedAt}>
          <Time at={d.decided_at} as="exact" />
        </Row>
        {d.sent || d.digest ? (
          <Row name={t.mine}>
            <Mine mine={d.mine} />
          </Row>
        ) : null}
      </dl>
      {d.options.length > 0 ? (
        <div className="mt-2 text-xs">
          <Options options={d.options} gate={gate} />
        </div>
      ) : null}
    </li>
  );
}
