-- A recipient belongs to a user, who may have no chat yet, or is a bare chat; what it wants to hear stands beside it.
alter table recipients alter column chat_id drop not null;
alter table recipients add column watch_all boolean not null default false; -- every stock, whatever the list says
alter table recipients add column min_shift double precision not null default 0 check (min_shift between 0 and 0.5);
alter table recipients add column horizons smallint[] not null default '{1,3,5}';
alter table recipients add column direction smallint not null default 0 check (direction in (-1, 0, 1));
alter table recipients add column urgent boolean not null default true;
alter table recipients add column digest boolean not null default true;
alter table recipients add column muted_until timestamptz; -- application clock
update recipients set watch_all = true where codes = '{}';
create unique index recipients_user on recipients (user_id);
create index recipients_codes on recipients using gin (codes);
