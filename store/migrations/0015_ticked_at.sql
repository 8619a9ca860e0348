-- When a schedule's last tick was written, on the wall clock. Application clocks of two processes differ by what passes
-- between two looks at their source; a clock that was set back stays back.
alter table schedules add column ticked_at timestamptz;
