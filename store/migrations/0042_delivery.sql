-- Whoever claims a message is named, so that his death is known to leave it ambiguous.
alter table notices add column claimed_by text not null default '';
drop index notices_open;
create index notices_open on notices (state, claimed_at) where state in ('due', 'claimed', 'failed');
create index notices_ambiguous on notices (id) where state = 'ambiguous';
