package tasks

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// EvaluateOutcomes labels every story whose target day's official row is known.
type EvaluateOutcomes struct{}

// Kind returns "outcome:evaluate".
func (EvaluateOutcomes) Kind() string { return "outcome:evaluate" }

// Key returns "due".
func (EvaluateOutcomes) Key() string { return "due" }

// Queue returns the control queue.
func (EvaluateOutcomes) Queue() string { return QueueControl }

const (
	outcomeBatch = 5000
	labelHistory = 60 // calendar days before the base day that sigma is taken from
	barsGiveUp   = 14 // calendar days after which a target day without bars will not get any
)

func (w *Worker) evaluateOutcomes(ctx context.Context, _ EvaluateOutcomes) error {
	_, err := w.EvaluateDue(ctx, w.Now())
	return err
}

// EvaluateDue labels everything whose outcome is known at now, at most outcomeBatch pairs, and returns how many.
// A target day whose bars are not stored yet is left for the next time.
func (w *Worker) EvaluateDue(ctx context.Context, now time.Time) (int, error) {
	last, err := w.lastBases(now)
	if err != nil {
		return 0, err
	}
	due, err := w.DB.DueOutcomes(ctx, last, outcomeBatch)
	if err != nil {
		return 0, err
	}
	byTarget, err := w.groupByTarget(due)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, group := range byTarget {
		n, err := w.label(ctx, group, now)
		total += n
		if err != nil {
			return total, fmt.Errorf("outcomes of %s: %w", group.day, err)
		}
	}
	if total > 0 {
		w.Log.InfoContext(ctx, "outcomes known", "count", total)
	}
	return total, nil
}

// lastBases returns, per horizon, the last base day whose target day is known at now.
func (w *Worker) lastBases(now time.Time) (map[int]market.Day, error) {
	known, err := w.Calendar.LastKnownDay(now)
	if err != nil {
		return nil, err
	}
	last := make(map[int]market.Day, len(forecast.Horizons))
	for _, h := range forecast.Horizons {
		if last[h], err = w.Calendar.Add(known, -h); err != nil {
			return nil, err
		}
	}
	return last, nil
}

// targetGroup is the due pairs that share a target day, and so one panel.
type targetGroup struct {
	day  market.Day
	list []store.DueOutcome
}

func (w *Worker) groupByTarget(due []store.DueOutcome) ([]targetGroup, error) {
	groups := make(map[market.Day][]store.DueOutcome)
	for _, d := range due {
		target, err := w.Calendar.Add(d.BaseDay, d.Horizon)
		if err != nil {
			return nil, err
		}
		groups[target] = append(groups[target], d)
	}
	sorted := make([]targetGroup, 0, len(groups))
	for day, list := range groups {
		sorted = append(sorted, targetGroup{day, list})
	}
	slices.SortFunc(sorted, func(a, b targetGroup) int { return int(a.day - b.day) })
	return sorted, nil
}

// label labels one target day's pairs from the bars as they were first known; where those are missing, from what is
// known now, and then the outcome counts as known only from now on.
func (w *Worker) label(ctx context.Context, group targetGroup, now time.Time) (int, error) {
	knownAt, err := w.Calendar.BarKnownAt(group.day)
	if err != nil {
		return 0, err
	}
	panel, err := w.labelPanel(ctx, group, knownAt)
	if err != nil {
		return 0, err
	}
	if panel.LastDay() < group.day {
		knownAt = now
		if panel, err = w.labelPanel(ctx, group, now); err != nil {
			return 0, err
		}
	}
	outcomes := make([]forecast.Outcome, 0, len(group.list))
	for _, due := range group.list {
		sigmaDay, err := w.Calendar.LastKnownDay(due.AvailableAt)
		if err != nil {
			return 0, err
		}
		o, err := forecast.Label(panel, forecast.LabelInput{StoryID: due.StoryID, Code: due.Code, Horizon: due.Horizon,
			BaseDay: due.BaseDay, TargetDay: group.day, SigmaPct: panel.SigmaPct(due.Code, sigmaDay), KnownAt: knownAt})
		if fault.KindOf(err) == fault.Unavailable {
			if market.DayOf(now)-group.day <= barsGiveUp {
				continue // the day's bars are not stored yet: it stays due
			}
			o, err = forecast.Outcome{StoryID: due.StoryID, Code: due.Code, Horizon: due.Horizon, Version: 1, BaseDay: due.BaseDay,
				TargetDay: group.day, Void: forecast.VoidNoPrice, KnownAt: now}, nil
		}
		if err != nil {
			return 0, err
		}
		outcomes = append(outcomes, o)
	}
	return len(outcomes), w.DB.SaveOutcomes(ctx, outcomes)
}

func (w *Worker) labelPanel(ctx context.Context, group targetGroup, knownBy time.Time) (*forecast.Panel, error) {
	first := group.list[0].BaseDay
	for _, d := range group.list {
		first = min(first, d.BaseDay)
	}
	bars, err := w.DB.Bars(ctx, store.BarFilter{From: first - labelHistory, To: group.day, KnownBy: knownBy})
	if err != nil {
		return nil, err
	}
	return forecast.NewPanel(bars), nil
}
