-- The predictions of a day that lie farthest from their base rate, by model and horizon: the dashboard's first signals are
-- found without looking at all of a day. Days are those of UTC, since a window of any 24 hours touches two of either kind.
create index predictions_bold on predictions (model_id, horizon, ((as_of at time zone 'UTC')::date), abs(probability - base_rate) desc, id desc)
    where origin = 'live' and not late;

-- Of those who stood in, the newest stories' are looked for.
drop index model_calls_stand_ins;
create index model_calls_stand_ins on model_calls (stands_for, story_id) where stands_for is not null;
