-- Addresses that were taken down: what was removed where, and the tombstone that keeps a later crawl from bringing it
-- back. The article's row stays without its words, for stories, alerts and predictions refer to it.
create table takedowns (
    id            bigint generated always as identity primary key,
    url           text not null unique check (url <> ''), -- canonical
    reason        text not null,
    ordered_by    bigint,                                 -- the user; null for the command line
    ordered_at    timestamptz not null default now(),     -- wall clock, as index_at
    article_ids   bigint[] not null default '{}',
    removed       jsonb not null default '{}',            -- rows by place, over all orders
    index_due     boolean not null default false,         -- the vector index may still hold something
    index_removed integer not null default 0,
    index_at      timestamptz                             -- when the index was last seen to hold nothing
);
create index takedowns_due on takedowns (id) where index_due;

alter table articles add column taken_down_at timestamptz;

-- Which vectors were removed, in the order of transactions: an index in memory tails it as it tails vectors.
create table vector_removals (
    article_id bigint not null,
    embedder   text not null,
    written    xid8 not null default pg_current_xact_id(),
    primary key (article_id, embedder)
);
create index vector_removals_tail on vector_removals (embedder, written);
