package tasks

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

// embedBatch is the most articles in one embedding task.
const embedBatch = 64

// EmbedArticles turns articles into vectors and joins each to its story.
type EmbedArticles struct {
	IDs []int64 `json:"ids"`
}

// Kind returns "article:embed".
func (EmbedArticles) Kind() string { return "article:embed" }

// Key returns the batch's first and last article and its size.
func (j EmbedArticles) Key() string {
	if len(j.IDs) == 0 {
		return ""
	}
	return fmt.Sprintf("%d-%d-%d", j.IDs[0], j.IDs[len(j.IDs)-1], len(j.IDs))
}

// Queue returns the embedding queue.
func (EmbedArticles) Queue() string { return QueueEmbed }

func (w *Worker) embedArticles(ctx context.Context, job EmbedArticles) error {
	joined, err := w.embed(ctx, job.IDs)
	if err != nil {
		return err
	}
	var errs []error
	for _, j := range joined {
		if j.FilingDue {
			errs = append(errs, w.Queue.Ring(ctx, NotifyDisclosure{StoryID: j.StoryID}))
		}
		for _, call := range j.Calls {
			errs = append(errs, w.Queue.Ring(ctx, predictJob(call)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return w.warm(ctx, job.IDs)
}

// EmbedNow embeds articles and joins them to their stories at once, without the queue, and returns where each ended up.
// Articles of history get no calls and no alerts.
func (w *Worker) EmbedNow(ctx context.Context, ids []int64) ([]store.Joined, error) {
	var all []store.Joined
	for batch := range slices.Chunk(ids, embedBatch) {
		joined, err := w.embed(ctx, batch)
		if err != nil {
			return all, err
		}
		all = append(all, joined...)
	}
	return all, nil
}

// embedOnce embeds by the versions that are in use when it begins. The index is written before Postgres says that it is
// done, so that a crash in between writes it once more.
func (w *Worker) embedOnce(ctx context.Context, ids []int64) ([]store.Joined, error) {
	inUse, err := w.DB.Embedding(ctx)
	if err != nil {
		return nil, err
	}
	articles, err := w.DB.ArticlesByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	matches, err := w.DB.Matches(ctx, ids)
	if err != nil {
		return nil, err
	}
	batch := make([]store.Embedded, 0, len(articles))
	var entries []vectors.Entry
	for _, a := range articles {
		e := store.Embedded{Article: a, Codes: codesOf(matches[a.ID]), Embedder: inUse.Joins}
		if e.BaseDay, err = w.Calendar.BaseDay(a.AvailableAt); err != nil {
			return nil, err
		}
		made, err := w.vectorsOf(ctx, inUse, a)
		if err != nil {
			return nil, err
		}
		if len(made) > 0 {
			e.Vector, e.Beside = made[0].Values, made[1:]
		}
		for _, v := range made {
			if v.Codes = e.Codes; len(v.Codes) > 0 {
				entries = append(entries, vectors.Entry(v))
			}
		}
		batch = append(batch, e)
	}
	if err := w.Index.Upsert(ctx, entries); err != nil {
		return nil, err
	}
	joined, err := w.DB.JoinStories(ctx, batch, news.ThresholdsOf(inUse.Joins).Place)
	if err != nil {
		return nil, err
	}
	return joined, w.forgetTakenDown(ctx, ids, joined)
}

func codesOf(matches []news.Match) []market.Code {
	codes := make([]market.Code, 0, len(matches))
	for _, m := range matches {
		codes = append(codes, m.Code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}
