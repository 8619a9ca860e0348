package tasks

import (
	"context"
	"fmt"
	"time"

	"tickerwire/internal/forecast/contest"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/store"
)

const (
	runningTests = 100
	pairLimit    = 20_000
)

// advanceTests adds to every running experiment the days that are complete, and ends those that have their verdict.
func (w *Worker) advanceTests(ctx context.Context, now time.Time) error {
	running, err := w.DB.RunningABTests(ctx, runningTests)
	if err != nil {
		return err
	}
	for _, t := range running {
		if err := w.advanceTest(ctx, t, now); err != nil {
			return fmt.Errorf("experiment %d: %w", t.ID, err)
		}
	}
	return nil
}

func (w *Worker) advanceTest(ctx context.Context, t store.ABTest, now time.Time) error {
	days, err := w.DB.ABDays(ctx, t.ID)
	if err != nil {
		return err
	}
	from := t.StartsOn
	if len(days) > 0 {
		from = days[len(days)-1].Day + 1
	}
	pairs, err := w.DB.ABPairs(ctx, t, from, now, pairLimit)
	if err != nil {
		return err
	}
	fresh := completeDays(pairs, len(pairs) == pairLimit)
	if len(fresh) == 0 {
		return nil
	}
	trail := contest.Evaluate(append(days, fresh...), t.Horizon, t.Comparisons)
	fresh = fresh[:len(trail.Points)-len(days)] // none behind the verdict
	w.Log.InfoContext(ctx, "experiment goes on", "test_id", t.ID, "days", len(trail.Points), "verdict", trail.Verdict)
	return w.DB.AddABDays(ctx, t.ID, fresh, trail.Verdict, now)
}

// completeDays collapses the days of which every outcome is known, up to the first day that waits for one: days are bet on
// in their order. Of a list that was cut off the last day is not whole.
func completeDays(pairs []store.ABPair, cut bool) []contest.Day {
	end := market.Day(0)
	if n := len(pairs); cut {
		end = pairs[n-1].A.Day
	}
	for _, p := range pairs {
		if !p.Known && (end == 0 || p.A.Day < end) {
			end = p.A.Day
		}
	}
	var a, b []score.Item
	for _, p := range pairs {
		if end == 0 || p.A.Day < end {
			a, b = append(a, p.A), append(b, p.B)
		}
	}
	return score.Contest(score.Collapse(a), score.Collapse(b))
}
