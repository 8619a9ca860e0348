package tasks

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
	"tickerwire/internal/tracing"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

// NewsSource answers a source's latest items. part selects one of several listings (a company's search result, say);
// sources with one listing get "". The bookmark is what the source asked to be reminded of.
type NewsSource interface {
	Name() string
	Latest(ctx context.Context, part string, mark news.Bookmark) ([]news.Item, news.Bookmark, error)
}

// Source is a news source and how it is crawled.
type Source struct {
	NewsSource
	PerStock bool          // one part per stock that is searched for, named like the stock
	ByCode   bool          // with PerStock: parts are named by the stock's code instead
	Every    time.Duration // wall time between two crawls
}

// DailyBars answers the whole market's bars of one day, with the names of all that is listed; NotFound when nothing is
// published of that day, yet or at all.
type DailyBars interface {
	DailyBars(ctx context.Context, day market.Day) ([]market.Bar, []market.Listing, error)
}

// StockBars answers one stock's bars of the days from..to.
type StockBars interface {
	StockBars(ctx context.Context, code market.Code, from, to market.Day) ([]market.Bar, error)
}

// Sender delivers messages. Wait is asked before each: it returns when one may leave, or Limited, with how long to wait.
// Send delivers one and returns its number there. Its errors say what is known of the message: Unavailable: surely not
// accepted, and one that wraps *notice.Moved names where to send it instead; Limited: refused for now; Forbidden: the
// recipient will have none; Invalid: this message will never be taken; any other: it may have arrived. Edit changes a sent
// message, with the same errors; that it reads so already is none.
type Sender interface {
	Wait(ctx context.Context, to notice.Address) error
	Send(ctx context.Context, to notice.Address, m notice.Message) (messageID int64, err error)
	Edit(ctx context.Context, to notice.Address, messageID int64, m notice.Message) error
}

// Predictor makes a model's predictions for one query, one per horizon.
type Predictor func(forecast.Query) ([]forecast.Prediction, error)

// Worker holds what the processors need. Fields are set once, before Serve.
type Worker struct {
	DB         *store.DB
	Queue      *Queue
	Index      vectors.Index
	Sources    []Source
	Filers     FilerList // nil: no supervisor is configured
	Daily      DailyBars // nil: no source of market-wide bars is configured
	Stocks     StockBars // nil: no source of single stocks' bars is configured
	Market     MarketData
	Sender     Sender               // nil: nobody is told anything; alerts are still decided
	Hooks      Sender               // of webhooks; nil: none is posted to
	OneWay     bool                 // the bot listens to nobody: COMPLIANCE_MODE=one-way
	Predictors map[string]Predictor // of the kinds that need nobody
	LLM        LLM                  // nil: language models are not asked
	Calendar   *market.Calendar
	BarsFrom   int              // how many calendar days back daily bars are kept
	Now        func() time.Time // the application clock
	Process    *Process
	Log        *slog.Logger
	Watch      func(Seen)           // is shown what predictions rest on, by several goroutines at once; nil: nobody looks
	WatchFit   func(Fitting)        // is shown what calibrations rest on, in the order of (model, horizon); nil: nobody looks
	Metrics    *Metrics             // nil: nothing is measured
	Tracer     tracing.Tracer       // nil: no trace begins or goes on here
	Extra      map[string]Processor // kinds of task beside the program's own, for tests of the queue; may be nil

	ExtraClasses []class // and the queues they wait in; see ExtraClass

	once   sync.Once
	table  map[string]Processor
	opened sync.Once
	post   *post
	names  nameCache
	panels panelCache

	embedders embedderCache
	asked     busyModels
}

func (w *Worker) source(name string) (Source, bool) {
	for _, s := range w.Sources {
		if s.Name() == name {
			return s, true
		}
	}
	return Source{}, false
}
