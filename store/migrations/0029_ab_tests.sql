-- Experiments between two models. What is registered never changes afterwards, so that nobody can choose a question by
-- its answer; days are written once, in their order, when all their outcomes are known. Only live predictions count.
create table ab_tests (
    id          bigint generated always as identity primary key,
    name        text not null check (name <> ''),
    model_a     bigint not null references models,
    model_b     bigint not null references models,
    metric      text not null check (metric = 'brier'),
    horizon     smallint not null check (horizon > 0),
    codes       text[] not null default '{}',  -- the stocks that count; empty means all
    starts_on   date not null,                 -- the first base day that counts
    comparisons integer not null check (comparisons between 1 and 100),
    ordered_by  bigint references users,
    created_at  timestamptz not null,          -- application clock
    verdict     text not null default 'collecting',
    ended_at    timestamptz,                   -- application clock; null while it runs
    stopped_by  bigint references users,
    reason      text not null default '',
    check (model_a <> model_b)
);
create index ab_tests_recent on ab_tests (id desc);
create index ab_tests_running on ab_tests (id) where ended_at is null;

create table ab_days (
    test_id    bigint not null references ab_tests,
    day        date not null,
    diff       double precision not null, -- mean of Brier(B) - Brier(A) over stock-days
    bound      double precision not null,
    stock_days integer not null,
    judged_at  timestamptz not null,      -- application clock
    primary key (test_id, day)
);

create function ab_tests_keep_what_was_registered() returns trigger language plpgsql as $$
begin
    if (new.model_a, new.model_b, new.metric, new.horizon, new.codes, new.starts_on, new.comparisons, new.created_at)
        is distinct from (old.model_a, old.model_b, old.metric, old.horizon, old.codes, old.starts_on, old.comparisons, old.created_at) then
        raise exception 'what an experiment has registered does not change';
    end if;
    return new;
end $$;
create trigger ab_tests_registered before update on ab_tests for each row execute function ab_tests_keep_what_was_registered();
