-- Ordered pieces of work. key names what was ordered: while a run with it is open, ordering it again gives that run.
create table runs (
    id          bigint generated always as identity primary key,
    kind        text not null,
    key         text not null,
    params      jsonb not null,
    state       text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    total       integer not null default 0,
    done        integer not null default 0,
    failed      integer not null default 0,
    result      jsonb,
    error       text not null default '',
    ordered_by  bigint references users,
    cancelled_by bigint references users,
    reason      text not null default '',
    created_at  timestamptz not null default now(),
    started_at  timestamptz,
    finished_at timestamptz
);
create unique index runs_open on runs (kind, key) where state in ('queued', 'running');
create index runs_recent on runs (id desc);

alter table model_calls add constraint model_calls_run_fk foreign key (run_id) references runs;
