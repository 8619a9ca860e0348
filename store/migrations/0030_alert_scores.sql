-- What a signal was decided by; what choosers without a model would have picked of the same candidates; and the gate's
-- parameters, which an admin may change.
alter table alerts add column score_pct double precision not null default 0;
alter table alerts add column sigma_pct double precision not null default 0;
alter table alerts add column candidate boolean not null default false; -- only its numbers and the model's record decided
create index alerts_candidates on alerts (decided_at) where candidate;

create table alert_controls (
    day      date not null,            -- KST day of the decisions
    kind     text not null check (kind in ('random', 'sigma')),
    rank     smallint not null check (rank > 0),
    alert_id bigint not null references alerts,
    primary key (day, kind, rank)
);

create table alert_gate (
    id            boolean primary key default true check (id),
    min_shift     double precision not null check (min_shift > 0 and min_shift <= 0.5),
    min_score_pct double precision not null check (min_score_pct > 0 and min_score_pct <= 100),
    per_day       smallint not null check (per_day between 1 and 100),
    edited_by     bigint references users,
    edited_at     timestamptz
);
insert into alert_gate (min_shift, min_score_pct, per_day) values (0.05, 0.30, 3);
