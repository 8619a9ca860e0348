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

// EvaluateOutcomes labels every story whose target day is settled, and again where a close was corrected.
type EvaluateOutcomes struct{}

// Kind returns "outcome:evaluate".
func (EvaluateOutcomes) Kind() string { return "outcome:evaluate" }

// Key returns "due".
func (EvaluateOutcomes) Key() string { return "due" }

// Queue returns the control queue.
func (EvaluateOutcomes) Queue() string { return QueueControl }

const (
	outcomeBatch = 5000
	sigmaHistory = 60            // calendar days of bars that a sigma is taken from
	gapHistory   = 7             // calendar days before the first base day in which a stock traded that should have a bar
	barsGrace    = 2 * time.Hour // after KRX's publication, for whatever brings bars to do so
	barsGiveUp   = 14            // calendar days after which a target day without bars will not get any
)

func (w *Worker) evaluateOutcomes(ctx context.Context, _ EvaluateOutcomes) error {
	_, err := w.EvaluateDue(ctx, w.Now())
	return err
}

// EvaluateDue labels everything whose outcome is known at now, at most outcomeBatch pairs, then again what corrected
// closes have changed, and returns how many outcomes that made. A target day that is not settled is left for the next
// time.
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
	sigmas := sigmaPanels{}
	for _, group := range byTarget {
		n, err := w.label(ctx, group, sigmas, now)
		total += n
		if err != nil {
			return total, fmt.Errorf("outcomes of %s: %w", group.day, err)
		}
	}
	if len(due) < outcomeBatch { // else there is more to be labelled first
		n, err := w.relabel(ctx, now)
		total += n
		if err != nil {
			return total, err
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
	day   market.Day
	first market.Day // the earliest base day
	list  []store.DueOutcome
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
		first := slices.MinFunc(list, func(a, b store.DueOutcome) int { return int(a.BaseDay - b.BaseDay) }).BaseDay
		sorted = append(sorted, targetGroup{day, first, list})
	}
	slices.SortFunc(sorted, func(a, b targetGroup) int { return int(a.day - b.day) })
	return sorted, nil
}

// label labels one target day's pairs, once it is settled, from the bars as they were first known: the outcomes count as
// known from when the last of them was.
func (w *Worker) label(ctx context.Context, group targetGroup, sigmas sigmaPanels, now time.Time) (int, error) {
	knownAt, settled, err := w.settled(ctx, group.first, group.day, now)
	if err != nil || !settled {
		return 0, err
	}
	panel, err := w.barsPanel(ctx, group.first, group.day, knownAt)
	if err != nil {
		return 0, err
	}
	outcomes := make([]forecast.Outcome, 0, len(group.list))
	for _, due := range group.list {
		sigma, err := w.sigmaAsOf(ctx, sigmas, due.Code, due.AvailableAt)
		if err != nil {
			return 0, err
		}
		o, err := forecast.Label(panel, forecast.LabelInput{StoryID: due.StoryID, Code: due.Code, Horizon: due.Horizon, BaseDay: due.BaseDay,
			TargetDay: group.day, AvailableAt: due.AvailableAt, SigmaPct: sigma, KnownAt: knownAt})
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

// settled reports whether no further first bar of the target day is to be waited for, so that a stock without one was
// halted, and from when on what is there was known. When every active stock that traded shortly before had its bar as
// soon as the day's official rows were known, that is the instant; what comes later, a second version by KRX say, moves
// it no more. Else the day is settled by KRX or an import, which bring all stocks, or when both had their time.
func (w *Worker) settled(ctx context.Context, first, day market.Day, now time.Time) (knownAt time.Time, ok bool, err error) {
	if knownAt, err = w.Calendar.BarKnownAt(day); err != nil {
		return time.Time{}, false, err
	}
	gap := store.BarGap{Day: day, Since: first - gapHistory, KnownBy: knownAt}
	missing, of, err := w.DB.MissingBars(ctx, gap)
	if err != nil || missing == 0 && of > 0 {
		return knownAt, err == nil, err
	}
	gap.KnownBy = now
	if missing, of, err = w.DB.MissingBars(ctx, gap); err != nil {
		return time.Time{}, false, err
	}
	if missing > 0 || of == 0 {
		if ok, err = w.nothingToCome(ctx, day, now); err != nil || !ok {
			return time.Time{}, false, err
		}
	}
	complete, err := w.DB.BarsComplete(ctx, first, day, now)
	if complete.After(knownAt) {
		knownAt = complete
	}
	return knownAt, err == nil, err
}

// nothingToCome reports whether the whole market's bars of a day are stored, or should have been for a while. Where more
// than one active stock in twenty has none by then, and some have, it is the source that is away: nobody was halted, and
// the day is waited for.
func (w *Worker) nothingToCome(ctx context.Context, day market.Day, now time.Time) (bool, error) {
	whole, err := w.DB.BarDays(ctx, day, barsKRX, barsImport)
	if err != nil || whole[day] {
		return err == nil, err
	}
	published, err := w.Calendar.KRXKnownAt(day)
	if err != nil || now.Before(published.Add(barsGrace)) {
		return false, err
	}
	missing, of, err := w.DB.MissingBars(ctx, store.BarGap{Day: day, KnownBy: now})
	return missing == of || missing <= max(1, of/20), err
}

func (w *Worker) barsPanel(ctx context.Context, from, to market.Day, knownBy time.Time) (*forecast.Panel, error) {
	bars, err := w.DB.Bars(ctx, store.BarFilter{From: from, To: to, KnownBy: knownBy})
	if err != nil {
		return nil, err
	}
	return forecast.NewPanel(bars), nil
}

// sigmaPanels keeps one evaluation's panels by the instant that they are as of.
type sigmaPanels map[time.Time]*forecast.Panel

// sigmaAsOf returns a stock's daily sigma from what was known at an instant.
func (w *Worker) sigmaAsOf(ctx context.Context, panels sigmaPanels, code market.Code, asOf time.Time) (float64, error) {
	day, err := w.Calendar.LastKnownDay(asOf)
	if err != nil {
		return 0, err
	}
	// Bars become known at two times of a day: as of the later one that had passed, all stories up to the next agree.
	known, err := w.Calendar.KRXKnownAt(day)
	if err == nil && known.After(asOf) {
		known, err = w.Calendar.BarKnownAt(day)
	}
	if err != nil {
		return 0, err
	}
	if panels[known] == nil {
		if panels[known], err = w.barsPanel(ctx, day-sigmaHistory, day, known); err != nil {
			return 0, err
		}
	}
	return panels[known].SigmaPct(code, day), nil
}
