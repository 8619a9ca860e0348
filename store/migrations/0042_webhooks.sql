-- A recipient may be a webhook: what is posted there is signed with its secret.
alter table recipients add column hook_url text check (hook_url <> '');
alter table recipients add column hook_secret text not null default '';
create unique index recipients_hook on recipients (hook_url);
