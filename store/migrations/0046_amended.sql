-- What of an alert's story and outcomes its messages tell already: the number of articles and the versions of outcomes.
alter table alerts add column amended text not null default '';
create index alerts_sent on alerts (decided_at) where send;
