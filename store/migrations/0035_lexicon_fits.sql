-- What a score of words was worth, as of the beginning of a KST day. The first fit of a day is the day's, for all workers.
create table lexicon_fits (
    version    text not null,          -- of the words
    day        date not null,
    horizon    smallint not null check (horizon > 0),
    slope      double precision not null,
    stock_days integer not null,
    fitted_at  timestamptz not null default now(),
    primary key (version, day, horizon)
);
