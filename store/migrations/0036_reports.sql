-- Versions of a stock's report: which predictions each is drawn from. Predictions never change, so that a version can
-- always be drawn again, and no text is kept twice.
create table reports (
    code           text not null,
    version        integer not null check (version >= 1),
    prediction_ids bigint[] not null,
    drawn_at       timestamptz not null,  -- application clock
    primary key (code, version)
);
