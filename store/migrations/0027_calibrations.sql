-- What a model's distances from the base rate have been worth, in versions. A prediction applies the newest version whose
-- known_at is not after its as_of; a version rests on outcomes known by its known_at alone.
create table calibrations (
    id         bigint generated always as identity primary key,
    model_id   bigint not null references models,
    horizon    smallint not null check (horizon > 0),
    origin     text not null check (origin in ('live', 'backtest')),
    known_at   timestamptz not null,     -- application clock
    intercept  double precision not null,
    slope      double precision not null,
    slope_low  double precision not null, -- 80 % interval
    slope_high double precision not null,
    stock_days integer not null,
    drifting   boolean not null default false, -- the slope was halved, since the loss had got worse
    created_at timestamptz not null default now(),
    unique (model_id, origin, horizon, known_at)
);

alter table predictions add column raw double precision; -- the probability before recalibration; null without one
alter table predictions add column calibration_id bigint references calibrations;
