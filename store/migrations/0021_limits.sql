-- How often each upstream, model or chat may be asked. A key may end in *; 0 means that there is no such limit.
create table limits (
    key        text primary key check (key <> ''),
    per_second double precision not null default 0 check (per_second >= 0),
    per_minute double precision not null default 0 check (per_minute >= 0),
    burst      integer not null default 0 check (burst >= 0),
    per_day    bigint not null default 0 check (per_day >= 0),
    changed_at timestamptz,              -- null: as the program declared it
    changed_by bigint references users,
    check (per_second > 0 or per_minute > 0)
);
