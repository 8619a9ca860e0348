-- Decisions (also the noes), who is told, and how each message fared. A notice is claimed before its request leaves.
create table alerts (
    id            bigint generated always as identity primary key,
    kind          text not null check (kind in ('signal', 'disclosure')),
    story_id      bigint not null references stories,
    article_id    bigint not null references articles,
    code          text not null,
    prediction_id bigint references predictions,
    topic         text not null default '', -- one notice per recipient, stock, topic and day
    send          boolean not null,
    reason        text not null,
    decided_at    timestamptz not null,  -- application clock
    created_at    timestamptz not null default now(),
    told_at       timestamptz,           -- when every recipient's notice was settled; null while that is due (wall clock)
    unique (kind, story_id, code)
);
create index alerts_recent on alerts (decided_at desc, id desc) where send;
create index alerts_due on alerts (id) where send and told_at is null;
create index alerts_stock on alerts (code, decided_at desc) where send;

create table recipients (
    id         bigint generated always as identity primary key,
    user_id    bigint,
    chat_id    bigint not null unique,
    language   text not null default 'ko' check (language in ('ko', 'en')),
    active     boolean not null default true,
    off_reason text not null default '',
    quiet_from smallint not null default 21 check (quiet_from between 0 and 23),
    quiet_to   smallint not null default 8 check (quiet_to between 0 and 23),
    daily_cap  smallint not null default 3 check (daily_cap between 0 and 100),
    codes      text[] not null default '{}',
    created_at timestamptz not null default now()
);

create table notices (
    id           bigint generated always as identity primary key,
    alert_id     bigint not null references alerts,
    recipient_id bigint not null references recipients on delete cascade,
    state        text not null check (state in ('claimed', 'sent', 'suppressed', 'failed', 'refused', 'ambiguous')),
    reason       text not null default '',
    text         text not null default '',
    message_id   bigint not null default 0,
    attempt      integer not null default 1,
    claimed_at   timestamptz not null default now(), -- wall clock: how long a claim may stand
    day          date not null,                      -- KST day on the application clock: what daily caps count
    sent_at      timestamptz,
    unique (alert_id, recipient_id)
);
create index notices_open on notices (state, claimed_at) where state in ('claimed', 'failed');
create index notices_day on notices (recipient_id, day);
