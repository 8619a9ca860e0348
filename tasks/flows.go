package tasks

import (
	"context"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// CrawlFlows fetches what investors bought and sold of one stock, up to Day.
type CrawlFlows struct {
	Code market.Code `json:"code"`
	Day  string      `json:"day"` // 2006-01-02
}

// Kind returns "flows:crawl".
func (CrawlFlows) Kind() string { return "flows:crawl" }

// Key returns day and stock.
func (j CrawlFlows) Key() string { return j.Day + "/" + string(j.Code) }

// Queue returns the market queue.
func (CrawlFlows) Queue() string { return QueueMarket }

func (w *Worker) ringFlows(ctx context.Context) error {
	if w.Market.Flows == nil {
		return nil
	}
	day, err := w.Calendar.LastKnownDay(w.Now())
	if err != nil {
		return err
	}
	return w.ringStale(ctx, sourceFlows, day, func(code market.Code) Job { return CrawlFlows{Code: code, Day: day.String()} })
}

func (w *Worker) crawlFlows(ctx context.Context, job CrawlFlows) error {
	if w.Market.Flows == nil {
		return nil
	}
	if overtaken, err := w.overtaken(job.Day); err != nil || overtaken {
		return err
	}
	var flows []market.Flow
	asked, err := w.ask(ctx, sourceFlows, string(job.Code), func() (err error) {
		flows, err = w.Market.Flows.Flows(ctx, job.Code)
		return err
	})
	if err != nil || !asked {
		return err
	}
	saved, err := w.DB.SaveFlows(ctx, flows, w.Now())
	if err != nil {
		return err
	}
	return w.noteCrawl(ctx, store.Crawl{Source: sourceFlows, Part: string(job.Code), Mark: news.Bookmark(job.Day), New: saved})
}
