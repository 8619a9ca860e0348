-- Stories: articles that tell the same thing. A story's companies never change: an article joins only a story with its
-- own set of companies.
create table stories (
    id               bigint generated always as identity primary key,
    first_article_id bigint not null unique references articles,
    codes            text[] not null,
    available_at     timestamptz not null,
    echo_of          bigint references stories,
    articles         integer not null default 1,
    filing_due       boolean not null default false, -- a filing of which it is not yet decided whether it is urgent
    origin           text not null default 'live' check (origin in ('live', 'backtest')),
    created_at       timestamptz not null default now()
);
create index stories_codes on stories (codes, available_at, id);
create index stories_echoes on stories (echo_of) where echo_of is not null;
create index stories_filings on stories (id) where filing_due;
create index stories_recent on stories (available_at desc, id desc);

alter table articles add constraint articles_story_fk foreign key (story_id) references stories;

create table story_codes (
    story_id     bigint not null references stories on delete cascade,
    code         text not null,
    available_at timestamptz not null,
    base_day     date not null,            -- its close is the base of every outcome of the pair
    resolved     smallint not null default 0, -- horizons with an outcome
    primary key (story_id, code)
);
create index story_codes_stock on story_codes (code, available_at desc, story_id desc);
create index story_codes_due on story_codes (base_day) where resolved < 3;
