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
		return w.saveIndices(ctx, store.Crawl{Source: sourceIndices, Part: string(job.Index), Mark: news.Bookmark(job.Day)},
			func() ([]market.IndexDay, error) { return w.Market.Indices.IndexDays(ctx, job.Index, from, day) })
	case job.Source == barsKRX && w.Market.DailyIndices != nil:
		return w.saveIndices(ctx, store.Crawl{Source: sourceIndicesKRX, Part: job.Day, Mark: "read"},
			func() ([]market.IndexDay, error) { return w.Market.DailyIndices.IndexDays(ctx, day) })
	}
	return fault.InvalidField("source", "no source of indices %q is configured", job.Source)
}

// saveIndices asks for days and keeps them. What is not published stays due, for as long as it is looked for.
func (w *Worker) saveIndices(ctx context.Context, crawl store.Crawl, fetch func() ([]market.IndexDay, error)) error {
	var days []market.IndexDay
	late := false
	asked, err := w.ask(ctx, crawl.Source, crawl.Part, func() (err error) {
		days, err = fetch()
		if late = fault.KindOf(err) == fault.NotFound; late {
			return w.DB.LeaveSource(ctx, crawl.Source)
		}
		return err
	})
	if err != nil || !asked || late {
		return err
	}
	if crawl.New, err = w.DB.SaveIndexDays(ctx, days, w.Now()); err != nil {
		return err
	}
	return w.noteCrawl(ctx, crawl)
}
