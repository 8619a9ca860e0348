package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

type indexRow struct {
	bun.BaseModel `bun:"table:index_days,alias:x"`

	Name    string    `bun:"name"`
	Day     date      `bun:"day,type:date"`
	Open    float64   `bun:"open,type:numeric(12,2)"`
	High    float64   `bun:"high,type:numeric(12,2)"`
	Low     float64   `bun:"low,type:numeric(12,2)"`
	Close   float64   `bun:"close,type:numeric(12,2)"`
	Source  string    `bun:"source"`
	KnownAt time.Time `bun:"known_at"`
}

// SaveIndexDays saves index levels that were read at an instant and returns how many rows that made. A day equal to its
// source's newest revision is not written again; a different one becomes the next revision, known from learnedAt.
func (db *DB) SaveIndexDays(ctx context.Context, days []market.IndexDay, learnedAt time.Time) (saved int, err error) {
	if len(days) == 0 {
		return 0, nil
	}
	rows := make([]indexRow, len(days))
	for i, d := range days {
		if d.Close <= 0 || d.KnownAt.IsZero() {
			return 0, fault.New(fault.Invalid, "%s on %s: close %g and known at %s must both be set", d.Name, d.Day, d.Close, d.KnownAt)
		}
		rows[i] = indexRow{Name: string(d.Name), Day: date(d.Day), Open: d.Open, High: d.High, Low: d.Low, Close: d.Close, Source: d.Source, KnownAt: d.KnownAt}
	}
	type key struct {
		name, source string
		day          date
	}
	rows = dedupe(rows, func(r indexRow) key { return key{r.Name, r.Source, r.Day} })
	err = db.bun.NewRaw(`
		with n (name, day, open, high, low, close, source, known_at) as (?0),
		added as (
			insert into index_days (name, day, open, high, low, close, source, known_at, revision)
			select n.name, n.day, n.open, n.high, n.low, n.close, n.source,
				case when o.revision is null then n.known_at else greatest(n.known_at, ?1) end, coalesce(o.revision, 0) + 1
			from n left join lateral (
				select * from index_days x where x.name = n.name and x.day = n.day and x.source = n.source
				order by x.revision desc limit 1) o on true
			where (n.open::numeric(12,2), n.high::numeric(12,2), n.low::numeric(12,2), n.close::numeric(12,2))
				is distinct from (o.open, o.high, o.low, o.close)
			on conflict (name, day, source, revision) do nothing
			returning id)
		select count(*) from added`, db.bun.NewValues(&rows), learnedAt).Scan(ctx, &saved)
	return saved, fail(err, "save %d index days", len(days))
}

// IndexDays returns an index's levels, one per day: of all versions known by knownBy the one that became known last, by
// day, from from to to (both included).
func (db *DB) IndexDays(ctx context.Context, name market.IndexName, from, to market.Day, knownBy time.Time) ([]market.IndexDay, error) {
	if knownBy.IsZero() {
		return nil, fault.New(fault.Invalid, "indices are read as known by an instant, and none was given")
	}
	var rows []indexRow
	err := db.bun.NewSelect().Model(&rows).DistinctOn("x.day").Where("x.name = ?", string(name)).Where("x.known_at <= ?", knownBy).
		Where("x.day between ? and ?", date(from), date(to)).OrderExpr("x.day, x.known_at desc, x.id desc").Scan(ctx)
	if err != nil {
		return nil, fail(err, "%s known by %s", name, knownBy)
	}
	days := make([]market.IndexDay, len(rows))
	for i, r := range rows {
		days[i] = market.IndexDay{Name: market.IndexName(r.Name), Day: market.Day(r.Day), Open: r.Open, High: r.High, Low: r.Low, Close: r.Close,
			Source: r.Source, KnownAt: r.KnownAt}
	}
	return days, nil
}
