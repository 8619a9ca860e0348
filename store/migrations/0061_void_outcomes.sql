-- The few outcomes that are void, for the list of their predictions.
create index outcomes_void on outcomes (story_id, code, horizon) where void <> '';
