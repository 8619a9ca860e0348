-- Daily bars in all their versions. A reader takes, per stock and day, the version with the latest known_at that is not
-- after its as_of.
create table bars (
    id         bigint generated always as identity primary key,
    code       text not null,
    day        date not null,
    open       bigint not null default 0,
    high       bigint not null default 0,
    low        bigint not null default 0,
    close      bigint not null check (close > 0),
    volume     bigint not null default 0,
    adj_factor double precision not null default 1,
    source     text not null,
    revision   integer not null default 1,  -- 1 is the source's first row of the day, higher ones are its corrections
    known_at   timestamptz not null,
    stored_at  timestamptz not null default now(),
    unique (code, day, source, revision)
);
create index bars_panel on bars (day, code, known_at desc, id desc);
create index bars_stock on bars (code, day desc);
create index bars_known on bars (known_at);

-- Bars that differ in their close from what was known of the day before: outcomes over it are to be looked at again.
create table corrections (
    bar_id bigint primary key references bars on delete cascade
);
