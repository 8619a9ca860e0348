package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// UpdatePerformance judges every model's record where outcomes have come since it was judged last, and takes running
// experiments on by the days that are complete. Of days that are over it keeps what the alerts' controls would have picked.
type UpdatePerformance struct{}

// Kind returns "performance:update".
func (UpdatePerformance) Kind() string { return "performance:update" }

// Key returns "due".
func (UpdatePerformance) Key() string { return "due" }

// Queue returns the control queue.
func (UpdatePerformance) Queue() string { return QueueControl }

// A record reaches back so far, and holds so many predictions at most, the newest.
const (
	recordReach = 800 * 24 * time.Hour
	recordMost  = 200_000
)

func (w *Worker) updatePerformance(ctx context.Context, _ UpdatePerformance) error {
	now := w.Now()
	return errors.Join(w.judgeRecords(ctx, now), w.advanceTests(ctx, now), w.keepControls(ctx, now))
}

func (w *Worker) judgeRecords(ctx context.Context, now time.Time) error {
	last, err := w.DB.OutcomeRevision(ctx)
	if err != nil {
		return err
	}
	// Outcomes become known as the clock goes on, not only as they are written: a new day is looked at again.
	revision := last + "/" + market.DayOf(now).String()
	judged, err := w.DB.ScorecardRevisions(ctx)
	if err != nil {
		return err
	}
	models, err := w.DB.Models(ctx)
	if err != nil {
		return err
	}
	for _, m := range models {
		for _, h := range forecast.Horizons {
			for _, origin := range []forecast.Origin{forecast.Live, forecast.Backtest} {
				of := store.RecordOf{ModelID: m.ID, Horizon: h, Origin: origin}
				if judged[of] == revision {
					continue
				}
				from, ok := forecast.EvidenceFrom(m, models, origin)
				if !ok {
					continue
				}
				if err := w.judgeRecord(ctx, of, revision, from, now); err != nil {
					return fmt.Errorf("record of model %d over %d days: %w", m.ID, h, err)
				}
			}
		}
	}
	return nil
}

// JudgeNow judges every model's record of one origin by what is known at an instant, whether or not it has changed: after a
// walk through history, whose predictions are newer than the outcomes.
func (w *Worker) JudgeNow(ctx context.Context, origin forecast.Origin, now time.Time) error {
	last, err := w.DB.OutcomeRevision(ctx)
	if err != nil {
		return err
	}
	models, err := w.DB.Models(ctx)
	if err != nil {
		return err
	}
	for _, m := range models {
		from, ok := forecast.EvidenceFrom(m, models, origin)
		for _, h := range forecast.Horizons {
			if !ok {
				continue
			}
			of := store.RecordOf{ModelID: m.ID, Horizon: h, Origin: origin}
			if err := w.judgeRecord(ctx, of, last+"/"+market.DayOf(now).String(), from, now); err != nil {
				return fmt.Errorf("record of model %d over %d days: %w", m.ID, h, err)
			}
		}
	}
	return nil
}

// judgeRecord judges what was said of stories from a day on: what a language model may have read is left out.
func (w *Worker) judgeRecord(ctx context.Context, of store.RecordOf, revision string, from market.Day, now time.Time) error {
	since := now.Add(-recordReach)
	if from.At(0, 0).After(since) {
		since = from.At(0, 0)
	}
	judged, err := w.DB.Judged(ctx, store.JudgedFilter{ModelID: of.ModelID, Horizon: of.Horizon, Origin: of.Origin,
		From: since, KnownBy: now, Limit: recordMost})
	if err != nil {
		return err
	}
	rec := score.Record{Horizon: of.Horizon}
	for _, j := range judged {
		if j.Late {
			rec.Late++
			continue
		}
		rec.Items = append(rec.Items, j.Item)
	}
	return w.DB.SaveScorecard(ctx, store.Scorecard{RecordOf: of, Revision: revision, JudgedAt: now, Report: score.Judge(rec)},
		score.JudgeDays(rec.Items))
}
