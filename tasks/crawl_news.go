package tasks

import (
	"context"
	"fmt"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// CrawlNews fetches a source's latest items and saves the new ones. Without a part, a source of many parts is split
// into one task each.
type CrawlNews struct {
	Source string `json:"source"`
	Part   string `json:"part,omitempty"`
}

// Kind returns "news:crawl".
func (CrawlNews) Kind() string { return "news:crawl" }

// Key returns the source, and its part where it has one.
func (j CrawlNews) Key() string {
	if j.Part == "" {
		return j.Source
	}
	return j.Source + "/" + j.Part
}

// Queue returns the crawl queue, for a part the search queue: hundreds of searches must not delay a feed.
func (j CrawlNews) Queue() string {
	if j.Part != "" {
		return QueueSearch
	}
	return QueueCrawl
}

func (w *Worker) crawlNews(ctx context.Context, job CrawlNews) error {
	source, ok := w.source(job.Source)
	if !ok {
		return fault.InvalidField("source", "no source %q is configured", job.Source)
	}
	var crawled bool
	var err error
	if source.PerStock && job.Part == "" {
		crawled, err = w.splitCrawl(ctx, source)
	} else {
		crawled, err = w.crawlPart(ctx, source, job)
	}
	if err != nil || !crawled {
		return err
	}
	// Each crawl asks for what is new since the last one that succeeded: what an earlier one was to bring is here. It may have
	// been given up under either of two names, as the schedule's or as an ordered one.
	keys := []string{job.Key()}
	if job.Part == "" {
		keys = append(keys, store.CrawlSchedule(job.Source))
	}
	return w.DB.ResolveGivenUp(ctx, job.Kind(), keys...)
}

// crawlPart crawls a source that needs no splitting, or a part; false where it was not asked, and is to be asked later.
func (w *Worker) crawlPart(ctx context.Context, source Source, job CrawlNews) (crawled bool, err error) {
	mark, err := w.DB.Bookmark(ctx, job.Source, job.Part)
	if err != nil {
		return false, err
	}
	var items []news.Item
	var next news.Bookmark
	asked, err := w.ask(ctx, job.Source, job.Part, func() (err error) {
		items, next, err = source.Latest(ctx, job.Part, mark)
		return err
	})
	if err != nil || !asked {
		return false, err
	}
	ids, err := w.saveItems(ctx, job.Source, items)
	if err != nil {
		return false, fmt.Errorf("crawl %s: %w", job.Key(), err)
	}
	// The bookmark moves only after the items are kept: a crash in between fetches them again.
	if err := w.noteCrawl(ctx, store.Crawl{Source: job.Source, Part: job.Part, Mark: next, New: len(ids)}); err != nil {
		return false, err
	}
	if len(ids) > 0 {
		w.Log.InfoContext(ctx, "news crawled", "source", job.Source, "new", len(ids))
	}
	return true, w.ringEmbed(ctx, ids)
}

// splitCrawl rings for each part of a source; false while its breaker keeps it from being asked.
func (w *Worker) splitCrawl(ctx context.Context, source Source) (split bool, err error) {
	// While its parts would only be put back there is nothing to split; else one of them is to try it, not this task.
	may, err := w.ask(ctx, source.Name(), "", func() error { return w.DB.LeaveSource(ctx, source.Name()) })
	if err != nil || !may {
		return false, err
	}
	stocks, err := w.DB.Searched(ctx)
	if err != nil {
		return false, err
	}
	for _, s := range stocks {
		part := s.Name
		if source.ByCode {
			part = string(s.Code)
		}
		if err := w.Queue.Ring(ctx, CrawlNews{Source: source.Name(), Part: part}); err != nil {
			return false, err
		}
	}
	return true, nil
}

// saveItems cleans, matches and saves the items that the source has not shown before; it returns the new articles' ids.
func (w *Worker) saveItems(ctx context.Context, source string, items []news.Item) ([]int64, error) {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.ExternalID
	}
	known, err := w.DB.KnownSightings(ctx, source, ids)
	if err != nil || len(known) == len(items) {
		return nil, err
	}
	items = slices.DeleteFunc(slices.Clone(items), func(item news.Item) bool { return known[item.ExternalID] })
	if err := w.nameFilers(ctx, items); err != nil {
		return nil, err
	}
	matcher, err := w.Matcher(ctx)
	if err != nil {
		return nil, err
	}
	var articles []store.NewArticle
	now := w.Now()
	for _, item := range items {
		a := news.Clean(item, now)
		articles = append(articles, store.NewArticle{Article: a, Matches: matcher.Match(a), Origin: forecast.Live})
	}
	return w.DB.SaveArticles(ctx, articles)
}

// ringEmbed rings for the articles in batches. Keys carry the batch's first and last id, so that a ring repeated after a
// crash is the same ring.
func (w *Worker) ringEmbed(ctx context.Context, ids []int64) error {
	for len(ids) > 0 {
		n := min(len(ids), embedBatch)
		if err := w.Queue.Ring(ctx, EmbedArticles{IDs: ids[:n]}); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}
