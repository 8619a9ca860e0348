-- Which listed company is meant by the number under which a supervisor knows a filer. Refreshed daily; a company that is
-- delisted stays, as its old filings do.
create table filers (
    number     text primary key check (number <> ''),
    code       text not null check (code ~ '^[0-9A-Z]{6}$'),
    name       text not null default '',
    updated_at timestamptz not null default now()
);
