package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

type barRow struct {
	bun.BaseModel `bun:"table:bars,alias:b"`

	Code      string    `bun:"code"`
	Day       date      `bun:"day,type:date"`
	Open      int64     `bun:"open"`
	High      int64     `bun:"high"`
	Low       int64     `bun:"low"`
	Close     int64     `bun:"close"`
	Volume    int64     `bun:"volume"`
	AdjFactor float64   `bun:"adj_factor"`
	Source    string    `bun:"source"`
	KnownAt   time.Time `bun:"known_at"`
}

func barRowOf(b market.Bar) barRow {
	return barRow{Code: string(b.Code), Day: date(b.Day), Open: b.Open, High: b.High, Low: b.Low, Close: b.Close, Volume: b.Volume,
		AdjFactor: b.AdjFactor, Source: b.Source, KnownAt: b.KnownAt}
}

func (r barRow) toNoun() market.Bar {
	return market.Bar{Code: market.Code(r.Code), Day: market.Day(r.Day), Open: r.Open, High: r.High, Low: r.Low, Close: r.Close,
		Volume: r.Volume, AdjFactor: r.AdjFactor, Source: r.Source, KnownAt: r.KnownAt}
}

// SaveBars saves bars and returns how many rows that made. A bar equal to its source's newest revision of the day is
// not written again, whatever its KnownAt; a different one becomes the next revision. A bar without a positive close,
// adjustment factor or KnownAt is Invalid, and then nothing is saved.
func (db *DB) SaveBars(ctx context.Context, bars []market.Bar) (saved int, err error) {
	for _, b := range bars {
		if b.Close <= 0 || b.AdjFactor <= 0 || b.KnownAt.IsZero() {
			return 0, fault.New(fault.Invalid, "bar of %s on %s: close %d, adjustment factor %g and known at %s must all be set", b.Code, b.Day, b.Close, b.AdjFactor, b.KnownAt)
		}
	}
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		saved = 0
		if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext(current_schema()), ?)`, barsLock); err != nil {
			return err
		}
		for _, round := range barRounds(bars) {
			n, err := insertBars(ctx, tx, round)
			if err != nil {
				return err
			}
			saved += n
		}
		return nil
	})
	if err != nil {
		return 0, fail(err, "save %d bars", len(bars))
	}
	return saved, nil
}

// barRounds splits bars into statements: of moderate size, and several versions of one source's day in their order.
func barRounds(bars []market.Bar) [][]barRow {
	type key struct {
		code   market.Code
		day    market.Day
		source string
	}
	var rounds [][]barRow
	next := map[key]int{}
	for _, b := range bars {
		k := key{b.Code, b.Day, b.Source}
		at := next[k]
		for at < len(rounds) && len(rounds[at]) >= saveChunk {
			at++
		}
		if at == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[at] = append(rounds[at], barRowOf(b))
		next[k] = at + 1
	}
	return rounds
}

func insertBars(ctx context.Context, tx bun.Tx, rows []barRow) (int, error) {
	res, err := tx.NewRaw(`
		with n (code, day, open, high, low, close, volume, adj_factor, source, known_at) as (?)
		insert into bars (code, day, open, high, low, close, volume, adj_factor, source, known_at, revision)
		select n.*, coalesce(o.revision, 0) + 1
		from n left join lateral (
			select * from bars b where b.code = n.code and b.day = n.day and b.source = n.source
			order by b.revision desc limit 1) o on true
		where (n.open, n.high, n.low, n.close, n.volume, n.adj_factor)
			is distinct from (o.open, o.high, o.low, o.close, o.volume, o.adj_factor)
		on conflict (code, day, source, revision) do nothing`, tx.NewValues(&rows)).Exec(ctx)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// BarFilter narrows a list of bars; a zero field means any, except that KnownBy must be set. From and To are inclusive.
type BarFilter struct {
	Codes    []market.Code // empty: every tracked active stock
	From, To market.Day
	KnownBy  time.Time // nothing that became known later is shown
}

// Bars returns one bar per stock and day: of all versions known by KnownBy the one that became known last. The order is
// by code, then day.
func (db *DB) Bars(ctx context.Context, f BarFilter) ([]market.Bar, error) {
	if f.KnownBy.IsZero() {
		return nil, fault.New(fault.Invalid, "bars are read as known by an instant, and none was given")
	}
	var rows []barRow
	q := db.bun.NewSelect().Model(&rows).DistinctOn("b.code, b.day").Where("b.known_at <= ?", f.KnownBy).
		OrderExpr("b.code, b.day, b.known_at desc, b.id desc")
	if len(f.Codes) > 0 {
		q = q.Where("b.code = any(?)", pgdialect.Array(texts(f.Codes)))
	} else {
		q = q.Where("b.code in (select code from stocks where active)")
	}
	if f.From != 0 {
		q = q.Where("b.day >= ?", date(f.From))
	}
	if f.To != 0 {
		q = q.Where("b.day <= ?", date(f.To))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "bars known by %s", f.KnownBy)
	}
	list := make([]market.Bar, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}

// BarRevision returns a number for the set of bars known by an instant: two answers are equal exactly when the sets
// are. It says nothing about which is newer.
func (db *DB) BarRevision(ctx context.Context, knownBy time.Time) (int64, error) {
	// Rows are never changed and their ids rise. A row that time reveals raises the latest known_at, one that is added
	// raises the highest id: the pair stands for the set. The highest id alone does not, as rows may be saved ahead.
	var revision int64
	err := db.bun.NewRaw(`
		select hashtextextended(concat_ws(' ', (select max(id) from bars where known_at <= ?0),
			(select max(known_at) from bars where known_at <= ?0)), 0)`, knownBy).Scan(ctx, &revision)
	return revision, fail(err, "bar revision")
}

// BarDays returns the days from a day on of which any of the sources has given a bar.
func (db *DB) BarDays(ctx context.Context, from market.Day, sources ...string) (map[market.Day]bool, error) {
	var list []date
	err := db.bun.NewRaw(`select distinct day from bars where day >= ? and source = any(?)`,
		date(from), pgdialect.Array(sources)).Scan(ctx, &list)
	if err != nil {
		return nil, fail(err, "bar days of %v", sources)
	}
	days := make(map[market.Day]bool, len(list))
	for _, d := range list {
		days[market.Day(d)] = true
	}
	return days, nil
}

// LastBarDays returns, per stock, the newest day of which any of the sources has given a bar.
func (db *DB) LastBarDays(ctx context.Context, sources ...string) (map[market.Code]market.Day, error) {
	var rows []struct {
		Code string
		Day  date
	}
	err := db.bun.NewRaw(`select code, max(day) as day from bars where source = any(?) group by code`,
		pgdialect.Array(sources)).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "newest bar days of %v", sources)
	}
	days := make(map[market.Code]market.Day, len(rows))
	for _, r := range rows {
		days[market.Code(r.Code)] = market.Day(r.Day)
	}
	return days, nil
}
