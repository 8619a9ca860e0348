package backtest

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/tasks"
)

// Leak is one thing that a prediction rests on, or came to, that is another when the future lies in the database.
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
	Values               int // that were compared, of predictions and all that they rest on
	Leaks                int
}

// ahead is how many predictions one walk may be ahead of the other.
const ahead = 64

// FindLeaks walks twice through a history: with the future cut off at each instant, and with all of it present, the
// restatement of every close and a wrong calibration of every model included. Whatever differs is handed to found, in the
// order of the predictions. A walk that a look ahead makes fail is an error. Both walks have a database of their own, in
// which the models are the same. In memory are the history and a few predictions.
func FindLeaks(ctx context.Context, cut, whole *Walk, h History, found func(Leak)) (Compared, error) {
	group, ctx := errgroup.WithContext(ctx)
	start := func(w *Walk, name string, h History) <-chan tasks.Seen {
		seen := make(chan tasks.Seen, ahead)
		w.Watch = func(s tasks.Seen) {
			select {
			case seen <- s:
			case <-ctx.Done():
			}
		}
		group.Go(func() error {
			defer close(seen)
			if _, err := w.Run(ctx, h); err != nil {
				return fmt.Errorf("%s the future: %w", name, err)
			}
			return nil
		})
		return seen
	}
	full := restated(h)
	cut.Whole, whole.Whole = false, true
	if err := miscalibrate(ctx, whole, full); err != nil {
		return Compared{}, err
	}
	var sum Compared
	c := comparison{sum: &sum, found: found, stories: make(map[int64]bool)}
	c.run(start(cut, "without", h), start(whole, "with", full))
	return sum, group.Wait()
}

// restated is the history with a second version of every close, which becomes known when all of it is over.
func restated(h History) History {
	var end time.Time
	for _, b := range h.Bars {
		end = later(end, b.KnownAt)
	}
	for _, a := range h.Articles {
		end = later(end, a.AvailableAt)
	}
	bars := make([]market.Bar, 0, 2*len(h.Bars))
	bars = append(bars, h.Bars...)
	for _, b := range h.Bars {
		b.Close += 1 + b.Close*int64((7*int(b.Day)+int(b.Code[len(b.Code)-1]))%13)/100 // another return for every day and stock
		b.KnownAt = end.Add(24 * time.Hour)
		bars = append(bars, b)
	}
	h.Bars = bars
	return h
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// miscalibrate keeps a calibration of every model that becomes known when the history is over, and is far off.
func miscalibrate(ctx context.Context, w *Walk, h History) error {
	if len(h.Bars) == 0 {
		return nil
	}
	known := h.Bars[len(h.Bars)-1].KnownAt
	var list []store.CalibrationOf
	for _, m := range w.Models {
		for _, horizon := range forecast.Horizons {
			list = append(list, store.CalibrationOf{ModelID: m.ID, Horizon: horizon, Origin: forecast.Backtest, KnownAt: known,
				Calibration: forecast.Calibration{Intercept: 0.1, Slope: -1, SlopeLow: -2, SlopeHigh: 1, StockDays: 1000}})
		}
	}
	return w.Worker.DB.SaveCalibrations(ctx, list)
}

// comparison goes through what two walks have seen.
type comparison struct {
	sum     *Compared
	found   func(Leak)
	stories map[int64]bool // of the instant at hand
	at      time.Time
}

// run pairs what is of the same prediction. Both come in the same order; what one of them lacks is a leak, too.
func (c *comparison) run(cut, whole <-chan tasks.Seen) {
	a, moreA := <-cut
	b, moreB := <-whole
	for moreA || moreB {
		order := 0
		switch {
		case !moreB:
			order = -1
		case !moreA:
			order = 1
		default:
			order = inOrder(a, b)
		}
		switch {
		case order < 0:
			c.leak(a, fact{what: "prediction"}, "made", "none")
		case order > 0:
			c.leak(b, fact{what: "prediction"}, "none", "made")
		default:
			c.compare(a, b)
		}
		if order <= 0 {
			a, moreA = <-cut
		}
		if order >= 0 {
			b, moreB = <-whole
		}
	}
}

func inOrder(a, b tasks.Seen) int {
	return cmp.Or(a.Query.AsOf.Compare(b.Query.AsOf), cmp.Compare(a.Call.StoryID, b.Call.StoryID), cmp.Compare(a.Call.ModelID, b.Call.ModelID),
		cmp.Compare(a.Query.Code, b.Query.Code))
}

func (c *comparison) compare(a, b tasks.Seen) {
	if !a.Query.AsOf.Equal(c.at) {
		clear(c.stories)
		c.at = a.Query.AsOf
	}
	if !c.stories[a.Call.StoryID] {
		c.stories[a.Call.StoryID] = true
		c.sum.Stories++
	}
	c.sum.Predictions += len(a.Made)
	inA, inB := factsOf(a), factsOf(b)
	for i := range max(len(inA), len(inB)) {
		c.sum.Values++
		switch {
		case i >= len(inB):
			c.leak(a, inA[i], inA[i].value, "none")
		case i >= len(inA):
			c.leak(b, inB[i], "none", inB[i].value)
		case inA[i] != inB[i]:
			left, right := parting(inA[i].value, inB[i].value)
			if inA[i].what != inB[i].what {
				left, right = inA[i].what+" "+left, inB[i].what+" "+right
			}
			c.leak(a, inA[i], left, right)
		}
	}
}

func (c *comparison) leak(s tasks.Seen, f fact, cut, whole string) {
	c.sum.Leaks++
	c.found(Leak{AsOf: s.Query.AsOf, StoryID: s.Call.StoryID, ArticleID: s.Query.ArticleID, Code: s.Query.Code, Model: s.Call.Model.Name,
		Horizon: f.horizon, What: f.what, Cut: cut, Whole: whole})
}
