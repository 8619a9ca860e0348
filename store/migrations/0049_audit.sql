-- Who changed what. A row is written before the change and gets its status after it: one without is of a process that
-- died in between. Rows are never changed otherwise, nor deleted.
create table audit (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default now(), -- wall clock
    actor_id   bigint not null references users,
    action     text not null,                      -- the route: "PATCH /api/limits/{key}"
    path       text not null,
    input      json not null default '{}',         -- what was asked for, without secrets; json takes any text, jsonb not
    status     smallint,                           -- what was answered; null: nobody knows
    request_id text not null default '',
    address    text not null default ''
);
create index audit_actor on audit (actor_id, id desc);
create index audit_action on audit (action, id desc);
create index audit_at on audit (at);

create function audit_only_grows() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.status is null and new.status is not null
        and (new.id, new.at, new.actor_id, new.action, new.path, new.input::text, new.request_id, new.address)
            is not distinct from (old.id, old.at, old.actor_id, old.action, old.path, old.input::text, old.request_id, old.address) then
        return new;
    end if;
    raise exception 'the audit log only grows';
end $$;
create trigger audit_only_grows before update or delete on audit for each row execute function audit_only_grows();
