-- Minute bars of watched stocks. A minute without a trade has none, so that how far a day was fetched is kept apart.
create table minutes (
    code     text not null,
    venue    text not null check (venue in ('krx', 'nxt')),
    at       timestamptz not null,        -- when the minute begins
    open     bigint not null check (open > 0),
    high     bigint not null,
    low      bigint not null,
    close    bigint not null check (close > 0),
    volume   bigint not null check (volume > 0),
    source   text not null,
    known_at timestamptz not null,
    primary key (code, venue, at)
);

create table minute_days (
    code       text not null,
    venue      text not null,
    day        date not null,
    fetched_to timestamptz not null, -- every minute that began before it is stored
    primary key (code, venue, day)
);

-- The first price that a reader of a story could have had.
create table first_trades (
    story_id bigint not null references stories on delete cascade,
    code     text not null,
    venue    text not null,
    session  text not null,
    at       timestamptz not null,
    price    bigint not null check (price > 0),
    known_at timestamptz not null,
    primary key (story_id, code)
);
