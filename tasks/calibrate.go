package tasks

import (
	"context"
	"fmt"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// FitCalibrations fits, every evening, what each model's distances from the base rate have been worth.
type FitCalibrations struct{}

// Kind returns "calibration:fit".
func (FitCalibrations) Kind() string { return "calibration:fit" }

// Key returns "nightly".
func (FitCalibrations) Key() string { return "nightly" }

// Queue returns the control queue.
func (FitCalibrations) Queue() string { return QueueControl }

// fitAt is the KST time of day that a calibration is as of: the day's closes are known by then. fitLimit is how many
// predictions are looked at; of 2,000 stock-days few have more than ten stories.
const (
	fitHour, fitMinute = 17, 30
	fitLimit           = 20_000
)

func (w *Worker) fitCalibrations(ctx context.Context, _ FitCalibrations) error {
	now := w.Now()
	asOf := market.DayOf(now).At(fitHour, fitMinute)
	if asOf.After(now) {
		asOf = (market.DayOf(now) - 1).At(fitHour, fitMinute)
	}
	return w.Calibrate(ctx, forecast.Live, asOf)
}

// Calibrate makes a version of every model's calibrations from the outcomes that were known at asOf, and from nothing
// else; a model with too short a record gets none. Done again it changes nothing. A walk through history calls it, too,
// so that its predictions are calibrated as live ones would have been.
func (w *Worker) Calibrate(ctx context.Context, origin forecast.Origin, asOf time.Time) error {
	models, err := w.DB.Models(ctx)
	if err != nil {
		return err
	}
	var fitted []store.CalibrationOf
	for _, m := range models {
		if m.Role == forecast.Retired || m.Kind == forecast.KindBaseline {
			continue
		}
		for _, h := range forecast.Horizons {
			from, counts := forecast.EvidenceFrom(m, models, origin)
			if !counts {
				continue
			}
			c, ok, err := w.calibration(ctx, m, store.JudgedFilter{Horizon: h, Origin: origin, From: from.At(0, 0), KnownBy: asOf})
			if err != nil {
				return fmt.Errorf("calibration of model %d over %d days: %w", m.ID, h, err)
			}
			if ok {
				fitted = append(fitted, store.CalibrationOf{ModelID: m.ID, Horizon: h, Origin: origin, KnownAt: asOf, Calibration: c})
			}
		}
	}
	if err := w.DB.SaveCalibrations(ctx, fitted); err != nil {
		return err
	}
	for _, c := range fitted {
		w.Log.InfoContext(ctx, "calibrated", "model_id", c.ModelID, "horizon", c.Horizon, "origin", c.Origin, "slope", c.Slope,
			"slope_low", c.SlopeLow, "stock_days", c.StockDays, "drifting", c.Drifting)
	}
	return nil
}

// calibration fits a record of a model by what it itself had said, before any earlier recalibration.
func (w *Worker) calibration(ctx context.Context, m forecast.Model, of store.JudgedFilter) (forecast.Calibration, bool, error) {
	of.ModelID, of.Limit = m.ID, fitLimit
	judged, err := w.DB.Judged(ctx, of)
	if err != nil {
		return forecast.Calibration{}, false, err
	}
	items := make([]score.Item, 0, len(judged))
	for _, j := range judged {
		if !j.Late {
			j.Item.Probability = j.Raw
			items = append(items, j.Item)
		}
	}
	c, ok := score.Recalibration(score.Collapse(items), of.Horizon)
	if w.WatchFit != nil {
		w.WatchFit(Fitting{Model: m, Horizon: of.Horizon, AsOf: of.KnownBy, Record: judged, Calibration: c})
	}
	return c, ok, nil
}
