-- Processes of the fleet and what each has in hand. A process beats every second; one that has been silent for five is
-- declared dead by the leader, and what it had in hand is rung for again.
create table workers (
    id         text primary key,          -- host/pid/random: a restarted process is another one
    role       text not null,
    host       text not null,
    pid        integer not null,
    version    text not null,
    state      text not null default 'running' check (state in ('running', 'draining', 'gone', 'dead')),
    in_flight  jsonb not null default '[]',
    started_at timestamptz not null default now(),
    beat_at    timestamptz not null default now(),
    ended_at   timestamptz
);
create index workers_alive on workers (beat_at) where state in ('running', 'draining');
create index workers_recent on workers (started_at desc, id);

-- A crash is counted apart from failures of the work itself: it burns no attempt, but work that keeps taking its worker
-- down is quarantined.
alter table failures add column crashes integer not null default 0;
alter table failures drop constraint failures_state_check;
alter table failures add constraint failures_state_check check (state in ('retrying', 'gave_up', 'quarantined', 'resolved'));

-- Work that was finished while Redis could not be told. A ring of it that comes back is dropped.
create table finished_tasks (
    id          text primary key,
    finished_at timestamptz not null default now()
);
create index finished_tasks_old on finished_tasks (finished_at);
