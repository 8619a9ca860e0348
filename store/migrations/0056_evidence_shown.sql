-- What lists show of a prediction's evidence stands beside it: to count the neighbours, each row's evidence was unpacked.
alter table predictions
    add column neighbours integer generated always as (coalesce(jsonb_array_length(nullif(evidence -> 'neighbours', 'null')), 0)) stored,
    add column effective double precision generated always as (coalesce((evidence ->> 'effective')::double precision, 0)) stored;

-- The few calls that stand in for a champion, for the look whether a prediction is of one.
create index model_calls_stood_in on model_calls (id) include (stands_for) where stands_for is not null;
