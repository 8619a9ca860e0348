-- How fast ordered work drains, measured when more of it is ordered.
create index runs_finished on runs (finished_at) where finished_at is not null;
create index model_calls_ordered on model_calls (done_at) where run_id is not null and done_at is not null;
