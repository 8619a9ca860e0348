-- What investors bought of a stock less what they sold, per day, in all versions: shares and won.
create table flows (
    id                  bigint generated always as identity primary key,
    code                text not null,
    day                 date not null,
    persons_shares      bigint not null,
    persons_won         bigint not null,
    foreigners_shares   bigint not null,
    foreigners_won      bigint not null,
    institutions_shares bigint not null,
    institutions_won    bigint not null,
    source              text not null,
    revision            integer not null,
    known_at            timestamptz not null,
    unique (code, day, source, revision)
);
