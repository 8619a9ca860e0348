-- What a model was asked and what it answered, apart from its call: a take-down erases them, and neither the call, its
-- prompt's hash nor a prediction changes.
create table call_texts (
    call_id     bigint primary key references model_calls on delete cascade,
    article_ids bigint[] not null,  -- whose words the texts hold
    prompt      text not null,
    reply       text not null,
    created_at  timestamptz not null default now()
);
create index call_texts_articles on call_texts using gin (article_ids);
