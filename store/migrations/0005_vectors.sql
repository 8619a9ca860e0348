-- The truth behind every vector index. A reader tails it by written: transactions become visible in no order, but those
-- below a snapshot's xmin have all ended. A row must get its id after its transaction has one.
create table vectors (
    id           bigint generated always as identity primary key,
    article_id   bigint not null references articles on delete cascade,
    embedder     text not null,
    codes        text[] not null,
    available_at timestamptz not null,
    floats       bytea not null,            -- little-endian float32, unit length
    written      xid8 not null default pg_current_xact_id(),
    unique (article_id, embedder)
);
create index vectors_tail on vectors (embedder, written, id);
