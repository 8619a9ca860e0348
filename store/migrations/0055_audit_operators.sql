-- What is changed from the command line is in the audit log, too: nobody is signed in there, so that the row names the
-- account of the operating system instead.
alter table audit alter column actor_id drop not null;
alter table audit add column operator text not null default '';
alter table audit add constraint audit_has_an_actor check ((actor_id is null) <> (operator = ''));

create or replace function audit_only_grows() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.status is null and new.status is not null
        and (new.id, new.at, new.actor_id, new.operator, new.action, new.path, new.input::text, new.request_id, new.address)
            is not distinct from (old.id, old.at, old.actor_id, old.operator, old.action, old.path, old.input::text, old.request_id, old.address) then
        return new;
    end if;
    raise exception 'the audit log only grows';
end $$;
