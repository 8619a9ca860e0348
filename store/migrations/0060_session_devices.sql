-- Where a session was used last, so that its owner can tell his own from a stranger's. What has ended keeps neither.
alter table sessions add column address text not null default '';
alter table sessions add column agent text not null default '';
alter table sessions add column monitor boolean not null default false; -- of the queue's monitor, which is not refreshed
