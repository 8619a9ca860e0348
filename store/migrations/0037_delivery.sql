-- A notice is decided first (due, or suppressed with why) and claimed when its message is about to leave; whoever claims it
-- is named, so that his death is known to leave it ambiguous. A message that was sent is edited until the chat shows the
-- version that is wanted.
alter table notices drop constraint notices_state_check;
alter table notices
    add constraint notices_state_check check (state in ('due', 'claimed', 'sent', 'suppressed', 'failed', 'refused', 'ambiguous')),
    add column wanted integer not null default 1,      -- the version that text is
    add column shown integer not null default 0,       -- the version that the chat has been given; 0: none
    add column claimed_by text not null default '';    -- the process that sends it
update notices set shown = 1 where state = 'sent';

drop index notices_open;
create index notices_open on notices (state, claimed_at) where state in ('due', 'claimed', 'failed');
create index notices_due on notices (alert_id, id) where state in ('due', 'failed') or state = 'sent' and shown < wanted;
create index notices_ambiguous on notices (id) where state = 'ambiguous';

alter table alerts
    add column planned_at timestamptz,                    -- when it was decided who gets it (wall clock)
    add column edit_due boolean not null default false;   -- messages about it are to be brought in line
update alerts set planned_at = told_at where told_at is not null;
drop index alerts_due;
create index alerts_due on alerts (id) where send and (told_at is null or edit_due);

-- Recipients who get nothing of an alert for one and the same reason, all in one row: nearly everybody, of most alerts.
create table held_back (
    alert_id      bigint not null references alerts,
    reason        text not null,
    recipient_ids bigint[] not null,
    primary key (alert_id, reason)
);
