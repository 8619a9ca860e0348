-- Updates that the messenger has posted and whose effect is not done yet: whoever listens to the bot's readers takes them from
-- here. What is done is gone: nothing that readers write is kept.
create table bot_inbox (
    id          bigint primary key, -- the messenger's own
    body        bytea not null,     -- as it was posted
    received_at timestamptz not null default now()
);
