// Package backtest walks a worker through history on a clock of its own: what became known at an instant is laid into the
// database, then the worker's own processors embed, join, predict and calibrate as they would have live. What comes of it
// has the origin backtest: it is never sealed, nobody is alerted of it, and statistics show it apart. The package reads no
// wall clock and calls nobody outside.
package backtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/store"
	"tickerwire/tasks"
)

// Walk is a way through history. Its database should be a throw-away one: what it lays in stays.
type Walk struct {
	// Worker runs the processors; it needs DB, Index, Predictors, Calendar, Log and, for language models, LLM. Run sets its
	// Now, Watch and WatchFit. It must bring no bars of its own (Daily, Stocks), and it is never served.
	Worker *tasks.Worker
	// Models are asked about every story, each one's members before it.
	Models []forecast.Model
	// Whole lays all of the history in before the first prediction is made, so that the future lies in the database at
	// every instant. Otherwise nothing is there that was not known yet. The predictions must be the same.
	Whole bool
	// Watch is shown what each prediction rests on, in the order of (as_of, story, model, stock); nil: nobody looks.
	Watch func(tasks.Seen)
	// WatchFit is shown what each fit of a calibration rests on, in the order of (as_of, model, horizon); nil: nobody looks.
	WatchFit func(tasks.Fitting)
	// Calls is how many calls are made at a time; 0 for as many as keep the machine busy.
	Calls int
	// Moved is told how many of all articles are behind; nil: nobody listens.
	Moved func(done, total int)

	until time.Time // with Whole: the last instant at which anything is asked; zero for that of the history

	now  atomic.Int64       // the walk's clock, microseconds
	mute []store.NewArticle // what names no company and is not laid in yet
	mu   sync.Mutex
	seen []tasks.Seen
	gate gate
	sum  Walked
}

// Walked is what a walk came to.
type Walked struct {
	Articles int       // of the history
	New      int       // of them, those that are no second sight of another
	Stories  int       // that name a company, and were predicted
	Calls    int       // of models on stories
	Failed   int       // of them, those that nobody outside answered
	Unasked  int       // of them, those that no language model's budget had room for
	End      time.Time // where the clock stands: what is known by then can be judged
	Signals  []Signal  // what the alert gate would have decided on each call, in their order
}

// Run walks from the first instant of the history to the morning after its last.
func (w *Walk) Run(ctx context.Context, h History) (Walked, error) {
	w.Worker.Now = w.clock
	if w.Watch != nil {
		w.Worker.Watch = w.note
	}
	w.Worker.WatchFit = w.WatchFit
	if err := w.Worker.DB.AddStocks(ctx, h.Stocks); err != nil {
		return w.sum, err
	}
	matcher, err := w.Worker.Matcher(ctx)
	if err != nil {
		return w.sum, err
	}
	list, done := h.moments(matcher), 0
	for _, m := range list {
		err := w.lay(ctx, m)
		if err == nil && !w.Whole {
			err = w.act(ctx, m)
		}
		if err != nil {
			return w.sum, fmt.Errorf("at %s: %w", m.time().Format(time.RFC3339), err)
		}
		done += len(m.articles)
		w.moved(done, len(h.Articles))
	}
	if _, err := w.add(ctx, nil); err != nil {
		return w.sum, err
	}
	if w.Whole {
		for _, m := range list {
			if !w.until.IsZero() && m.time().After(w.until) {
				break
			}
			if err := w.act(ctx, m); err != nil {
				return w.sum, fmt.Errorf("at %s: %w", m.time().Format(time.RFC3339), err)
			}
		}
	}
	w.sum.Articles, w.sum.End, w.sum.Signals = len(h.Articles), w.clock(), w.gate.signals
	return w.sum, nil
}

func (m *moment) time() time.Time { return time.UnixMicro(m.at).UTC() }

// clock is the application clock of the walk.
func (w *Walk) clock() time.Time { return time.UnixMicro(w.now.Load()).UTC() }

func (w *Walk) moved(done, total int) {
	if w.Moved != nil {
		w.Moved(done, total)
	}
}

// lay writes down what became known at a moment: closes first, then what followed earlier stories, then articles.
func (w *Walk) lay(ctx context.Context, m *moment) error {
	w.now.Store(m.at)
	if len(m.bars) > 0 {
		if _, err := w.Worker.DB.SaveBars(ctx, m.bars); err != nil {
			return err
		}
	}
	if len(m.bars) > 0 || m.morning {
		if err := w.evaluate(ctx, m.time()); err != nil {
			return err
		}
	}
	return w.addNamed(ctx, m)
}

// mostMute is how many articles that name no company are kept back at most: as many as are embedded together.
const mostMute = 64

// addNamed lays in a moment's articles. Those that name no company tell no stock's story and are searched by nobody: they
// wait for the next that do, so that most instants need no transaction.
func (w *Walk) addNamed(ctx context.Context, m *moment) error {
	var named []store.NewArticle
	for _, a := range m.articles {
		if len(a.Matches) == 0 {
			w.mute = append(w.mute, a)
			continue
		}
		named = append(named, a)
	}
	if len(named) == 0 && len(w.mute) < mostMute {
		return nil
	}
	again := slices.ContainsFunc(named, func(a store.NewArticle) bool {
		return slices.ContainsFunc(w.mute, func(b store.NewArticle) bool {
			return a.URL != "" && a.URL == b.URL || a.Source == b.Source && a.ExternalID == b.ExternalID
		})
	})
	if again { // what was seen first is kept
		if _, err := w.add(ctx, nil); err != nil {
			return err
		}
	}
	opened, err := w.add(ctx, named)
	m.opened = opened
	return err
}

// add saves and embeds articles, with those that were kept back, and returns the stories that they opened.
func (w *Walk) add(ctx context.Context, articles []store.NewArticle) (opened []int64, err error) {
	articles = append(w.mute, articles...)
	w.mute = nil
	if len(articles) == 0 {
		return nil, nil
	}
	ids, err := w.Worker.DB.SaveArticles(ctx, articles)
	if err != nil {
		return nil, err
	}
	w.sum.New += len(ids)
	joined, err := w.Worker.EmbedNow(ctx, ids)
	for _, j := range joined {
		if j.Opened {
			opened = append(opened, j.StoryID)
		}
	}
	return opened, err
}

func (w *Walk) evaluate(ctx context.Context, now time.Time) error {
	for {
		if n, err := w.Worker.EvaluateDue(ctx, now); err != nil || n == 0 {
			return err
		}
	}
}

// act does what a live program would have done at a moment, with what it knew then.
func (w *Walk) act(ctx context.Context, m *moment) error {
	w.now.Store(m.at)
	if m.evening {
		if err := w.Worker.Calibrate(ctx, forecast.Backtest, m.time()); err != nil {
			return err
		}
	}
	if len(m.opened) == 0 {
		return nil
	}
	stories, err := w.Worker.DB.Stories(ctx, m.opened)
	if err != nil {
		return err
	}
	return w.predict(ctx, stories)
}
