-- Which failures a bulk retry is about, in the order in which they are rung for: a dry run keeps what it has counted, and
-- the order runs on just that.
create table retries (
    id          bigint generated always as identity primary key,
    filter      jsonb not null,
    failure_ids bigint[] not null,
    next        integer not null default 0,    -- how many of them were let go
    run_id      bigint unique references runs, -- null: a dry run that nobody has ordered
    made_by     bigint references users,
    made_at     timestamptz not null default now()
);
create index retries_old on retries (made_at) where run_id is null;

-- A cause's failures, without reading their texts.
create index failures_cause on failures (fingerprint, state, last_at desc, id desc);
drop index failures_fingerprint;
