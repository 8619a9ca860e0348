package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// FirstTrade is the first price that a reader of a story could have had of one of its stocks.
type FirstTrade struct {
	StoryID int64
	Code    market.Code
	market.Trade
}

type firstTradeRow struct {
	bun.BaseModel `bun:"table:first_trades,alias:f"`

	StoryID int64     `bun:"story_id,pk"`
	Code    string    `bun:"code,pk"`
	Venue   string    `bun:"venue"`
	Session string    `bun:"session"`
	At      time.Time `bun:"at"`
	Price   int64     `bun:"price"`
	KnownAt time.Time `bun:"known_at"`
}

// Untraded is a story's stock of which no first trade is stored.
type Untraded struct {
	StoryID     int64
	AvailableAt time.Time
}

// Untraded returns the stories about a stock that became available from from on and have no first trade of it, oldest
// first.
func (db *DB) Untraded(ctx context.Context, code market.Code, from time.Time, limit int) ([]Untraded, error) {
	var list []Untraded
	err := db.bun.NewRaw(`
		select c.story_id, c.available_at from story_codes c
		where c.code = ? and c.available_at >= ?
			and not exists (select from first_trades f where f.story_id = c.story_id and f.code = c.code)
		order by c.available_at, c.story_id limit ?`, string(code), from, limit).Scan(ctx, &list)
	return list, fail(err, "stories of %s without a first trade", code)
}

// SaveFirstTrades saves first trades; what is stored stays as it is.
func (db *DB) SaveFirstTrades(ctx context.Context, trades []FirstTrade) error {
	if len(trades) == 0 {
		return nil
	}
	rows := make([]firstTradeRow, len(trades))
	for i, t := range trades {
		rows[i] = firstTradeRow{StoryID: t.StoryID, Code: string(t.Code), Venue: string(t.Window.Venue), Session: t.Window.Name, At: t.At, Price: t.Price, KnownAt: t.KnownAt}
	}
	_, err := db.bun.NewInsert().Model(&rows).On("conflict (story_id, code) do nothing").Exec(ctx)
	return fail(err, "save %d first trades", len(trades))
}

// FirstTrades returns the stories' first trades that were known by an instant, by story and code. Of its window only
// venue and name are kept. A pair that is not there is not known.
func (db *DB) FirstTrades(ctx context.Context, storyIDs []int64, knownBy time.Time) ([]FirstTrade, error) {
	if knownBy.IsZero() {
		return nil, fault.New(fault.Invalid, "first trades are read as known by an instant, and none was given")
	}
	var rows []firstTradeRow
	err := db.bun.NewSelect().Model(&rows).Where("f.story_id = any(?)", pgdialect.Array(storyIDs)).Where("f.known_at <= ?", knownBy).
		Order("f.story_id", "f.code").Scan(ctx)
	if err != nil {
		return nil, fail(err, "first trades of %d stories", len(storyIDs))
	}
	list := make([]FirstTrade, len(rows))
	for i, r := range rows {
		list[i] = FirstTrade{StoryID: r.StoryID, Code: market.Code(r.Code), Trade: market.Trade{At: r.At, Price: r.Price, KnownAt: r.KnownAt,
			Window: market.Window{Venue: market.Venue(r.Venue), Name: r.Session}}}
	}
	return list, nil
}
