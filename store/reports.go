package store

import (
	"context"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/market"
)

// Report is one version of a stock's report.
type Report struct {
	Version     int
	Predictions []int64 // that it is drawn from, in their order
	DrawnAt     time.Time
}

// DrawReport adds a version of a stock's report, unless its newest is drawn from the same predictions.
func (db *DB) DrawReport(ctx context.Context, code market.Code, predictions []int64, at time.Time) error {
	_, err := db.bun.NewRaw(`
		insert into reports (code, version, prediction_ids, drawn_at)
		select ?0, coalesce(last.version, 0) + 1, ?1, ?2
		from (select 1) one left join (select version, prediction_ids from reports where code = ?0 order by version desc limit 1) last on true
		where last.prediction_ids is distinct from ?1::bigint[]
		on conflict (code, version) do nothing`, code, pgdialect.Array(predictions), at).Exec(ctx)
	return fail(err, "draw the report of %s", code)
}

// Reports returns the versions of a stock's report, the newest first.
func (db *DB) Reports(ctx context.Context, code market.Code, limit int) ([]Report, error) {
	var rows []struct {
		Version     int       `bun:"version"`
		Predictions []int64   `bun:"prediction_ids,array"`
		DrawnAt     time.Time `bun:"drawn_at"`
	}
	err := db.bun.NewRaw(`select version, prediction_ids, drawn_at from reports where code = ? order by version desc limit ?`,
		code, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "reports of %s", code)
	}
	list := make([]Report, len(rows))
	for i, r := range rows {
		list[i] = Report(r)
	}
	return list, nil
}

// Report returns one version of a stock's report; NotFound when there is none.
func (db *DB) Report(ctx context.Context, code market.Code, version int) (Report, error) {
	var row struct {
		Version     int       `bun:"version"`
		Predictions []int64   `bun:"prediction_ids,array"`
		DrawnAt     time.Time `bun:"drawn_at"`
	}
	err := db.bun.NewRaw(`select version, prediction_ids, drawn_at from reports where code = ? and version = ?`, code, version).Scan(ctx, &row)
	return Report(row), failOne(err, "version %d of the report of %s", version, code)
}
