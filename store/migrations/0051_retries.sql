-- Which failures a bulk retry is about, in the order in which they are let go: a dry run keeps what it has counted, and the
-- order runs on just that.
create table retries (
    id          bigint generated always as identity primary key,
    failure_ids bigint[] not null,
    next        integer not null default 0, -- how many of them were let go
    run_id      bigint references runs,     -- null: nobody has ordered it
    made_by     bigint references users,
    made_at     timestamptz not null default now()
);
create index retries_old on retries (made_at);

-- A cause's failures, the newest first.
create index failures_cause on failures (fingerprint, last_at desc, id desc);
drop index failures_fingerprint;
