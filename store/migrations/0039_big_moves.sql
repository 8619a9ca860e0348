-- Moves beyond two sigmas: what alerts should have announced.
create index outcomes_big on outcomes (base_day desc, story_id desc)
    where horizon = 1 and void = '' and sigma_pct > 0 and abs(excess_pct) > 2 * sigma_pct;
