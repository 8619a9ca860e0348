-- What is rung for periodically, edited at run time, and every tick that was rung: the unique row decides who rings.
create table schedules (
    name       text primary key,
    kind       text not null,
    payload    jsonb not null default '{}',
    queue      text not null,
    cron       text not null,            -- five fields or "@every 60s", in KST on the application clock
    paused     boolean not null default false,
    misfire    text not null default 'once' check (misfire in ('skip', 'once', 'all')),
    max_late_s integer not null default 3600 check (max_late_s > 0), -- a tick missed by more is not made up for
    last_tick  timestamptz,              -- application clock
    edited_by  bigint references users,
    edited_at  timestamptz,
    updated_at timestamptz not null default now()
);

create table ticks (
    schedule text not null references schedules on delete cascade,
    tick     timestamptz not null,       -- application clock
    rung_by  text not null,              -- the process whose row this is
    made_at  timestamptz not null default now(),
    rung_at  timestamptz,                -- null: the row is there, the ring was perhaps lost
    done_at  timestamptz,
    outcome  text not null default '',   -- 'done', or why it was not run
    primary key (schedule, tick)
);
create index ticks_open on ticks (made_at) where done_at is null;
create index ticks_old on ticks (done_at) where done_at is not null;
