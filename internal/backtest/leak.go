package backtest

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/tasks"
)

// Leak is one thing that a prediction, or the fit of a calibration, rests on or came to, that is another when the future
// lies in the database. A fit is of no story: StoryID and ArticleID are 0 and Code is "".
type Leak struct {
	AsOf      time.Time
	StoryID   int64
	ArticleID int64 // the story's first
	Code      market.Code
	Model     string
	Horizon   int    // trading days; 0 for what is the same of all
	What      string // such as "base rate"
	Cut       string // its value without the future, and with it; of a long text only where they part
	Whole     string
}

// Compared is what a search for leaks came to.
type Compared struct {
	Stories, Predictions int // Predictions are one per story, stock, model and horizon
	Fits                 int // of calibrations: one per evening, model and horizon, those that the record is too short for included
	Values               int // that were compared, of predictions, fits and all that they rest on
	Leaks                int
}

// ahead is how many predictions and fits one walk may be ahead of the other.
const ahead = 64

// FindLeaks walks twice through a history: with the future cut off at each instant, and with all of it present, the
// restatement of every close and a wrong calibration of every model included. Whatever differs is handed to found, in the
// order of the instants. A walk that a look ahead makes fail is an error. Both walks have a database of their own, in
// which the models are the same. In memory are the history and a few predictions.
func FindLeaks(ctx context.Context, cut, whole *Walk, h History, found func(Leak)) (Compared, error) {
	group, ctx := errgroup.WithContext(ctx)
	start := func(w *Walk, name string, h History) <-chan sight {
		seen := make(chan sight, ahead)
		show := func(s sight) {
			select {
			case seen <- s:
			case <-ctx.Done():
			}
		}
		w.Watch = func(s tasks.Seen) { show(sightOf(s)) }
		w.WatchFit = func(f tasks.Fitting) { show(sightOfFit(f)) }
		group.Go(func() error {
			defer close(seen)
			if _, err := w.Run(ctx, h); err != nil {
				return fmt.Errorf("%s the future: %w", name, err)
			}
			return nil
		})
		return seen
	}
	end := h.end()
	after := end.Add(time.Hour)
	full := restated(h, after)
	cut.Whole, whole.Whole, whole.until = false, true, end
	if err := miscalibrate(ctx, whole, after); err != nil {
		return Compared{}, err
	}
	var sum Compared
	c := comparison{sum: &sum, found: found, stories: make(map[int64]bool)}
	c.run(start(cut, "without", h), start(whole, "with", full))
	return sum, group.Wait()
}

// restated is the history with a second version of every close, which becomes known when all of it is over.
func restated(h History, known time.Time) History {
	bars := make([]market.Bar, 0, 2*len(h.Bars))
	bars = append(bars, h.Bars...)
	for _, b := range h.Bars {
		b.Close += 1 + b.Close*int64((7*int(b.Day)+int(b.Code[len(b.Code)-1]))%13)/100 // another return for every day and stock
		b.KnownAt = known
		bars = append(bars, b)
	}
	h.Bars = bars
	return h
}

// miscalibrate keeps a calibration of every model that becomes known when the history is over, and is far off.
func miscalibrate(ctx context.Context, w *Walk, known time.Time) error {
	var list []store.CalibrationOf
	for _, m := range w.Models {
		for _, horizon := range forecast.Horizons {
			list = append(list, store.CalibrationOf{ModelID: m.ID, Horizon: horizon, Origin: forecast.Backtest, KnownAt: known,
				Calibration: forecast.Calibration{Intercept: 0.1, Slope: -1, SlopeLow: -2, SlopeHigh: 1, StockDays: 1000}})
		}
	}
	return w.Worker.DB.SaveCalibrations(ctx, list)
}
