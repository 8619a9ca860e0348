-- Receipts: hashes of live predictions' contents in a chain, made before the outcomes are known. Nothing here is a text.
create table seals (
    number    bigint primary key check (number >= 1), -- without a gap
    version   smallint not null,                      -- of how contents are hashed
    previous  bytea not null,                         -- head of the seal before; 32 zero bytes for the first
    head      bytea not null,
    count     integer not null check (count > 0),
    sealed_at timestamptz not null default now()      -- wall clock
);

create table sealed_predictions (
    prediction_id bigint primary key references predictions,
    seal          bigint not null references seals,
    position      integer not null check (position >= 1), -- within its seal, without a gap
    hash          bytea not null,
    unique (seal, position)
);

-- A call's predictions are written in one transaction, so that it is sealed as a whole and none is missed.
alter table model_calls add column sealed boolean not null default false;
create index model_calls_unsealed on model_calls (id) where state = 'done' and origin = 'live' and not sealed;
