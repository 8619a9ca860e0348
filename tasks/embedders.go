package tasks

import (
	"context"
	"errors"
	"sync"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

// embedAttempts is how often a batch is prepared whose embedder versions changed meanwhile: twice in a rebuild's life.
const embedAttempts = 3

// embedderCache keeps embedders by version. A version never changes, so none is ever read again.
type embedderCache struct {
	mu        sync.Mutex
	byVersion map[string]news.Embedder
}

// embedder returns the embedder of a version.
func (w *Worker) embedder(ctx context.Context, version string) (news.Embedder, error) {
	w.embedders.mu.Lock()
	defer w.embedders.mu.Unlock()
	if e, ok := w.embedders.byVersion[version]; ok {
		return e, nil
	}
	e, err := w.DB.Embedder(ctx, version)
	if err != nil {
		return e, err
	}
	if w.embedders.byVersion == nil {
		w.embedders.byVersion = map[string]news.Embedder{}
	}
	w.embedders.byVersion[version] = e
	return e, nil
}

// embed embeds the articles that are not embedded yet, by every version in use, and joins them to their stories. The
// versions are read for each batch, so that a rebuild is followed at once; what one overtook is prepared anew.
func (w *Worker) embed(ctx context.Context, ids []int64) ([]store.Joined, error) {
	for range embedAttempts {
		joined, err := w.embedOnce(ctx, ids)
		if !errors.Is(err, store.ErrEmbeddersChanged) {
			return joined, err
		}
	}
	return nil, fault.New(fault.Unavailable, "embed %d articles: %w", len(ids), store.ErrEmbeddersChanged)
}

// vectorsOf returns an article's vectors by every version in use, in the order of Versions; nil when it has no usable
// text.
func (w *Worker) vectorsOf(ctx context.Context, inUse store.Embedding, a news.Article) ([]store.Vector, error) {
	if a.Mojibake {
		return nil, nil
	}
	var list []store.Vector
	for _, version := range inUse.Versions() {
		e, err := w.embedder(ctx, version)
		if err != nil {
			return nil, err
		}
		values := e.Embed(a.Title, a.Summary)
		if values == nil {
			return nil, nil
		}
		list = append(list, store.Vector{ArticleID: a.ID, Embedder: version, Values: values, AvailableAt: a.AvailableAt})
	}
	return list, nil
}

// warm has the index read what a rebuild has filled so far, while nobody waits for it: the first search after the
// switch would otherwise read all of it. ids are articles that were just embedded. There is nothing to do without a
// rebuild.
func (w *Worker) warm(ctx context.Context, ids []int64) error {
	inUse, err := w.DB.Embedding(ctx)
	if err != nil || inUse.Target == "" || len(ids) == 0 {
		return err
	}
	query, err := w.DB.Vector(ctx, inUse.Target, ids[0])
	if fault.KindOf(err) == fault.NotFound { // an article without text, or from before the rebuild
		return nil
	}
	if err != nil {
		return err
	}
	_, err = w.Index.Nearest(ctx, vectors.Search{Embedder: inUse.Target, Query: query, Limit: 1})
	return err
}
