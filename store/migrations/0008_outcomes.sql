-- What a stock did after a story. Nothing may use a row before its known_at.
create table outcomes (
    id         bigint generated always as identity primary key,
    story_id   bigint not null references stories,
    code       text not null,
    horizon    smallint not null check (horizon > 0),
    version    integer not null default 1,
    base_day   date not null,
    target_day date not null,
    return_pct double precision not null,
    excess_pct double precision not null,
    sigma_pct  double precision not null,
    flat       boolean not null,
    void       text not null default '',
    known_at   timestamptz not null,
    created_at timestamptz not null default now(),
    unique (story_id, code, horizon, version)
);
create index outcomes_known on outcomes (known_at);
create index outcomes_base on outcomes (base_day);
