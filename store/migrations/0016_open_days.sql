-- What a source has said of days on which the exchange opens or does not. It is laid over the program's own table.
create table open_days (
    day        date primary key,
    open       boolean not null,
    source     text not null,
    learned_at timestamptz not null -- application clock: when this was first said
);
