-- Every change of a run raises its version: who follows it knows what he has seen.
alter table runs add column version bigint not null default 1;

create function runs_raise_version() returns trigger language plpgsql as $$
begin
    new.version := old.version + 1;
    return new;
end $$;
create trigger runs_raise_version before update on runs for each row when (old.* is distinct from new.*) execute function runs_raise_version();
