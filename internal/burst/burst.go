// Package burst has many alerts come at once to many recipients, and says what became of every one: by the notices that are
// kept and by the messages that the simulated Telegram holds. Benchmarks, tests, the chaos harness and the operator's drill
// share it. It sends nothing itself, and must not stand in for any part of the program.
package burst

import (
	"context"
	"fmt"
	"time"

	"tickerwire/store"
)

// Plan is a burst of urgent filings, one of each of as many invented companies, and who watches for them.
type Plan struct {
	Alerts     int
	Recipients int
	Each       int       // alerts that a recipient watches for
	FirstChat  int64     // the first recipient's; the others' follow
	At         time.Time // when all was published and decided on, application clock
}

// companyPrefix begins the codes of the invented companies; no invented market has such.
const companyPrefix = "8"

// Lay writes the plan's alerts, as decided and not yet told, and its recipients, every other one a reader of English, without
// quiet hours. It returns the alerts' ids; nobody is rung for them.
func (p Plan) Lay(ctx context.Context, db *store.DB) (alerts []int64, err error) {
	for _, q := range []struct {
		query string
		args  []any
	}{
		{`insert into articles (source, external_id, title, published_at, time_quality, first_seen_at, available_at, kind, filer, report_type, embedded_at)
			select 'dart', 'burst-' || i, '주요사항보고서(유상증자결정)', ?0, 'exact', ?0, ?0, 'disclosure', '가상기업 ' || i, '주요사항보고서(유상증자결정)', now()
			from generate_series(0, ?1 - 1) i`, []any{p.At, p.Alerts}},
		{`insert into stories (first_article_id, codes, available_at)
			select id, array[?0 || lpad(split_part(external_id, '-', 2), 5, '0')], available_at from articles where external_id like 'burst-%' order by id`, []any{companyPrefix}},
		{`insert into alerts (kind, story_id, article_id, code, topic, send, reason, decided_at)
			select 'disclosure', s.id, s.first_article_id, s.codes[1], 'rights_issue', true, 'urgent', ?0
			from stories s join articles a on a.id = s.first_article_id where a.external_id like 'burst-%' order by s.id`, []any{p.At}},
		{`insert into recipients (chat_id, language, quiet_from, quiet_to, codes)
			select ?0 + i, case i % 2 when 0 then 'ko' else 'en' end, 0, 0,
				(select array_agg(?4 || lpad(((i + k * 17) % ?2)::text, 5, '0')) from generate_series(0, ?3 - 1) k)
			from generate_series(0, ?1 - 1) i`, []any{p.FirstChat, p.Recipients, p.Alerts, p.Each, companyPrefix}},
		{`analyze`, nil},
	} {
		if _, err := db.Bun().ExecContext(ctx, q.query, q.args...); err != nil {
			return nil, fmt.Errorf("burst: %w", err)
		}
	}
	err = db.Bun().NewRaw(`
		select a.id from alerts a join articles r on r.id = a.article_id where r.external_id like 'burst-%' order by a.id`).Scan(ctx, &alerts)
	if err != nil {
		return nil, fmt.Errorf("burst: %w", err)
	}
	return alerts, nil
}

// Faster sets the program's own limits of Telegram, messages a second of the bot and of each chat, as an admin would. They
// must be declared already.
func Faster(ctx context.Context, db *store.DB, perSecond, perChat float64) error {
	for _, l := range []store.Limit{{Key: "telegram", PerSecond: perSecond}, {Key: "telegram:*", PerSecond: perChat}} {
		if _, err := db.Bun().ExecContext(ctx, `
			insert into limits (key, per_second, changed_at) values (?, ?, now())
			on conflict (key) do update set per_second = excluded.per_second, per_minute = 0, changed_at = now()`, l.Key, l.PerSecond); err != nil {
			return fmt.Errorf("limits: %w", err)
		}
	}
	return nil
}

// Open counts the alerts that are not told and the messages that are due or in somebody's hand.
func Open(ctx context.Context, db *store.DB, alerts []int64) (open int, err error) {
	err = db.Bun().NewRaw(`
		select (select count(*) from alerts where told_at is null and (send or digest) and id = any(?0))
			+ (select count(*) from notices where state in ('due', 'claimed', 'failed') and alert_id = any(?0))`, array(alerts)).Scan(ctx, &open)
	if err != nil {
		return 0, fmt.Errorf("what is open: %w", err)
	}
	return open, nil
}

// AlertsOf returns the alerts that filings or articles led to, by the names that their sources gave them.
func AlertsOf(ctx context.Context, db *store.DB, externalIDs []string) (alerts []int64, err error) {
	for _, id := range externalIDs {
		var of []int64
		err := db.Bun().NewRaw(`
			select a.id from alerts a where a.send and a.article_id in (select article_id from sightings where external_id = ?) order by a.id`, id).Scan(ctx, &of)
		if err != nil {
			return nil, fmt.Errorf("alerts of %s: %w", id, err)
		}
		alerts = append(alerts, of...)
	}
	return alerts, nil
}
