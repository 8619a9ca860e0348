package app

import (
	"context"
	"slices"
	"time"

	"tickerwire/internal/backtest"
	"tickerwire/internal/forecast"
)

// historyWaits is how long the demonstration leaves its history alone: its first alerts come first.
const historyWaits = 2 * time.Minute

// walkHistory has the local models say what they would have said of the imported months, one call at a time beside what
// goes on live, so that statistics and calibration have something to show. What comes of it has the origin backtest. Where
// it fails it goes on later from where it stood: nothing live waits for it.
func (d *demo) walkHistory(ctx context.Context, r *role) error {
	for {
		wait := time.NewTimer(historyWaits)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return nil
		}
		err := walkOnce(ctx, r)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		r.log.ErrorContext(ctx, "the history was not walked to its end", "again_after", historyWaits, "error", err)
	}
}

func walkOnce(ctx context.Context, r *role) error {
	models, err := r.db.Models(ctx)
	if err != nil {
		return err
	}
	models = slices.DeleteFunc(models, func(m forecast.Model) bool { return m.Role == forecast.Retired || !forecast.IsLocal(m.Kind) })
	started := time.Now()
	walk := backtest.Walk{Worker: walker(r.db, r.calendar), Models: models, Calls: 1}
	stories, err := walk.Stored(ctx, r.clock.now())
	if err == nil && stories > 0 {
		r.log.InfoContext(ctx, "history walked through", "stories", stories, "took", time.Since(started).Round(time.Second))
	}
	return err
}
