package tasks

import (
	"context"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// CrawlSymbols reads the list of everything that is listed: names that changed, and names that are new.
type CrawlSymbols struct {
	Day string `json:"day"` // 2006-01-02: the trading day of the list
}

// Kind returns "symbols:crawl".
func (CrawlSymbols) Kind() string { return "symbols:crawl" }

// Key returns the day.
func (j CrawlSymbols) Key() string { return j.Day }

// Queue returns the market queue.
func (CrawlSymbols) Queue() string { return QueueMarket }

// ringSymbols rings for the list of the last day that KRX has published, once.
func (w *Worker) ringSymbols(ctx context.Context) error {
	if w.Market.Symbols == nil {
		return nil
	}
	day, err := w.publishedDay()
	if err != nil {
		return err
	}
	read, err := w.DB.Bookmark(ctx, sourceSymbols, "all")
	if err != nil || read == news.Bookmark(day.String()) {
		return err
	}
	return w.Queue.Ring(ctx, CrawlSymbols{Day: day.String()})
}

// publishedDay returns the last trading day of which KRX has published what there is.
func (w *Worker) publishedDay() (market.Day, error) {
	now := w.Now()
	day, err := w.Calendar.Add(market.DayOf(now), -1)
	if err != nil {
		return 0, err
	}
	known, err := w.Calendar.KRXKnownAt(day)
	if err == nil && now.Before(known) {
		return w.Calendar.Add(day, -1)
	}
	return day, err
}

func (w *Worker) crawlSymbols(ctx context.Context, job CrawlSymbols) error {
	if w.Market.Symbols == nil {
		return nil
	}
	day, err := market.ParseDay(job.Day)
	if err != nil {
		return err
	}
	var listings []market.Listing
	late := false
	asked, err := w.ask(ctx, sourceSymbols, "all", func() (err error) {
		listings, err = w.Market.Symbols.Symbols(ctx, day)
		if late = fault.KindOf(err) == fault.NotFound; late {
			return w.DB.LeaveSource(ctx, sourceSymbols)
		}
		return err
	})
	if err != nil || !asked || late {
		return err // what is late today stays due
	}
	if err := w.DB.SaveListings(ctx, listings); err != nil {
		return err
	}
	return w.noteCrawl(ctx, store.Crawl{Source: sourceSymbols, Part: "all", Mark: news.Bookmark(job.Day)})
}
