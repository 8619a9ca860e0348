package tasks

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
)

const sameValue = 1e-9 // percent; outcomes that differ by no more are the same

// relabel looks again at the outcomes over days of which a close was corrected after it was first known, and saves those
// that come out different as their next version, known from now on.
func (w *Worker) relabel(ctx context.Context, now time.Time) (int, error) {
	bars, old, err := w.DB.Corrections(ctx, now)
	if err != nil || len(bars) == 0 {
		return 0, err
	}
	var changed []forecast.Outcome
	for len(old) > 0 {
		n := slices.IndexFunc(old, func(o forecast.Outcome) bool { return o.TargetDay != old[0].TargetDay })
		if n < 0 {
			n = len(old)
		}
		again, err := w.labelAgain(ctx, old[:n], now)
		if err != nil {
			return 0, fmt.Errorf("corrected outcomes of %s: %w", old[0].TargetDay, err)
		}
		changed, old = append(changed, again...), old[n:]
	}
	if err := w.DB.SaveOutcomes(ctx, changed); err != nil {
		return 0, err
	}
	return len(changed), w.DB.DropCorrections(ctx, bars)
}

// labelAgain labels outcomes of one target day from the bars known now and returns the ones that changed.
func (w *Worker) labelAgain(ctx context.Context, list []forecast.Outcome, now time.Time) ([]forecast.Outcome, error) {
	first := slices.MinFunc(list, func(a, b forecast.Outcome) int { return int(a.BaseDay - b.BaseDay) }).BaseDay
	panel, err := w.barsPanel(ctx, first, list[0].TargetDay, now)
	if err != nil {
		return nil, err
	}
	var changed []forecast.Outcome
	for _, old := range list {
		o, err := forecast.Label(panel, forecast.LabelInput{StoryID: old.StoryID, Code: old.Code, Horizon: old.Horizon, BaseDay: old.BaseDay,
			TargetDay: old.TargetDay, SigmaPct: old.SigmaPct, KnownAt: now})
		if fault.KindOf(err) == fault.Unavailable {
			continue
		}
		if err != nil {
			return nil, err
		}
		if o.Void != old.Void || math.Abs(o.ReturnPct-old.ReturnPct) > sameValue || math.Abs(o.ExcessPct-old.ExcessPct) > sameValue {
			o.Version = old.Version + 1
			changed = append(changed, o)
		}
	}
	return changed, nil
}
