-- Which embedder versions there are, and which of them is in use. A fitted version keeps its frozen table; its name
-- holds the table's hash. One row of embedding says what joins stories, what finds neighbours, and what is being filled
-- beside them: every new article gets a vector of each.
create table embedders (
    version    text primary key,
    idf        bytea,                        -- null for a version without a table
    articles   integer not null default 0,   -- how many it was fitted on
    created_at timestamptz not null default now()
);
create table embedding (
    only_row   boolean primary key default true check (only_row),
    joins      text not null references embedders,
    searches   text not null references embedders,
    target     text references embedders check (target <> joins or target <> searches),
    changed_at timestamptz not null default now()
);
insert into embedders (version) values ('hash-c23-v1/flat');
insert into embedding (joins, searches) values ('hash-c23-v1/flat', 'hash-c23-v1/flat');
