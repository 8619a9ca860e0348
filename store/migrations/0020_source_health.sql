-- Whether a source may be crawled, how its last attempts went, and how long it was silent at which hour.
alter table sources
    add column off         boolean not null default false,  -- an admin has switched it off
    add column recent      bigint not null default 0,       -- its last 32 attempts, the newest in the lowest bit; 1: failed
    add column attempts    integer not null default 0,      -- how many of them there were, at most 32
    add column counted     integer not null default 0,      -- how many since the breaker was closed, at most 32
    add column open_until  timestamptz,                     -- the breaker is open, or past this half open (wall clock)
    add column probe_until timestamptz,                     -- somebody tries the source, at most so long (wall clock)
    add column opened      integer not null default 0;      -- how often the breaker opened since it was closed

create table source_hours (
    hour      timestamptz not null,      -- application clock
    source    text not null references sources,
    silence_s integer not null,          -- the longest time without anything new that a crawl of this hour saw
    primary key (hour, source)
);
