package store

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
)

// lagWindow is over which time, and over how many of a source's newest items, its lag is measured.
const (
	lagWindow = 24 * time.Hour
	lagItems  = 1000
)

// Freshness is how late a source's items are seen, how often it is crawled and how silent it has been.
type Freshness struct {
	Timed  int           // items of the last day that it showed first and with an exact time
	LagP50 time.Duration // from their publication to when they were first seen; 0 when there are none
	LagP95 time.Duration
	Every  time.Duration // between two crawls; 0 when it has no such schedule
	Past   []news.Quiet  // its silences at this hour of the days before, oldest first
}

// saveSilence keeps the longest silence of a source within the clock hour, and forgets what is too old to be compared.
func saveSilence(ctx context.Context, tx bun.Tx, c Crawl) error {
	if c.Err != "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, `
		with old as (delete from source_hours where hour < ?2::timestamptz)
		insert into source_hours as h (hour, source, silence_s)
		select ?0, name, extract(epoch from ?1::timestamptz - greatest(last_item_at, ?3::timestamptz))
		from sources where name = ?4 and greatest(last_item_at, ?3::timestamptz) <= ?1::timestamptz and last_item_at is not null
		on conflict (hour, source) do update set silence_s = excluded.silence_s where h.silence_s < excluded.silence_s`,
		c.At.Truncate(time.Hour), c.At, c.At.Add(-news.YieldMemory-time.Hour), bun.NullZero(c.QuietSince), c.Source)
	return err
}

// Freshness returns how fresh each source is at now (application clock), by name.
func (db *DB) Freshness(ctx context.Context, now time.Time) (map[string]Freshness, error) {
	var rows []struct {
		Name     string
		Cron     string
		Timed    int
		P50, P95 float64
	}
	err := db.bun.NewRaw(`
		select s.name, coalesce(c.cron, '') as cron, lag.*
		from sources s left join schedules c on c.name = ?0 || s.name cross join lateral (
			select count(*) as timed, coalesce(percentile_cont(.5) within group (order by seconds), 0) as p50,
				coalesce(percentile_cont(.95) within group (order by seconds), 0) as p95
			from (
				select greatest(extract(epoch from first_seen_at - published_at), 0) as seconds from articles
				where source = s.name and origin = 'live' and time_quality = 'exact' and available_at > ?1 and available_at <= ?2
				order by available_at desc, id desc limit ?3) newest) lag
		order by s.name`, crawlSchedule, now.Add(-lagWindow), now, lagItems).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "freshness")
	}
	past, err := db.silences(ctx, now)
	if err != nil {
		return nil, err
	}
	all := make(map[string]Freshness, len(rows))
	for _, r := range rows {
		all[r.Name] = Freshness{Timed: r.Timed, LagP50: seconds(r.P50), LagP95: seconds(r.P95), Every: everyOf(r.Cron), Past: past[r.Name]}
	}
	return all, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// silences returns each source's silences at now's hour of the days before.
func (db *DB) silences(ctx context.Context, now time.Time) (map[string][]news.Quiet, error) {
	var hours []time.Time
	for at := now.Truncate(time.Hour).Add(-24 * time.Hour); now.Sub(at) <= news.YieldMemory; at = at.Add(-24 * time.Hour) {
		hours = append(hours, at)
	}
	var rows []struct {
		Hour     time.Time
		Source   string
		SilenceS int64 `bun:"silence_s"`
	}
	err := db.bun.NewRaw(`select hour, source, silence_s from source_hours where hour = any (?) order by hour, source`,
		pgdialect.Array(hours)).Scan(ctx, &rows)
	past := map[string][]news.Quiet{}
	for _, r := range rows {
		past[r.Source] = append(past[r.Source], news.Quiet{Hour: r.Hour, Longest: time.Duration(r.SilenceS) * time.Second})
	}
	return past, fail(err, "silences")
}

// crawlSchedule is what the name of a source's schedule begins with.
const crawlSchedule = "crawl-"

// CrawlSchedule returns the name of the schedule that crawls a source.
func CrawlSchedule(source string) string { return crawlSchedule + source }

const everySpec = "@every "

// everyOf returns the period of an "@every" schedule, 0 for any other.
func everyOf(cron string) time.Duration {
	text, ok := strings.CutPrefix(cron, everySpec)
	every, err := time.ParseDuration(text)
	if !ok || err != nil {
		return 0
	}
	return every
}

// SourceEdit is what an admin may change of a source; nil leaves it as it is.
type SourceEdit struct {
	On    *bool
	Every *time.Duration // between two crawls
}

// EditSource switches a source on or off and sets the period of its schedule. NotFound when there is no such source,
// Conflict when it has no period: it is asked when something is due.
func (db *DB) EditSource(ctx context.Context, name string, e SourceEdit, actor int64) error {
	return db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.ExecContext(ctx, `update sources set off = not coalesce(?, not off) where name = ?`, e.On, name)
		if err != nil {
			return fail(err, "edit source %s", name)
		}
		n, err := res.RowsAffected()
		switch {
		case err == nil && n == 0:
			return notFound("source %s", name)
		case err != nil || e.Every == nil:
			return fail(err, "edit source %s", name)
		}
		res, err = tx.ExecContext(ctx, `
			update schedules set cron = ?, edited_by = nullif(?, 0), edited_at = now(), updated_at = now() where name = ?`,
			everySpec+e.Every.String(), actor, CrawlSchedule(name))
		if err != nil {
			return fail(err, "edit period of %s", name)
		}
		if n, err = res.RowsAffected(); err == nil && n == 0 {
			return fault.New(fault.Conflict, "%s has no period: it is asked when something is due", name)
		}
		return fail(err, "edit period of %s", name)
	})
}
