package tasks

import (
	"context"
	"sync"

	"tickerwire/internal/news"
)

// nameCache keeps the matcher built from the stocks and listings until either changes.
type nameCache struct {
	mu       sync.Mutex
	revision string
	matcher  *news.Matcher
}

// Matcher returns a matcher for the stocks and listings as they are now.
func (w *Worker) Matcher(ctx context.Context) (*news.Matcher, error) {
	revision, err := w.DB.NamesRevision(ctx)
	if err != nil {
		return nil, err
	}
	w.names.mu.Lock()
	defer w.names.mu.Unlock()
	if w.names.matcher != nil && w.names.revision == revision {
		return w.names.matcher, nil
	}
	stocks, err := w.DB.Stocks(ctx, true)
	if err != nil {
		return nil, err
	}
	listings, err := w.DB.Listings(ctx)
	if err != nil {
		return nil, err
	}
	w.names.matcher, w.names.revision = news.MatcherFrom(stocks, listings), revision
	return w.names.matcher, nil
}
