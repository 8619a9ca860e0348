-- Levels of the indices per day, in points, in all versions.
create table index_days (
    id       bigint generated always as identity primary key,
    name     text not null,
    day      date not null,
    open     numeric(12,2) not null default 0,
    high     numeric(12,2) not null default 0,
    low      numeric(12,2) not null default 0,
    close    numeric(12,2) not null check (close > 0),
    source   text not null,
    revision integer not null,
    known_at timestamptz not null,
    unique (name, day, source, revision)
);
