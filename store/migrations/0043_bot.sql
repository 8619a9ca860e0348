-- Updates of the messenger whose effect is done; the greatest is where the poller goes on. One-time codes by which a chat
-- becomes a user's: hashed, and gone once used.
create table bot_updates (
    id      bigint primary key,
    done_at timestamptz not null default now()
);
create table telegram_links (
    user_id    bigint primary key references users on delete cascade,
    code_hash  bytea not null unique,
    expires_at timestamptz not null -- wall clock
);
-- Test messages that were asked for; whoever claims one sends it, once.
create table test_messages (
    id           bigint generated always as identity primary key,
    recipient_id bigint not null references recipients on delete cascade,
    asked_at     timestamptz not null default now(),
    claimed_at   timestamptz
);
create index test_messages_recent on test_messages (recipient_id, asked_at desc);
