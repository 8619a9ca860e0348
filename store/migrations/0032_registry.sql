-- The registry of models: what a language model is reached by and may cost, whose mean a pool is, and who is the champion
-- of which horizon. models.role says 'champion' of a model that has a row in champions; both change together.
alter table models
    add column provider          text not null default '',  -- base URL of its service; '' is the default one
    add column provider_model    text not null default '',
    add column prompt_version    text not null default '',
    add column training_cutoff   date,
    add column input_price       bigint not null default 0 check (input_price >= 0),   -- won per million tokens
    add column output_price      bigint not null default 0 check (output_price >= 0),
    add column daily_budget      bigint not null default 0 check (daily_budget >= 0),  -- won per KST day
    add column max_output_tokens integer not null default 0 check (max_output_tokens >= 0),
    add column old_max_tokens    boolean not null default false,
    add column members           bigint[] not null default '{}';

create table champions (
    horizon  smallint primary key check (horizon > 0),
    model_id bigint not null references models
);
insert into champions (horizon, model_id)
    select h, m.id from unnest('{1,3,5}'::smallint[]) as h cross join models m where m.role = 'champion';
drop index models_champion;

-- Whose place a call takes: that of a champion that could not be asked. Its predictions then count as the champion's.
alter table model_calls add column stands_for bigint references models;
create index model_calls_stand_ins on model_calls (stands_for) where stands_for is not null;
