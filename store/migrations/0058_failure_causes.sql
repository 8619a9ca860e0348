-- What is known of a cause beside its failures: since when it is seen, whether it has come back, and what operators said.
create table failure_causes (
    fingerprint   text primary key,
    seen_at       timestamptz not null default now(), -- its first failure that is remembered
    begun_at      timestamptz not null default now(), -- since then some of its work is open; later than seen_at once it has come back
    note          text not null default '',
    noted_by      bigint references users,
    noted_at      timestamptz,
    ignored_until timestamptz,
    ignored_by    bigint references users
);
insert into failure_causes (fingerprint, seen_at, begun_at)
    select fingerprint, min(first_at), min(first_at) from failures group by fingerprint;
create index failure_causes_ignored on failure_causes (ignored_until) where ignored_until is not null;

-- The look whether anything of a cause is open, with each new failure.
create index failures_standing on failures (fingerprint) where state <> 'resolved';

-- How often a cause's work failed in each hour of the last days. Many connections count the same storm: each has a part of
-- its own, so that none waits for another.
create table failure_hours (
    fingerprint text not null,
    hour        timestamptz not null,
    part        smallint not null,
    failed      integer not null default 1,
    primary key (fingerprint, hour, part)
);
create index failure_hours_old on failure_hours (hour);
