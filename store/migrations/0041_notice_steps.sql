-- A notice is decided, then claimed, then sent. One without an alert is a part of a day's digest, which carries the held
-- ones. A message that was sent is edited when its text gets a newer version than the chat shows.
alter table notices alter column alert_id drop not null;
alter table notices add column part smallint not null default 1;
alter table notices add column digest_id bigint references notices on delete set null; -- which digest carries a held one
alter table notices add column prediction_id bigint references predictions;            -- what a signal's notice speaks of
alter table notices add column version integer not null default 1;                     -- of text
alter table notices add column shown integer not null default 1;                       -- the version that was sent last
alter table notices add column edit_error text not null default '';                    -- why the chat keeps an older version
alter table notices drop constraint notices_state_check;
alter table notices add constraint notices_state_check
    check (state in ('due', 'held', 'claimed', 'sent', 'suppressed', 'failed', 'refused', 'ambiguous'));
create unique index notices_digest on notices (recipient_id, day, part) where alert_id is null;
create index notices_due on notices (alert_id, id) where state in ('due', 'failed');
create index notices_held on notices (recipient_id, id) where state = 'held' and digest_id is null;
create index notices_edits on notices (id) where state = 'sent' and shown < version;

alter table alerts add column digest boolean not null default false; -- for digests only: the model's record proves nothing yet
drop index alerts_due;
create index alerts_due on alerts (id) where (send or digest) and told_at is null;
