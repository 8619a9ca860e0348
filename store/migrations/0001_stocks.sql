-- Stocks that the program tracks, and every listed name, so that a shorter tracked name inside a longer listed one is
-- not taken for it.
create table stocks (
    code       text primary key check (code ~ '^[0-9A-Z]{6}$'),
    name       text not null check (name <> ''),
    aliases    text[] not null default '{}',
    priority   smallint not null default 3 check (priority between 1 and 5),
    active     boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table listings (
    code       text primary key check (code ~ '^[0-9A-Z]{6}$'),
    name       text not null check (name <> ''),
    market     text not null default '',
    updated_at timestamptz not null default now()
);
