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
// not written again, whatever its KnownAt; a different one becomes the next revision. One that becomes the day's newest
// version and has another close or factor than the one before is noted as a correction. A bar without a positive close,
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

// barRounds splits bars into statements: of moderate size, and several versions of one day in their order.
func barRounds(bars []market.Bar) [][]barRow {
	type key struct {
		code market.Code
		day  market.Day
	}
	var rounds [][]barRow
	next := map[key]int{}
	for _, b := range bars {
		k := key{b.Code, b.Day}
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
	var added int
	err := tx.NewRaw(`
		with n (code, day, open, high, low, close, volume, adj_factor, source, known_at) as (?),
		added as (
			insert into bars (code, day, open, high, low, close, volume, adj_factor, source, known_at, revision)
			select n.*, coalesce(o.revision, 0) + 1
			from n left join lateral (
				select * from bars b where b.code = n.code and b.day = n.day and b.source = n.source
				order by b.revision desc limit 1) o on true
			where (n.open, n.high, n.low, n.close, n.volume, n.adj_factor)
				is distinct from (o.open, o.high, o.low, o.close, o.volume, o.adj_factor)
			on conflict (code, day, source, revision) do nothing
			returning id, code, day, close, adj_factor, known_at),
		corrected as (
			insert into corrections (bar_id)
			select a.id from added a cross join lateral (
				-- All parts of a statement see the table as it was before it.
				select * from bars b where b.code = a.code and b.day = a.day order by b.known_at desc, b.id desc limit 1) o
			where o.known_at <= a.known_at and (o.close, o.adj_factor) is distinct from (a.close, a.adj_factor))
		select count(*) from added`, tx.NewValues(&rows)).Scan(ctx, &added)
	return added, err
}

// BarFilter narrows a list of bars; a zero field means any, except that KnownBy must be set. From and To are inclusive.
type BarFilter struct {
	Codes    []market.Code // empty: every stock that was ever tracked
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

// BarCodes returns of which stocks a source has given a bar of a day.
func (db *DB) BarCodes(ctx context.Context, day market.Day, source string) (map[market.Code]bool, error) {
	var list []string
	err := db.bun.NewRaw(`select distinct code from bars where day = ? and source = ?`, date(day), source).Scan(ctx, &list)
	if err != nil {
		return nil, fail(err, "bars of %s by %s", day, source)
	}
	found := make(map[market.Code]bool, len(list))
	for _, code := range list {
		found[market.Code(code)] = true
	}
	return found, nil
}

// BarCounts returns of how many active stocks there is a bar, whatever its source, per day from a day on.
func (db *DB) BarCounts(ctx context.Context, from market.Day) (map[market.Day]int, error) {
	var rows []struct {
		Day    date
		Stocks int
	}
	err := db.bun.NewRaw(`
		select b.day, count(distinct b.code) as stocks from bars b join stocks s on s.code = b.code and s.active
		where b.day >= ? group by b.day`, date(from)).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "count bars from %s on", from)
	}
	days := make(map[market.Day]int, len(rows))
	for _, r := range rows {
		days[market.Day(r.Day)] = r.Stocks
	}
	return days, nil
}

// BarGap asks which stocks lack a bar of Day as known by KnownBy.
type BarGap struct {
	Day     market.Day
	Since   market.Day // when set, only stocks with a bar of a day from this one up to the one before Day count
	KnownBy time.Time
}

// MissingBars returns how many active stocks lack the bar, and how many should have it.
func (db *DB) MissingBars(ctx context.Context, gap BarGap) (missing, of int, err error) {
	err = db.bun.NewRaw(`
		select count(*) filter (where not exists (
				select from bars b where b.code = s.code and b.day = ?0 and b.known_at <= ?2)), count(*)
		from stocks s where s.active and (?3 or exists (
			select from bars b where b.code = s.code and b.day >= ?1 and b.day < ?0 and b.known_at <= ?2))`,
		date(gap.Day), date(gap.Since), gap.KnownBy, gap.Since == 0).Scan(ctx, &missing, &of)
	return missing, of, fail(err, "missing bars of %s", gap.Day)
}

// BarsComplete returns the instant at which the last of the stocks' days from..to was first known, of what is known by
// knownBy; the zero time when nothing is.
func (db *DB) BarsComplete(ctx context.Context, from, to market.Day, knownBy time.Time) (time.Time, error) {
	var at bun.NullTime
	err := db.bun.NewRaw(`
		select max(first) from (
			select min(known_at) as first from bars where day between ? and ? and known_at <= ? group by code, day) d`,
		date(from), date(to), knownBy).Scan(ctx, &at)
	return at.Time, fail(err, "when bars from %s to %s were complete", from, to)
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
