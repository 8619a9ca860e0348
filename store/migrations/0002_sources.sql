-- How fresh each source is, and what each of its parts wants to be reminded of at the next fetch.
create table sources (
    name            text primary key,
    configured      boolean not null default false, -- among those that the scheduler declared last: it can be crawled
    last_attempt_at timestamptz,               -- application clock, as all times of this table
    last_success_at timestamptz,
    last_item_at    timestamptz,               -- when it last showed something new
    items           bigint not null default 0, -- new items over its life
    last_error      text not null default '',
    last_error_at   timestamptz,
    errors_in_row   integer not null default 0
);

create table bookmarks (
    source text not null references sources,
    part   text not null,
    mark   text not null,
    primary key (source, part)
);
