-- People, and their sessions. A session is a family of refresh tokens: token number counter is the valid one; tokens
-- are derived from (session, counter) by a keyed hash, so none is stored.
create table users (
    id            bigint generated always as identity primary key,
    email         text not null check (email = lower(email)),
    password_hash text not null,
    role          text not null check (role in ('user', 'operator', 'admin')),
    ver           integer not null default 1,  -- raised to revoke every token at once
    active        boolean not null default true,
    created_at    timestamptz not null default now(),
    unique (email)
);

create table sessions (
    id            bigint generated always as identity primary key,
    user_id       bigint not null references users,
    counter       integer not null default 1,
    cookie        boolean not null default false,
    created_at    timestamptz not null default now(),
    rotated_at    timestamptz not null default now(),
    expires_at    timestamptz not null,
    revoked_at    timestamptz,
    revoke_reason text not null default ''
);
create index sessions_user on sessions (user_id) where revoked_at is null;

alter table recipients add constraint recipients_user_fk foreign key (user_id) references users;
