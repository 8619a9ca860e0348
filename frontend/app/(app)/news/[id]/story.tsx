'use client';

import Link from 'next/link';
import { Badge, Delta, Foreign, StockLink } from '@/components/marks';
import { Panel } from '@/components/panel';
import { DataTable, type Column } from '@/components/table';
import { Time } from '@/components/time';
import { api, type ArticleAnswer, type OptionItem, type WhyBody, type WhyItem } from '@/lib/api';
import { formatDecimal, formatDuration, formatPercent } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi, type Asked } from '@/lib/query';
import { hrefs } from '@/lib/routes';
import { useCommon } from '@/lib/words';
import { outsideOf, timeline, type Moment } from './article';
import { useText } from './words';

interface Part {
  article: Asked<ArticleAnswer>;
}

/** Who told it first, who after that, and which later stories echo it. */
export function Story({ article }: Part) {
  const t = useText();
  return (
    <Panel
      title={t.story.title}
      note={article.data ? t.story.note(article.data.articles) : undefined}
      query={article}
      empty={(a) => (a.story_id === null ? { because: t.story.empty } : null)}
    >
      {(a) => {
        const moments = timeline(a.tellings, a.echoes);
        return (
          <>
            {a.echo_of !== null ? (
              <p className="mb-3 rounded-control bg-sunken px-3 py-2 text-xs">
                {t.story.echoOf}{' '}
                {a.echo_article_id ? (
                  <Link href={hrefs.article(a.echo_article_id)} prefetch={false} className="link">
                    {t.story.echoOfLink}
                  </Link>
                ) : null}
              </p>
            ) : null}
            <ol className="relative space-y-3 border-l border-line pl-4">
              {moments.map((m) => (
                <Told key={m.id} moment={m} here={m.id === a.id} />
              ))}
            </ol>
            {moments.length === 1 ? <p className="mt-3 text-xs text-muted">{t.story.alone}</p> : null}
          </>
        );
      }}
    </Panel>
  );
}

function Told({ moment: m, here }: { moment: Moment; here: boolean }) {
  const t = useText();
  const locale = useLocale();
  const outside = outsideOf(m.url);
  return (
    <li className="relative">
      <span aria-hidden="true" className={`absolute top-1.5 -left-[1.31rem] size-2.5 rounded-full border-2 border-surface ${m.cosine === null ? 'bg-line ring-1 ring-muted' : 'bg-ink'}`} />
      <p className="flex flex-wrap items-baseline gap-x-2 text-xs text-muted">
        <span className="tabular font-medium text-ink">{m.after === 0 ? t.story.first : t.story.after(formatDuration(m.after, locale))}</span>
        <span className="line-clamp-1 max-w-64">
          <Foreign>{m.press}</Foreign>
        </span>
        <Time at={m.at} as="clock" />
        {m.cosine === null ? <Badge>{t.story.echo}</Badge> : m.after > 0 ? <span className="tabular">{t.story.cosine(formatDecimal(m.cosine))}</span> : null}
        {here ? <Badge tone="strong">{t.story.here}</Badge> : null}
      </p>
      <p className={here ? 'line-clamp-2' : ''}>
        {here ? (
          <Foreign>{m.title || t.untitled}</Foreign>
        ) : (
          <Link href={hrefs.article(m.id)} prefetch={false} className="line-clamp-2 min-h-6 hover:underline">
            <Foreign>{m.title || t.untitled}</Foreign>
          </Link>
        )}
      </p>
      {outside ? (
        <a href={outside} target="_blank" rel="noreferrer noopener" className="link text-xs text-muted">
          {t.story.original} ↗
        </a>
      ) : null}
    </li>
  );
}

/** Why the reader was, or was not, alerted of the story. */
export function Why({ article }: Part) {
  const t = useText();
  const story = article.data?.story_id ?? null;
  const why = useApi<WhyBody>(['alerts', 'why', story], (init) => api.getAlertsWhy({ story: story ?? 0 }, init), { every: 60, enabled: story !== null });
  const rule = (
    <Link href={hrefs.rule()} prefetch={false} className="link text-xs text-muted">
      {t.why.rule}
    </Link>
  );
  if (story === null) {
    return (
      <Panel title={t.why.title} query={article} actions={rule} empty={() => ({ because: t.why.empty })}>
        {() => null}
      </Panel>
    );
  }
  return (
    <Panel title={t.why.title} query={why} actions={rule} empty={(w) => (w.decisions.length > 0 ? null : { because: t.why.empty })}>
      {(w) => (
        <ul className="divide-y divide-line">
          {w.decisions.map((d) => (
            <Decision key={d.alert_id} decision={d} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Decision({ decision: d }: { decision: WhyItem }) {
  const t = useText();
  const common = useCommon();
  const columns: Column<OptionItem>[] = [
    {
      key: 'horizon',
      head: t.why.horizon,
      lead: true,
      cell: (o) => (
        <Link href={hrefs.prediction(o.prediction_id)} prefetch={false} className="link">
          {common.horizon(o.horizon)}
        </Link>
      ),
    },
    { key: 'shift', head: t.why.shift, end: true, cell: (o) => <Delta value={o.shift} unit="points" /> },
    { key: 'score', head: t.why.score, end: true, cell: (o) => <span className="tabular">{formatPercent(o.score_pct)}</span> },
    { key: 'reason', head: t.why.reason, cell: (o) => <span className="text-xs">{o.explanation}</span> },
  ];
  return (
    <li className="space-y-2 py-3 first:pt-0.5 last:pb-0">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <StockLink code={d.stock.code} name={d.stock.name} />
        <Badge tone={d.sent ? 'strong' : 'plain'}>{d.sent ? (d.digest ? t.why.digest : t.why.sent) : t.why.notSent}</Badge>
        <span className="text-xs text-muted">
          {t.why.kinds[d.kind]} · <Time at={d.decided_at} as="clock" />
        </span>
      </p>
      <p>{d.explanation}</p>
      {d.mine ? (
        <p className="rounded-control bg-sunken px-3 py-2 text-xs">
          <span className="font-medium">{t.why.mine[d.mine.state]}</span>
          {d.mine.in_digest ? ` · ${t.why.inDigest}` : ''}
          {d.mine.explanation ? ` · ${d.mine.explanation}` : ''}
          {d.mine.sent_at ? (
            <>
              {' · '}
              <Time at={d.mine.sent_at} clock="wall" as="exact" />
            </>
          ) : null}
        </p>
      ) : null}
      {d.options.length > 0 ? (
        <details className="text-xs">
          <summary className="link inline-block text-muted">{t.why.options}</summary>
          <div className="mt-2">
            <DataTable caption={t.why.options} columns={columns} rows={d.options} rowKey={(o) => o.prediction_id} />
          </div>
        </details>
      ) : null}
      <Link href={hrefs.alert(d.alert_id)} prefetch={false} className="link text-xs text-muted">
        {t.why.open}
      </Link>
    </li>
  );
}
