package tasks_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/vectors"
	"tickerwire/tasks"
)

// aimed is an index in whose Upsert a rebuild begins, or ends, while a batch is under way.
type aimed struct {
	vectors.Index
	meanwhile func()
}

func (x *aimed) Upsert(ctx context.Context, entries []vectors.Entry) error {
	if x.meanwhile != nil {
		x.meanwhile()
	}
	return x.Index.Upsert(ctx, entries)
}

// fit keeps a version fitted on words and returns it.
func (r *rig) fit(words string) string {
	r.t.Helper()
	var fit news.IDFFit
	fit.Add(words, "")
	table := fit.Freeze()
	r.must(r.db.SaveIDF(r.t.Context(), table, 1))
	return table.Version()
}

// versions returns the embedder versions of an article's vectors.
func (r *rig) versions(article int64) []string {
	r.t.Helper()
	var list []string
	r.must(r.db.Bun().NewRaw(`select embedder from vectors where article_id = ? order by embedder`, article).Scan(r.t.Context(), &list))
	return list
}

// refill gives every article its vector of the version that is being filled, and changes to it.
func (r *rig) refill(version string) {
	r.t.Helper()
	now, err := r.db.Embedding(r.t.Context())
	r.must(err)
	e, err := r.db.Embedder(r.t.Context(), version)
	r.must(err)
	list, err := r.db.Refills(r.t.Context(), now, 0, 1000)
	r.must(err)
	var made []store.Vector
	for _, f := range list {
		f.Values = e.Embed(f.Title, f.Summary)
		made = append(made, f.Vector)
	}
	_, err = r.db.AddVectors(r.t.Context(), now, made)
	r.must(err)
	r.must(r.db.SwitchEmbedding(r.t.Context(), version))
}

func TestABatchThatARebuildOvertookIsPreparedAnew(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	version := r.fit(sentences[0])
	index := &aimed{Index: vectors.NewExact(r.db)}
	w := r.worker(func(w *tasks.Worker) { w.Index = index })

	begin := r.save(story(0))
	index.meanwhile = func() { r.must(r.db.AimEmbedding(t.Context(), version)) }
	r.embed(w, begin)
	if diff := cmp.Diff([]string{news.EmbedderVersion, version}, r.versions(begin)); diff != "" {
		t.Errorf("where a rebuild began: %s", diff)
	}

	end, times := r.save(story(1)), 0
	index.meanwhile = func() {
		if times++; times == 1 {
			r.must(r.db.SwitchEmbedding(t.Context(), version))
		}
	}
	r.embed(w, end)
	if diff := cmp.Diff([]string{version}, r.versions(end)); diff != "" || times != 2 {
		t.Errorf("where it ended, %d times: %s", times, diff)
	}

	back := news.EmbedderVersion
	never := r.save(story(2))
	index.meanwhile = func() { // a fleet whose versions change without end
		if now, err := r.db.Embedding(t.Context()); err == nil && now.Target == "" {
			if now.Joins == back {
				r.must(r.db.AimEmbedding(t.Context(), version))
			} else {
				r.must(r.db.AimEmbedding(t.Context(), back))
			}
		} else {
			r.refill(now.Target)
		}
	}
	_, err := w.EmbedNow(t.Context(), []int64{never})
	if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, store.ErrEmbeddersChanged) || len(r.versions(never)) != 0 {
		t.Errorf("%v, vectors %v", err, r.versions(never))
	}
}

func TestAPredictionIsByTheVersionInUse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	w := r.worker(nil)
	predict := func(story int64, want string) {
		t.Helper()
		job := r.calls(story, 1)[0]
		r.must(w.Do(t.Context(), job))
		list := r.made(job)
		if len(list) == 0 {
			t.Fatalf("no predictions of story %d", story)
		}
		for _, p := range list {
			if p.Evidence.Embedder != want {
				t.Errorf("story %d is predicted by %s, want %s", story, p.Evidence.Embedder, want)
			}
			if v, err := w.Index.Vector(t.Context(), p.Evidence.Embedder, p.Evidence.Query); err != nil || len(v) != news.Dim {
				t.Errorf("the query of %d by %s does not resolve: %v", p.Evidence.Query, p.Evidence.Embedder, err)
			}
		}
	}
	before := r.open(story(0))
	version := r.fit(sentences[1])
	r.must(r.db.AimEmbedding(t.Context(), version))
	during := r.open(story(1))
	predict(during, news.EmbedderVersion)
	r.refill(version)
	predict(before, version) // its first article was embedded by the old version alone
	after := r.open(story(2))
	predict(after, version)
	if v, err := w.Index.Vector(t.Context(), news.EmbedderVersion, r.first(during)); err != nil || len(v) != news.Dim {
		t.Errorf("evidence from before the switch does not resolve: %v", err)
	}
}

// first returns the first article of a story.
func (r *rig) first(storyID int64) int64 {
	r.t.Helper()
	s, err := r.db.Story(r.t.Context(), storyID)
	r.must(err)
	return s.FirstID
}
