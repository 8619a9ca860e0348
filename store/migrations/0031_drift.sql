-- What drifts of what comes in, as it was looked at last: a few rows, all replaced together.
create table drift_flags (
    name      text primary key,
    value     double precision not null,
    bound     double precision not null,
    judged_at timestamptz not null      -- application clock
);
