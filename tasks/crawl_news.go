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
	if source.PerStock && job.Part == "" {
		return w.splitCrawl(ctx, source)
	}
	mark, err := w.DB.Bookmark(ctx, job.Source, job.Part)
	if err != nil {
		return err
	}
	var items []news.Item
	var next news.Bookmark
	asked, err := w.ask(ctx, job.Source, job.Part, func() (err error) {
		items, next, err = source.Latest(ctx, job.Part, mark)
		return err
	})
	if err != nil || !asked {
		return err
	}
	ids, err := w.saveItems(ctx, job.Source, items)
	if err != nil {
		return fmt.Errorf("crawl %s: %w", job.Key(), err)
	}
	// The bookmark moves only after the items are kept: a crash in between fetches them again.
	if err := w.noteCrawl(ctx, store.Crawl{Source: job.Source, Part: job.Part, Mark: next, New: len(ids)}); err != nil {
		return err
	}
	if len(ids) > 0 {
		w.Log.InfoContext(ctx, "news crawled", "source", job.Source, "new", len(ids))
	}
	return w.ringEmbed(ctx, ids)
}

func (w *Worker) splitCrawl(ctx context.Context, source Source) error {
	// While its parts would only be put back there is nothing to split; else one of them is to try it, not this task.
	may, err := w.ask(ctx, source.Name(), "", func() error { return w.DB.LeaveSource(ctx, source.Name()) })
	if err != nil || !may {
		return err
	}
	stocks, err := w.DB.Searched(ctx)
	if err != nil {
		return err
	}
	for _, s := range stocks {
		part := s.Name
		if source.ByCode {
			part = string(s.Code)
		}
		if err := w.Queue.Ring(ctx, CrawlNews{Source: source.Name(), Part: part}); err != nil {
			return err
		}
	}
	return nil
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
