-- How each model fared, by base day, and the report on the whole of its record. Both are made again from predictions and
-- outcomes at any time; the report is the program's own document, read by the version that wrote it.
create table daily_performance (
    model_id      bigint not null references models,
    horizon       smallint not null check (horizon > 0),
    origin        text not null check (origin in ('live', 'backtest')),
    day           date not null,             -- the base day
    articles      integer not null,          -- predictions that were judged
    stock_days    integer not null,          -- the unit of evidence
    void          integer not null,
    said          integer not null,          -- stock-days of which a direction was said
    hits          integer not null,          -- of them, right
    ups           integer not null,
    brier         double precision not null, -- means over stock-days
    base_brier    double precision not null,
    log_loss      double precision not null,
    base_log_loss double precision not null,
    ic            double precision,          -- null where there is none
    judged_at     timestamptz not null,      -- application clock
    primary key (model_id, horizon, origin, day)
);
create index daily_performance_recent on daily_performance (day desc, model_id, horizon, origin);

create table scorecards (
    model_id  bigint not null references models,
    horizon   smallint not null check (horizon > 0),
    origin    text not null check (origin in ('live', 'backtest')),
    revision  text not null,                 -- of what it was made from
    judged_at timestamptz not null,          -- application clock
    report    jsonb not null,
    primary key (model_id, horizon, origin)
);
