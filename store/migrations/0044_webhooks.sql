-- A recipient may be a webhook: what is posted there is signed with its secret.
alter table recipients add column hook_url text check (hook_url <> '');
alter table recipients add column hook_secret text not null default '';
create unique index recipients_hook on recipients (hook_url);
-- One that does not take a message is asked again later, whatever becomes of the others.
alter table notices add column retry_at timestamptz;                   -- wall clock: not tried again before
alter table notices add column edit_tries smallint not null default 0; -- of the version that is to be shown
