package tasks

import (
	"context"
	"fmt"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/store/vectors"
)

// PurgeTakedown removes from the vector index what a take-down removed from Postgres.
type PurgeTakedown struct {
	ID int64 `json:"id"`
}

// Kind returns "takedown:purge".
func (PurgeTakedown) Kind() string { return "takedown:purge" }

// Key returns the take-down.
func (j PurgeTakedown) Key() string { return fmt.Sprint(j.ID) }

// Queue returns the control queue.
func (PurgeTakedown) Queue() string { return QueueControl }

func (w *Worker) purgeTakedown(ctx context.Context, job PurgeTakedown) error {
	t, err := Purge(ctx, w.DB, w.Index, job.ID)
	if err == nil {
		w.Log.InfoContext(ctx, "taken down", "takedown_id", t.ID, "articles", len(t.Articles))
	}
	return err
}

// Purge removes a take-down's vectors from the index, looks whether any is left, notes that none is, and returns the
// take-down with its whole proof. Doing it again changes nothing. Unavailable when the index still shows one.
func Purge(ctx context.Context, db *store.DB, index vectors.Index, id int64) (store.Takedown, error) {
	t, err := db.Takedown(ctx, id)
	if err != nil || !t.IndexDue {
		return t, err
	}
	removals, err := db.RemovedVectors(ctx, t.Articles)
	if err != nil {
		return store.Takedown{}, err
	}
	removed := 0
	for embedder, ids := range removals {
		before, err := present(ctx, index, embedder, ids)
		if err != nil {
			return store.Takedown{}, err
		}
		if err := index.Delete(ctx, embedder, ids); err != nil {
			return store.Takedown{}, err
		}
		left, err := present(ctx, index, embedder, ids)
		if err != nil {
			return store.Takedown{}, err
		}
		if left > 0 {
			return store.Takedown{}, fault.New(fault.Unavailable, "take-down %d: the vector index still holds %d of %d vectors of %s", id, left, len(ids), embedder)
		}
		removed += before
	}
	if err := db.MarkIndexPurged(ctx, id, removed); err != nil {
		return store.Takedown{}, err
	}
	return db.Takedown(ctx, id)
}

// present counts the articles of which the index has a vector.
func present(ctx context.Context, index vectors.Index, embedder string, ids []int64) (n int, err error) {
	for _, id := range ids {
		_, err := index.Vector(ctx, embedder, id)
		switch {
		case err == nil:
			n++
		case fault.KindOf(err) != fault.NotFound:
			return 0, err
		}
	}
	return n, nil
}

// forgetTakenDown removes from the index what this batch, or a run of it that died, wrote for articles that were taken down
// meanwhile: the store leaves those out.
func (w *Worker) forgetTakenDown(ctx context.Context, ids []int64, joined []store.Joined) error {
	known := make(map[int64]bool, len(joined))
	for _, j := range joined {
		known[j.ArticleID] = true
	}
	gone := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return known[id] })
	if len(gone) == 0 {
		return nil
	}
	versions, err := w.DB.Embedders(ctx)
	if err != nil {
		return err
	}
	for _, version := range versions {
		if err := w.Index.Delete(ctx, version, gone); err != nil {
			return err
		}
	}
	return nil
}

// TakedownOrdered rings for a take-down that was just ordered.
func (q *Queue) TakedownOrdered(ctx context.Context, id int64) error {
	return q.Ring(ctx, PurgeTakedown{ID: id})
}
