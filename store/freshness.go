package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

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
	var lags []sourceLag
	var silences []sourceSilence
	if err := db.read(ctx, "freshness", into(lagsOf(now), &lags, scanLag), into(silencesOf(now), &silences, scanSilence)); err != nil {
		return nil, err
	}
	return toFreshness(lags, silences), nil
}

func toFreshness(lags []sourceLag, silences []sourceSilence) map[string]Freshness {
	past := map[string][]news.Quiet{}
	for _, s := range silences {
		past[s.Source] = append(past[s.Source], news.Quiet{Hour: s.Hour, Longest: time.Duration(s.SilenceS) * time.Second})
	}
	all := make(map[string]Freshness, len(lags))
	for _, l := range lags {
		f := Freshness{Timed: l.Timed, Every: everyOf(l.Cron), Past: past[l.Name]}
		if len(l.Seconds) == 2 {
			f.LagP50, f.LagP95 = seconds(l.Seconds[0]), seconds(l.Seconds[1])
		}
		all[l.Name] = f
	}
	return all
}

type sourceLag struct {
	Name, Cron string
	Timed      int
	Seconds    []float64 // median and 95th percentile; none of no items
}

func lagsOf(now time.Time) *query {
	return newQuery(`
		select s.name, coalesce(c.cron, ''), lag.timed, lag.seconds
		from sources s left join schedules c on c.name = ? || s.name cross join lateral (
			select count(*) as timed, percentile_cont(array[.5, .95]) within group (order by n.seconds) as seconds
			from (
				select greatest(extract(epoch from first_seen_at - published_at), 0)::float8 as seconds from articles
				where source = s.name and origin = 'live' and time_quality = 'exact' and available_at > ? and available_at <= ?
				order by available_at desc, id desc limit `+strconv.Itoa(lagItems)+`) n) lag
		order by s.name`, crawlSchedule, now.Add(-lagWindow), now)
}

func scanLag(rows pgx.Rows, l *sourceLag) error {
	return rows.Scan(&l.Name, &l.Cron, &l.Timed, &l.Seconds)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// sourceSilence is how long a source was silent in an hour.
type sourceSilence struct {
	Hour     time.Time
	Source   string
	SilenceS int64
}

// silencesOf reads each source's silences at now's hour of the days before.
func silencesOf(now time.Time) *query {
	var hours []time.Time
	for at := now.Truncate(time.Hour).Add(-24 * time.Hour); now.Sub(at) <= news.YieldMemory; at = at.Add(-24 * time.Hour) {
		hours = append(hours, at)
	}
	return newQuery(`select hour, source, silence_s from source_hours where hour = any (?) order by hour, source`, hours)
}

func scanSilence(rows pgx.Rows, s *sourceSilence) error {
	return rows.Scan(&s.Hour, &s.Source, &s.SilenceS)
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
