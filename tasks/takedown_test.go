package tasks_test

import (
	"context"
	"slices"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/vectors"
	"tickerwire/tasks"
)

func (r *rig) takeDown(url string) store.Takedown {
	r.t.Helper()
	down, err := r.db.TakeDown(r.t.Context(), store.TakedownOrder{URL: url, Reason: "요청"})
	r.must(err)
	return down
}

// near returns the articles that an index finds for the first one's sentence.
func (r *rig) near(index vectors.Index) []int64 {
	r.t.Helper()
	hits, err := index.Nearest(r.t.Context(), vectors.Search{Embedder: news.EmbedderVersion, Query: news.Embed(sentences[0], ""), MinCosine: .99, Limit: 10})
	r.must(err)
	var ids []int64
	for _, h := range hits {
		ids = append(ids, h.ArticleID)
	}
	return ids
}

// TestATakeDownReachesEveryIndex has two processes with the article in memory; the sweep rings for a take-down of which
// nobody was told.
func TestATakeDownReachesEveryIndex(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.save(story(0))
	r.embed(r.worker(nil), first)
	worker := r.worker(nil)
	other := vectors.NewExact(r.db)
	for _, index := range []vectors.Index{worker.Index, other} {
		if got := r.near(index); !slices.Equal(got, []int64{first}) {
			t.Fatalf("found %v, want %d", got, first)
		}
	}
	down := r.takeDown(story(0).URL)
	if down.Complete() {
		t.Errorf("complete before the index was looked at: %+v", down)
	}
	r.exec(`update takedowns set ordered_at = now() - interval '1 minute'`)
	r.serve(worker)
	r.keep(r.clock.Now)
	poll(t, "the take-down to be complete", func() bool {
		now, err := r.db.Takedown(t.Context(), down.ID)
		r.must(err)
		return now.Complete()
	})
	for _, index := range []vectors.Index{worker.Index, other} {
		if got := r.near(index); len(got) != 0 {
			t.Errorf("found %v after the take-down", got)
		}
		if _, err := index.Vector(t.Context(), news.EmbedderVersion, first); fault.KindOf(err) != fault.NotFound {
			t.Errorf("its vector: %v", err)
		}
	}
	again, err := tasks.Purge(t.Context(), r.db, other, down.ID)
	if err != nil || !again.Complete() {
		t.Errorf("purged again: %+v, %v", again, err)
	}
	if _, err := tasks.Purge(t.Context(), r.db, other, 99); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no such take-down: %v", err)
	}
}

// stubborn is an index that keeps what it is told to delete, for a while.
type stubborn struct {
	vectors.Index
	keeps bool
}

func (s *stubborn) Delete(ctx context.Context, embedder string, ids []int64) error {
	if s.keeps {
		return nil
	}
	return s.Index.Delete(ctx, embedder, ids)
}

// Vector reads without catching up, as an index does that lives elsewhere.
func (s *stubborn) Vector(ctx context.Context, embedder string, id int64) ([]float32, error) {
	if s.keeps {
		return []float32{1}, nil
	}
	return s.Index.Vector(ctx, embedder, id)
}

func TestATakeDownIsNotCompleteWhileTheIndexKeepsAVector(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.save(story(0))
	index := &stubborn{Index: vectors.NewExact(r.db), keeps: true}
	w := r.worker(func(w *tasks.Worker) { w.Index = index })
	r.embed(w, id)
	down := r.takeDown(story(0).URL)
	if err := w.Do(t.Context(), tasks.PurgeTakedown{ID: down.ID}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v, want Unavailable", err)
	}
	if now, err := r.db.Takedown(t.Context(), down.ID); err != nil || now.Complete() {
		t.Errorf("%+v, %v", now, err)
	}
	index.keeps = false
	r.must(w.Do(t.Context(), tasks.PurgeTakedown{ID: down.ID}))
	if now, err := r.db.Takedown(t.Context(), down.ID); err != nil || !now.Complete() {
		t.Errorf("%+v, %v", now, err)
	}
}

// late is an index during whose writing something happens.
type late struct {
	vectors.Index
	meanwhile func()
	has       map[int64]bool
}

func (l *late) Upsert(_ context.Context, entries []vectors.Entry) error {
	for _, e := range entries {
		l.has[e.ArticleID] = true
	}
	l.meanwhile()
	return nil
}

func (l *late) Delete(_ context.Context, _ string, ids []int64) error {
	for _, id := range ids {
		delete(l.has, id)
	}
	return nil
}

// TestAnEmbeddingThatWasOvertakenLeavesNothing takes an article down between the writing of the index and that of
// Postgres, and once more kills the task in between: its next run cleans up.
func TestAnEmbeddingThatWasOvertakenLeavesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	taken, kept := r.save(story(0)), r.save(story(1))
	index := &late{Index: vectors.NewExact(r.db), has: map[int64]bool{}, meanwhile: func() { r.takeDown(story(0).URL) }}
	w := r.worker(func(w *tasks.Worker) { w.Index = index })
	r.must(w.Do(t.Context(), tasks.EmbedArticles{IDs: []int64{taken, kept}}))
	if index.has[taken] || !index.has[kept] {
		t.Errorf("the index holds %v", index.has)
	}
	if n := r.number(`select count(*) from vectors where article_id = ?`, taken) + r.number(`select count(*) from stories`); n != 1 {
		t.Errorf("%d vectors and stories, want the other article's story only", n)
	}
	index.has[taken] = true // what a process wrote that died before it joined
	r.must(w.Do(t.Context(), tasks.EmbedArticles{IDs: []int64{taken, kept}}))
	if index.has[taken] {
		t.Error("what a dead process wrote is left in the index")
	}
}
