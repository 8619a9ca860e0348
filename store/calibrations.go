package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/forecast"
)

type calibrationRow struct {
	bun.BaseModel `bun:"table:calibrations,alias:c"`

	ID        int64     `bun:"id,pk,autoincrement"`
	ModelID   int64     `bun:"model_id"`
	Horizon   int       `bun:"horizon"`
	Origin    string    `bun:"origin"`
	KnownAt   time.Time `bun:"known_at"`
	Intercept float64   `bun:"intercept"`
	Slope     float64   `bun:"slope"`
	SlopeLow  float64   `bun:"slope_low"`
	SlopeHigh float64   `bun:"slope_high"`
	StockDays int       `bun:"stock_days"`
	Drifting  bool      `bun:"drifting"`
}

// CalibrationOf is a calibration of one model's predictions of one horizon and origin, fitted on the outcomes that were
// known at KnownAt.
type CalibrationOf struct {
	ModelID int64
	Horizon int
	Origin  forecast.Origin
	KnownAt time.Time
	forecast.Calibration
}

// SaveCalibrations adds versions; one that exists is left as it is.
func (db *DB) SaveCalibrations(ctx context.Context, list []CalibrationOf) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([]calibrationRow, len(list))
	for i, c := range list {
		rows[i] = calibrationRow{ModelID: c.ModelID, Horizon: c.Horizon, Origin: string(c.Origin), KnownAt: c.KnownAt, Intercept: c.Intercept,
			Slope: c.Slope, SlopeLow: c.SlopeLow, SlopeHigh: c.SlopeHigh, StockDays: c.StockDays, Drifting: c.Drifting}
	}
	_, err := db.bun.NewInsert().Model(&rows).ExcludeColumn("id").On("conflict (model_id, origin, horizon, known_at) do nothing").
		Returning("null").Exec(ctx)
	return fail(err, "save %d calibrations", len(list))
}

// Calibrations returns, per horizon, a model's newest calibration that was known at an instant; none for a horizon that
// had none.
func (db *DB) Calibrations(ctx context.Context, modelID int64, origin forecast.Origin, knownBy time.Time) (map[int]CalibrationOf, error) {
	var rows []calibrationRow
	err := db.bun.NewRaw(`
		select distinct on (horizon) id, model_id, horizon, origin, known_at, intercept, slope, slope_low, slope_high, stock_days, drifting
		from calibrations where model_id = ? and origin = ? and known_at <= ?
		order by horizon, known_at desc`, modelID, string(origin), knownBy).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "calibrations of model %d", modelID)
	}
	list := make(map[int]CalibrationOf, len(rows))
	for _, r := range rows {
		list[r.Horizon] = r.toNoun()
	}
	return list, nil
}

// NewestCalibrations returns every record's newest calibration that was known at an instant.
func (db *DB) NewestCalibrations(ctx context.Context, knownBy time.Time) ([]CalibrationOf, error) {
	var rows []calibrationRow
	err := db.bun.NewRaw(`
		select distinct on (model_id, origin, horizon) id, model_id, horizon, origin, known_at, intercept, slope, slope_low, slope_high, stock_days, drifting
		from calibrations where known_at <= ?
		order by model_id, origin, horizon, known_at desc limit 3000`, knownBy).Scan(ctx, &rows)
	list := make([]CalibrationOf, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, fail(err, "newest calibrations")
}

func (r calibrationRow) toNoun() CalibrationOf {
	return CalibrationOf{ModelID: r.ModelID, Horizon: r.Horizon, Origin: forecast.Origin(r.Origin), KnownAt: r.KnownAt,
		Calibration: forecast.Calibration{ID: r.ID, Intercept: r.Intercept, Slope: r.Slope, SlopeLow: r.SlopeLow, SlopeHigh: r.SlopeHigh,
			StockDays: r.StockDays, Drifting: r.Drifting}}
}
