-- What each prediction came to when it was decided whom to alert: every one can say why it alerted nobody.
create table alert_options (
    prediction_id bigint primary key references predictions,
    alert_id      bigint not null references alerts on delete cascade,
    horizon       smallint not null,
    shift         double precision not null, -- probability less base rate
    score_pct     double precision not null,
    reason        text not null
);
create index alert_options_alert on alert_options (alert_id);
