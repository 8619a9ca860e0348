-- Articles once each, every source's sighting of them, and the companies that they name.
create table articles (
    id             bigint generated always as identity primary key,
    source         text not null,
    external_id    text not null check (external_id <> ''),
    url            text check (url <> ''),  -- canonical; null when the source gives none
    press          text not null default '',
    title          text not null,
    summary        text not null default '',
    published_at   timestamptz not null,
    time_quality   text not null check (time_quality in ('exact', 'crawl', 'date')),
    first_seen_at  timestamptz not null,    -- application clock
    available_at   timestamptz not null,    -- nothing that looks back may see it earlier
    kind           text not null check (kind in ('news', 'disclosure')),
    filer          text not null default '',
    report_type    text not null default '',
    mojibake       boolean not null default false,
    origin         text not null default 'live' check (origin in ('live', 'backtest')),
    story_id       bigint,
    cosine         double precision,        -- to the first article of its story
    embedded_at    timestamptz,             -- null while the embedding step is due (wall clock)
    created_at     timestamptz not null default now(),
    check (available_at >= first_seen_at or origin = 'backtest')
);
create unique index articles_url on articles (url) where url is not null;
create unique index articles_external on articles (source, external_id);
create index articles_recent on articles (available_at desc, id desc);
create index articles_source on articles (source, available_at desc, id desc);
create index articles_press on articles (press, available_at desc, id desc);
create index articles_story on articles (story_id);
create index articles_due on articles (id) where embedded_at is null;

create table sightings (
    source      text not null,
    external_id text not null,
    article_id  bigint not null references articles on delete cascade,
    seen_at     timestamptz not null,
    primary key (source, external_id)
);
create index sightings_article on sightings (article_id);

create table matches (
    article_id bigint not null references articles on delete cascade,
    code       text not null,
    field      text not null check (field in ('title', 'summary', 'filer')),
    start_rune integer not null,
    end_rune   integer not null,
    text       text not null,
    primary key (article_id, code)
);
create index matches_code on matches (code, article_id desc);
