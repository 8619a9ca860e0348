package store

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

type minuteRow struct {
	bun.BaseModel `bun:"table:minutes,alias:m"`

	Code    string    `bun:"code,pk"`
	Venue   string    `bun:"venue,pk"`
	At      time.Time `bun:"at,pk"`
	Open    int64     `bun:"open"`
	High    int64     `bun:"high"`
	Low     int64     `bun:"low"`
	Close   int64     `bun:"close"`
	Volume  int64     `bun:"volume"`
	Source  string    `bun:"source"`
	KnownAt time.Time `bun:"known_at"`
}

func (r minuteRow) toNoun() market.Minute {
	return market.Minute{Code: market.Code(r.Code), Venue: market.Venue(r.Venue), At: r.At, Open: r.Open, High: r.High, Low: r.Low, Close: r.Close,
		Volume: r.Volume, Source: r.Source, KnownAt: r.KnownAt}
}

// MinuteDay is how far one stock's minutes of one day at one venue were fetched: all that began before To are stored.
type MinuteDay struct {
	Code  market.Code
	Venue market.Venue
	Day   market.Day
	To    time.Time
}

// SaveMinutes saves minutes and, in the same transaction, how far their day is fetched now; it returns how many were
// new. A minute that is stored stays as it is: it was over when it was read. A day's To only moves forward.
func (db *DB) SaveMinutes(ctx context.Context, minutes []market.Minute, done MinuteDay) (saved int, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		saved = 0
		for chunk := range slices.Chunk(minutes, saveChunk) {
			rows := make([]minuteRow, len(chunk))
			for i, m := range chunk {
				rows[i] = minuteRow{Code: string(m.Code), Venue: string(m.Venue), At: m.At, Open: m.Open, High: m.High, Low: m.Low, Close: m.Close,
					Volume: m.Volume, Source: m.Source, KnownAt: m.KnownAt}
			}
			res, err := tx.NewInsert().Model(&rows).On("conflict (code, venue, at) do nothing").Exec(ctx)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			saved += int(n)
		}
		_, err := tx.ExecContext(ctx, `
			insert into minute_days as d (code, venue, day, fetched_to) values (?, ?, ?, ?)
			on conflict (code, venue, day) do update set fetched_to = greatest(d.fetched_to, excluded.fetched_to)`,
			string(done.Code), string(done.Venue), date(done.Day), done.To)
		return err
	})
	if err != nil {
		return 0, fail(err, "save %d minutes of %s on %s", len(minutes), done.Code, done.Day)
	}
	return saved, nil
}

// MinuteFilter narrows a list of minutes. From and To are instants, To not included; a zero Venue means any. KnownBy must
// be set: nothing that became known later is shown.
type MinuteFilter struct {
	Code     market.Code
	Venue    market.Venue
	From, To time.Time
	KnownBy  time.Time
}

// Minutes returns one stock's minutes, by instant, then venue.
func (db *DB) Minutes(ctx context.Context, f MinuteFilter) ([]market.Minute, error) {
	if f.KnownBy.IsZero() {
		return nil, fault.New(fault.Invalid, "minutes are read as known by an instant, and none was given")
	}
	var rows []minuteRow
	q := db.bun.NewSelect().Model(&rows).Where("m.code = ?", string(f.Code)).Where("m.at >= ?", f.From).Where("m.at < ?", f.To).
		Where("m.known_at <= ?", f.KnownBy).Order("m.at", "m.venue")
	if f.Venue != "" {
		q = q.Where("m.venue = ?", string(f.Venue))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "minutes of %s", f.Code)
	}
	list := make([]market.Minute, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}

// MinuteDays returns how far the stocks' days from a day on were fetched, by stock, day and venue.
func (db *DB) MinuteDays(ctx context.Context, codes []market.Code, from market.Day) ([]MinuteDay, error) {
	var rows []struct {
		Code, Venue string
		Day         date
		FetchedTo   time.Time
	}
	err := db.bun.NewRaw(`
		select code, venue, day, fetched_to from minute_days where code = any(?) and day >= ? order by code, day, venue`,
		pgdialect.Array(texts(codes)), date(from)).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "fetched minutes from %s on", from)
	}
	list := make([]MinuteDay, len(rows))
	for i, r := range rows {
		list[i] = MinuteDay{Code: market.Code(r.Code), Venue: market.Venue(r.Venue), Day: market.Day(r.Day), To: r.FetchedTo}
	}
	return list, nil
}

// Watched returns the active stocks that some active recipient's list names, by code. A recipient who hears of every stock
// watches none in particular by that.
func (db *DB) Watched(ctx context.Context) ([]market.Code, error) {
	var list []string
	err := db.bun.NewRaw(`
		select s.code from stocks s
		where s.active and exists (select from recipients r where r.active and s.code = any(r.codes))
		order by s.code`).Scan(ctx, &list)
	if err != nil {
		return nil, fail(err, "watched stocks")
	}
	return codes(list), nil
}
