-- Models, their calls, and the append-only predictions made under each call. A call is written together with its story,
-- so that what is due can always be found again.
create table models (
    id         bigint generated always as identity primary key,
    name       text not null unique,
    kind       text not null,
    role       text not null check (role in ('champion', 'challenger', 'retired')),
    version    text not null,
    settings   jsonb not null default '{}',
    created_at timestamptz not null default now()
);
create unique index models_champion on models (role) where role = 'champion';
insert into models (name, kind, role, version) values
    ('analogue', 'analogue', 'champion', 'analogue-1'),
    ('baseline', 'baseline', 'challenger', 'baseline-1');

create table model_calls (
    id              bigint generated always as identity primary key,
    story_id        bigint not null references stories,
    model_id        bigint not null references models,
    generation      integer not null default 1 check (generation >= 1),
    run_id          bigint,
    origin          text not null default 'live' check (origin in ('live', 'backtest')),
    state           text not null default 'due' check (state in ('due', 'done', 'skipped')),
    note            text not null default '',
    prompt_hash     text not null default '',
    input_tokens    integer not null default 0,
    output_tokens   integer not null default 0,
    cost_micro_won  bigint not null default 0,
    latency_ms      integer not null default 0,
    created_at      timestamptz not null default now(),
    done_at         timestamptz,
    decided_at      timestamptz,             -- when it was decided whom to alert; null while that is due
    unique (story_id, model_id, generation)
);
create index model_calls_due on model_calls (id) where state = 'due';
create index model_calls_undecided on model_calls (id) where state = 'done' and decided_at is null;
create index model_calls_run on model_calls (run_id) where run_id is not null;

create table predictions (
    id           bigint generated always as identity primary key,
    call_id      bigint not null references model_calls,
    story_id     bigint not null references stories,
    code         text not null,
    model_id     bigint not null references models,
    horizon      smallint not null check (horizon > 0),
    generation   integer not null check (generation >= 1),
    as_of        timestamptz not null,
    made_at      timestamptz not null,
    probability  double precision not null check (probability between 0 and 1),
    base_rate    double precision not null check (base_rate between 0 and 1),
    expected_pct double precision not null,
    low_pct      double precision not null,
    high_pct     double precision not null,
    late         boolean not null,
    origin       text not null check (origin in ('live', 'backtest')),
    note         text not null default '',
    evidence     jsonb not null,
    unique (story_id, code, model_id, horizon, generation)
);
create index predictions_recent on predictions (as_of desc, id desc);
create index predictions_stock on predictions (code, as_of desc, id desc);
create index predictions_model on predictions (model_id, horizon, as_of desc, id desc);
create index predictions_again on predictions (generation, as_of desc, id desc) where generation > 1;
create index predictions_call on predictions (call_id);
