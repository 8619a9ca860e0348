-- What admins have set of the queues at run time. A queue without a row is as the program has it.
create table queue_controls (
    name        text primary key check (name <> ''),
    paused      boolean not null default false,
    concurrency integer check (concurrency between 1 and 1000), -- tasks at once in each worker; null: the program's own
    changed_by  bigint references users,
    changed_at  timestamptz not null default now()
);

-- A worker that is asked to drain learns it from its next beat.
alter table workers add column drain_asked_at timestamptz;
alter table workers add column drain_by bigint references users;
