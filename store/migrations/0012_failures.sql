-- Every piece of work that failed, kept until it succeeds or an operator closes it. One open row per piece of work.
create table failures (
    id          bigint generated always as identity primary key,
    kind        text not null,
    key         text not null,
    queue       text not null,
    payload     bytea not null,
    fingerprint text not null,
    error       text not null,
    attempts    integer not null default 1,
    state       text not null default 'retrying' check (state in ('retrying', 'gave_up', 'resolved')),
    first_at    timestamptz not null default now(),
    last_at     timestamptz not null default now()
);
create unique index failures_open on failures (kind, key) where state <> 'resolved';
create index failures_recent on failures (last_at desc, id desc);
create index failures_fingerprint on failures (fingerprint) where state <> 'resolved';
