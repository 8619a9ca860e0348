package tasks

import (
	"context"
	"errors"
	"slices"
	"time"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// MarketData is the sources of everything about the market beside daily bars. A nil one is not configured, and what only
// it knows is done without.
type MarketData struct {
	Factors      Factors
	Minutes      Minutes
	MinuteDays   int // how many calendar days back minutes are fetched; 0: today's only
	Flows        Flows
	Indices      Indices
	DailyIndices DailyIndices
	OpenDays     OpenDays
	Symbols      Symbols
}

// Factors answers by what to multiply one stock's raw closes of the days from..to, over every split up to now.
type Factors interface {
	Factors(ctx context.Context, code market.Code, from, to market.Day) (map[market.Day]float64, error)
}

// Minutes answers one stock's minutes at a venue that began from from to to, of one day, and are over.
type Minutes interface {
	Minutes(ctx context.Context, code market.Code, venue market.Venue, from, to time.Time) ([]market.Minute, error)
}

// Flows answers a stock's latest days of investor flows.
type Flows interface {
	Flows(ctx context.Context, code market.Code) ([]market.Flow, error)
}

// Indices answers one index's days from..to.
type Indices interface {
	IndexDays(ctx context.Context, index market.IndexName, from, to market.Day) ([]market.IndexDay, error)
}

// DailyIndices answers all indices of one day; NotFound when nothing is published of it.
type DailyIndices interface {
	IndexDays(ctx context.Context, day market.Day) ([]market.IndexDay, error)
}

// OpenDays answers a page of a calendar from a day on, and whether it goes on after it. It is asked through once a day.
type OpenDays interface {
	OpenDays(ctx context.Context, from market.Day) (days []market.OpenDay, more bool, err error)
}

// Symbols answers everything that was listed on a day; NotFound when nothing is published of it.
type Symbols interface {
	Symbols(ctx context.Context, day market.Day) ([]market.Listing, error)
}

// The sources of market data as the freshness list names them. Each keeps its bookmarks.
const (
	sourceFactors    = "kis-factors"
	sourceMinutes    = "kis-minutes"
	sourceFlows      = "kis-flows"
	sourceIndices    = "kis-indices"
	sourceIndicesKRX = "krx-indices"
	sourceCalendar   = "calendar"
	sourceSymbols    = "symbols"
)

// MarketSources returns the names of the sources of market data that a worker with these clients asks, as the freshness
// list shows them.
func MarketSources(daily DailyBars, stocks StockBars, m MarketData) []string {
	var names []string
	for _, s := range marketSources(daily, stocks, m) {
		if s.asked {
			names = append(names, s.name)
		}
	}
	return names
}

// IsMarketSource reports whether a source is one of market data, which are asked for what is due and cannot be crawled by
// name.
func IsMarketSource(name string) bool {
	return slices.ContainsFunc(marketSources(nil, nil, MarketData{}), func(s marketSource) bool { return s.name == name })
}

type marketSource struct {
	name  string
	asked bool
}

func marketSources(daily DailyBars, stocks StockBars, m MarketData) []marketSource {
	return []marketSource{{barsKRX, daily != nil}, {barsKIS, stocks != nil}, {sourceFactors, m.Factors != nil}, {sourceMinutes, m.Minutes != nil},
		{sourceFlows, m.Flows != nil}, {sourceIndices, m.Indices != nil}, {sourceIndicesKRX, m.DailyIndices != nil},
		{sourceCalendar, m.OpenDays != nil}, {sourceSymbols, m.Symbols != nil}}
}

// DueMarket looks which market data should be known by now and are not stored, and rings for each.
type DueMarket struct{}

// Kind returns "market:due".
func (DueMarket) Kind() string { return "market:due" }

// Key returns "all".
func (DueMarket) Key() string { return "all" }

// Queue returns the control queue.
func (DueMarket) Queue() string { return QueueControl }

func (w *Worker) dueMarket(ctx context.Context, _ DueMarket) error {
	return errors.Join(w.ringCalendar(ctx), w.ringSymbols(ctx), w.ringIndices(ctx), w.ringIndicesKRX(ctx),
		w.ringFlows(ctx), w.ringFactors(ctx), w.ringMinutes(ctx))
}

// overtaken reports whether a ring's day is not the newest any more whose rows are known. What that day's ring asks for
// holds the earlier ones, too: after a while away, or on a fast clock, nothing is asked for once per day that was missed.
func (w *Worker) overtaken(day string) (bool, error) {
	newest, err := w.Calendar.LastKnownDay(w.Now())
	return err == nil && day < newest.String(), err
}

// ringStale rings for every active stock whose bookmark with a source is not that day's.
func (w *Worker) ringStale(ctx context.Context, source string, day market.Day, job func(market.Code) Job) error {
	marks, err := w.DB.Bookmarks(ctx, source)
	if err != nil {
		return err
	}
	stocks, err := w.DB.Stocks(ctx, true)
	if err != nil {
		return err
	}
	for _, s := range stocks {
		if marks[string(s.Code)] == news.Bookmark(day.String()) {
			continue
		}
		if err := w.Queue.Ring(ctx, job(s.Code)); err != nil {
			return err
		}
	}
	return nil
}
