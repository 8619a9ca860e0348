package tasks

import (
	"context"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// controlReach is after how many calendar days a day's controls are not made up for.
const controlReach = 30

// gateAt is what decisions of one story go by: the gate's parameters, which horizons the champion's record opens, and what
// its best candidates have reached on the days before.
type gateAt struct {
	config notice.GateConfig
	proven map[int]bool
	floor  float64
}

// gate returns them as of an instant; before are the candidates of the days before.
func (w *Worker) gate(ctx context.Context, modelID int64, origin forecast.Origin, asOf time.Time, before []notice.Candidate) (gateAt, error) {
	gate, err := w.DB.AlertGate(ctx)
	if err != nil {
		return gateAt{}, err
	}
	calibrations, err := w.DB.Calibrations(ctx, modelID, origin, asOf)
	if err != nil {
		return gateAt{}, err
	}
	proven := make(map[int]bool, len(calibrations))
	for h, c := range calibrations {
		proven[h] = c.Proven()
	}
	return gateAt{config: gate.GateConfig, proven: proven, floor: notice.Floor(before, gate.PerDay)}, nil
}

// keepControls notes, once a day is over, what choosers without a model would have picked of its candidates. Nobody is
// told of it: it is what alerts are compared with.
func (w *Worker) keepControls(ctx context.Context, now time.Time) error {
	last, err := w.DB.LastControls(ctx)
	if err != nil {
		return err
	}
	today := market.DayOf(now)
	all, err := w.DB.Candidates(ctx, max(last+1, today-controlReach), today-1)
	if err != nil {
		return err
	}
	byDay := make(map[market.Day][]notice.Candidate)
	for _, c := range all {
		byDay[c.Day] = append(byDay[c.Day], c)
	}
	for day := max(last+1, today-controlReach); day < today; day++ {
		if len(byDay[day]) == 0 {
			continue
		}
		random, sigma := notice.Controls(day, byDay[day])
		if err := w.DB.SaveControls(ctx, day, random, sigma); err != nil {
			return err
		}
	}
	return nil
}
