package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/market"
)

type openDayRow struct {
	bun.BaseModel `bun:"table:open_days,alias:o"`

	Day       date      `bun:"day,pk,type:date"`
	Open      bool      `bun:"open"`
	Source    string    `bun:"source"`
	LearnedAt time.Time `bun:"learned_at"`
}

// SaveOpenDays keeps what a source says of days, learned at an instant of the application clock, and returns how many of
// them were not known or were known otherwise. A day that is said again keeps when it was learned first.
func (db *DB) SaveOpenDays(ctx context.Context, days []market.OpenDay, source string, learnedAt time.Time) (changed int, err error) {
	if len(days) == 0 {
		return 0, nil
	}
	rows := make([]openDayRow, len(days))
	for i, d := range days {
		rows[i] = openDayRow{Day: date(d.Day), Open: d.Open, Source: source, LearnedAt: learnedAt}
	}
	rows = dedupe(rows, func(r openDayRow) date { return r.Day })
	res, err := db.bun.NewInsert().Model(&rows).On("conflict (day) do update").
		Set("open = excluded.open").Set("source = excluded.source").Set("learned_at = excluded.learned_at").
		Where("o.open <> excluded.open").Exec(ctx)
	if err != nil {
		return 0, fail(err, "save %d open days", len(rows))
	}
	n, err := res.RowsAffected()
	return int(n), fail(err, "save %d open days", len(rows))
}

// OpenDays returns every day that a source has spoken of, by day.
func (db *DB) OpenDays(ctx context.Context) ([]market.OpenDay, error) {
	var rows []openDayRow
	if err := db.bun.NewSelect().Model(&rows).Order("day").Scan(ctx); err != nil {
		return nil, fail(err, "open days")
	}
	days := make([]market.OpenDay, len(rows))
	for i, r := range rows {
		days[i] = market.OpenDay{Day: market.Day(r.Day), Open: r.Open}
	}
	return days, nil
}
