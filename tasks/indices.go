package tasks

import (
	"context"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// krxIndexDays is how many calendar days back KRX is asked for index levels that it has not given.
const krxIndexDays = 10

// CrawlIndices fetches index levels: one index up to Day from KIS, or all indices of Day from KRX.
type CrawlIndices struct {
	Source string           `json:"source"`
	Day    string           `json:"day"`             // 2006-01-02
	Index  market.IndexName `json:"index,omitempty"` // KIS only
}

// Kind returns "indices:crawl".
func (CrawlIndices) Kind() string { return "indices:crawl" }

// Key returns source, day and index.
func (j CrawlIndices) Key() string { return j.Source + "/" + j.Day + "/" + string(j.Index) }

// Queue returns the market queue.
func (CrawlIndices) Queue() string { return QueueMarket }

// ringIndices rings KIS for every index whose last known day was not asked for.
func (w *Worker) ringIndices(ctx context.Context) error {
	if w.Market.Indices == nil {
		return nil
	}
	day, err := w.Calendar.LastKnownDay(w.Now())
	if err != nil {
		return err
	}
	marks, err := w.DB.Bookmarks(ctx, sourceIndices)
	if err != nil {
		return err
	}
	for _, index := range []market.IndexName{market.KOSPI, market.KOSDAQ, market.KOSPI200} {
		if marks[string(index)] == news.Bookmark(day.String()) {
			continue
		}
		if err := w.Queue.Ring(ctx, CrawlIndices{Source: barsKIS, Day: day.String(), Index: index}); err != nil {
			return err
		}
	}
	return nil
}

// ringIndicesKRX rings KRX for every published day of late that it has not answered.
func (w *Worker) ringIndicesKRX(ctx context.Context) error {
	if w.Market.DailyIndices == nil {
		return nil
	}
	last, err := w.publishedDay()
	if err != nil {
		return err
	}
	marks, err := w.DB.Bookmarks(ctx, sourceIndicesKRX)
	if err != nil {
		return err
	}
	first, _ := w.Calendar.Covers()
	for day := max(first, last-krxIndexDays); day <= last; day++ {
		open, err := w.Calendar.IsOpen(day)
		if err != nil {
			return err
		}
		if !open || marks[day.String()] != "" {
			continue
		}
		if err := w.Queue.Ring(ctx, CrawlIndices{Source: barsKRX, Day: day.String()}); err != nil {
			return err
		}
	}
	return nil
}

func (w *Worker) crawlIndices(ctx context.Context, job CrawlIndices) error {
	day, err := market.ParseDay(job.Day)
	if err != nil {
		return err
	}
	switch {
	case job.Source == barsKIS && w.Market.Indices != nil:
		from := w.firstBarDay(day)
		mark, err := w.DB.Bookmark(ctx, sourceIndices, string(job.Index))
		if err != nil {
			return err
		}
		if asked, err := market.ParseDay(string(mark)); err == nil {
			from = max(from, asked-krxIndexDays) // and some days again, which may have been corrected
		}
		days, err := w.Market.Indices.IndexDays(ctx, job.Index, from, day)
		return w.saveIndices(ctx, days, err, store.Crawl{Source: sourceIndices, Part: string(job.Index), Mark: news.Bookmark(job.Day)})
	case job.Source == barsKRX && w.Market.DailyIndices != nil:
		days, err := w.Market.DailyIndices.IndexDays(ctx, day)
		if fault.KindOf(err) == fault.NotFound {
			return nil // late: it stays due, for as long as it is looked for
		}
		return w.saveIndices(ctx, days, err, store.Crawl{Source: sourceIndicesKRX, Part: job.Day, Mark: "read"})
	}
	return fault.InvalidField("source", "no source of indices %q is configured", job.Source)
}

func (w *Worker) saveIndices(ctx context.Context, days []market.IndexDay, err error, crawl store.Crawl) error {
	if err != nil {
		return w.crawlFailed(ctx, crawl.Source, crawl.Part, err)
	}
	crawl.At = w.Now()
	if crawl.New, err = w.DB.SaveIndexDays(ctx, days, crawl.At); err != nil {
		return err
	}
	return w.DB.SaveCrawl(ctx, crawl)
}
