-- Every request to a language model: what was reserved for it before it left, and what it came to. Its texts stand apart,
-- so that they can be erased; nothing that is sealed holds them.
create table model_spend (
    model_id  bigint not null references models,
    day       date not null,                 -- KST, wall clock
    micro_won bigint not null default 0 check (micro_won >= 0), -- settled, and reserved
    primary key (model_id, day)
);

create table model_requests (
    id              bigint generated always as identity primary key,
    call_id         bigint not null references model_calls,
    model_id        bigint not null references models,
    code            text not null,
    repair          boolean not null default false,  -- the one attempt to mend an answer
    day             date not null,                   -- of model_spend
    bound_micro_won bigint not null check (bound_micro_won >= 0),
    cost_micro_won  bigint not null check (cost_micro_won >= 0), -- the bound while it is open, and where nobody knows
    state           text not null default 'open' check (state in ('open', 'answered', 'flawed', 'refused', 'unknown')),
    flaw            text not null default '',
    prompt_version  text not null,
    prompt_hash     text not null,
    input_tokens    bigint not null default 0,
    output_tokens   bigint not null default 0,
    latency_ms      integer not null default 0,
    created_at      timestamptz not null default now(),
    ended_at        timestamptz
);
create index model_requests_call on model_requests (call_id, id);
create index model_requests_model on model_requests (model_id, id desc);

create table model_texts (
    request_id bigint primary key references model_requests,
    prompt     text not null,
    reply      text not null default '',     -- the service's whole answer
    answer     text,                         -- JSON: what of it obeys the schema
    quoted     bigint[] not null,            -- articles whose texts stand in it
    erased_at  timestamptz                   -- a take-down emptied it
);
create index model_texts_quoted on model_texts using gin (quoted);
