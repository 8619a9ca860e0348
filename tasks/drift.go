package tasks

import (
	"context"
	"time"

	"tickerwire/internal/forecast/score"
	"tickerwire/store"
)

// WatchDrift compares what came in on the last days with what came before, and notes what has changed. It changes nothing
// else: a flag asks for a person.
type WatchDrift struct{}

// Kind returns "drift:watch".
func (WatchDrift) Kind() string { return "drift:watch" }

// Key returns "due".
func (WatchDrift) Key() string { return "due" }

// Queue returns the control queue.
func (WatchDrift) Queue() string { return QueueControl }

const (
	driftEvery  = time.Hour // on the application clock
	driftLately = 5 * 24 * time.Hour
	driftBefore = 60 * 24 * time.Hour
)

func (w *Worker) watchDrift(ctx context.Context, _ WatchDrift) error {
	now := w.Now()
	since := now.Add(-driftLately)
	before, err := w.DB.Mixes(ctx, since.Add(-driftBefore), since)
	if err != nil {
		return err
	}
	lately, err := w.DB.Mixes(ctx, since, now)
	if err != nil {
		return err
	}
	plumbing, err := w.DB.Plumbing(ctx, since, now)
	if err != nil {
		return err
	}
	if plumbing.MissingPrices, err = w.missingPrices(ctx, now); err != nil {
		return err
	}
	flags := append(score.MixFlags(before, lately), score.PlumbingFlags(plumbing)...)
	for _, f := range flags {
		w.Log.WarnContext(ctx, "drift", "flag", f.Name, "value", f.Value, "limit", f.Limit)
	}
	return w.DB.SaveDrift(ctx, flags, now)
}

// missingPrices returns the share of active stocks without a bar of the last day that KRX should have published.
func (w *Worker) missingPrices(ctx context.Context, now time.Time) (float64, error) {
	day, err := w.Calendar.LastKnownDay(now)
	if err != nil {
		return 0, err
	}
	if published, err := w.Calendar.KRXKnownAt(day); err != nil {
		return 0, err
	} else if published.After(now) {
		if day, err = w.Calendar.Add(day, -1); err != nil {
			return 0, err
		}
	}
	missing, of, err := w.DB.MissingBars(ctx, store.BarGap{Day: day, KnownBy: now})
	if err != nil || of == 0 {
		return 0, err
	}
	return float64(missing) / float64(of), nil
}
