'use client';

import { useMemo } from 'react';
import { Badge, Foreign, NotAdvice, StockChip } from '@/components/marks';
import { Page, Updated } from '@/components/page';
import { EmptyNote, Panel } from '@/components/panel';
import { Day, Time } from '@/components/time';
import { api, faultOf, type ArticleAnswer } from '@/lib/api';
import { formatDay } from '@/lib/format';
import { useLocale } from '@/lib/i18n';
import { useApi, type Asked } from '@/lib/query';
import { idOf, withSegment } from '@/lib/route';
import { hrefs } from '@/lib/routes';
import { marked, methodOf, outsideOf } from './article';
import { Predictions, Similar } from './evidence';
import { Story, Why } from './story';
import { useText } from './words';

export default withSegment(1, function ArticleView({ segment }) {
  const t = useText();
  const id = idOf(segment);
  const article = useApi(['news', 'article', segment], (init) => api.getNewsById(id ?? 0, init), { every: 30, enabled: id !== null });
  const { data } = article;
  if (id === null || (!data && article.error && faultOf(article.error).status === 404)) {
    return (
      <Page title={t.title}>
        <EmptyNote empty={{ because: t.notFound, next: { href: hrefs.news(), label: t.toList } }} />
      </Page>
    );
  }
  if (!data) {
    return (
      <Page title={t.title}>
        <Panel title={t.title} hideTitle query={article} rows={10}>
          {() => null}
        </Panel>
      </Page>
    );
  }
  return (
    <Page title={data.title || t.untitled} heading={<Heading article={data} />} lead={<Origin article={data} />} actions={<Updated query={article} />}>
      <div className="grid gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,3fr)]">
        <div className="min-w-0 space-y-4">
          <Text article={article} />
          <Similar article={article} />
          <Predictions article={article} />
        </div>
        <div className="min-w-0 space-y-4">
          <Why article={article} />
          <Companies article={article} />
          <Story article={article} />
        </div>
      </div>
      <NotAdvice />
    </Page>
  );
});

/** The title, its matched names marked. However long it is, the page stays one. */
function Heading({ article }: { article: ArticleAnswer }) {
  const t = useText();
  return (
    <span className="line-clamp-4" title={article.title.length > 300 ? article.title : undefined}>
      {article.title ? <Marked text={article.title} field="title" article={article} /> : t.untitled}
    </span>
  );
}

function Marked({ text, field, article }: { text: string; field: 'title' | 'summary'; article: ArticleAnswer }) {
  const pieces = useMemo(() => marked(text, field, article.companies), [text, field, article.companies]);
  return (
    <bdi className="foreign">
      {pieces.map((p, i) =>
        p.marked ? (
          <mark key={i} className="bg-transparent text-inherit underline decoration-2 underline-offset-4">
            {p.text}
          </mark>
        ) : (
          p.text
        ),
      )}
    </bdi>
  );
}

function Origin({ article: a }: { article: ArticleAnswer }) {
  const t = useText();
  return (
    <span className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 text-xs">
      <span className="line-clamp-1 max-w-64">
        <Foreign>{a.press || a.source}</Foreign>
      </span>
      <span>
        {t.published} {a.time_quality === 'date' ? <Day day={a.published_at} /> : <Time at={a.published_at} as="exact" />}
      </span>
      {a.kind === 'disclosure' ? <Badge>{t.disclosure}</Badge> : null}
      {a.origin === 'backtest' ? <Badge>{t.backtest}</Badge> : null}
      {a.mojibake ? <Badge tone="warn">{t.damaged}</Badge> : null}
    </span>
  );
}

interface Part {
  article: Asked<ArticleAnswer>;
}

function Text({ article }: Part) {
  const t = useText();
  return (
    <Panel title={t.title} hideTitle query={article}>
      {(a) => {
        const outside = outsideOf(a.url);
        return (
          <div className="space-y-3">
            {a.report_type ? (
              <p className="font-medium">
                <Foreign>{a.report_type}</Foreign>
              </p>
            ) : null}
            <p className={`line-clamp-[24] max-w-[70ch] leading-relaxed ${a.summary ? '' : 'text-muted'}`}>
              {a.summary ? <Marked text={a.summary} field="summary" article={a} /> : t.noSummary}
            </p>
            <p className="flex flex-wrap items-baseline gap-x-4 gap-y-1 text-xs text-muted">
              {outside ? (
                <a href={outside} target="_blank" rel="noreferrer noopener" className="link font-medium text-ink">
                  {t.original} ↗
                </a>
              ) : (
                <span>{t.noOriginal}</span>
              )}
              <span>
                {t.seen} <Time at={a.first_seen_at} as="exact" />
              </span>
              {a.time_quality === 'exact' ? null : <span>{a.time_quality === 'date' ? t.dateOnly : t.crawlTime}</span>}
            </p>
            <Session article={a} />
          </div>
        );
      }}
    </Panel>
  );
}

/** Which session knows of it first, and from which close returns are measured. */
function Session({ article: a }: { article: ArticleAnswer }) {
  const t = useText();
  const locale = useLocale();
  const known = a.phase && a.trades_day;
  return (
    <div className="rounded-control bg-sunken px-3 py-2 text-xs">
      <h3 className="font-medium">{t.session.title}</h3>
      <p className="mt-0.5">
        {a.phase && a.trades_day ? t.session[a.phase](formatDay(a.trades_day, locale)) : null}{' '}
        {a.base_day ? t.session.base(formatDay(a.base_day, locale)) : known ? null : t.session.unknown}
      </p>
    </div>
  );
}

function Companies({ article }: Part) {
  const t = useText();
  return (
    <Panel title={t.companies.title} query={article} empty={(a) => (a.companies.length > 0 ? null : { because: t.companies.empty })}>
      {(a) => (
        <ul className="divide-y divide-line">
          {a.companies.map((c, i) => (
            <li key={i} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2 first:pt-0.5 last:pb-0">
              <StockChip code={c.code} name={c.name} />
              <span className="text-xs text-muted">
                {t.companies.because(t.companies.methods[methodOf(c)], t.companies.fields[c.field])}
                {c.text && c.text !== c.name ? (
                  <>
                    {' '}
                    “<Foreign>{c.text}</Foreign>”
                  </>
                ) : null}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
