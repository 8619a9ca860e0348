package vectors_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
	"tickerwire/store/vectors"
)

// unit returns a random direction.
func unit(r *rand.Rand, dim int) []float32 {
	values, sum := make([]float32, dim), 0.0
	for i := range values {
		values[i] = float32(r.NormFloat64())
		sum += float64(values[i]) * float64(values[i])
	}
	for i := range values {
		values[i] /= float32(math.Sqrt(sum))
	}
	return values
}

// crowd is an index of some blocks in which many vectors are equal, or differ in one bit, and some articles were replaced
// or removed.
func crowd(t *testing.T, r *rand.Rand, dim int) *vectors.Exact {
	t.Helper()
	index := vectors.NewExact(nothing{})
	entry := func(id int) vectors.Entry {
		e := vectors.Entry{ArticleID: int64(id), Embedder: embedder, Values: unit(r, dim), AvailableAt: noon.Add(time.Duration(id+r.IntN(50)) * time.Second)}
		for range r.IntN(3) {
			e.Codes = append(e.Codes, market.Code([]string{"900010", "900020", "900030"}[r.IntN(3)]))
		}
		return e
	}
	var entries []vectors.Entry
	for id := range 2*vectors.BlockRows + 1000 {
		e := entry(id)
		if id > 0 && r.IntN(3) == 0 {
			e.Values = slices.Clone(entries[r.IntN(id)].Values)
			if i := r.IntN(dim); r.IntN(2) == 0 {
				e.Values[i] = math.Nextafter32(e.Values[i], 2)
			}
		}
		entries = append(entries, e)
	}
	if err := index.Upsert(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if err := index.Upsert(t.Context(), []vectors.Entry{entry(r.IntN(len(entries)))}); err != nil {
			t.Fatal(err)
		}
		if err := index.Delete(t.Context(), embedder, []int64{int64(r.IntN(len(entries)))}); err != nil {
			t.Fatal(err)
		}
	}
	return index
}

// The quick path finds what the plain one finds: the same articles in the same order with the same cosines, to the bit.
func TestExactIsExact(t *testing.T) {
	t.Parallel()
	found := 0
	for _, dim := range []int{3, 37, 64} {
		r := rand.New(rand.NewPCG(11, uint64(dim)))
		index := crowd(t, r, dim)
		for i := range 120 {
			s := vectors.Search{Embedder: embedder, Query: unit(r, dim), MinCosine: -1, Limit: 1 + r.IntN(60)}
			if i%2 == 1 { // the query is one of many equal ones: ties at the end of the list
				var err error
				if s.Query, err = index.Vector(t.Context(), embedder, int64(i)); err != nil {
					continue // one of those that were removed
				}
			}
			if i%3 > 0 {
				s.MinCosine = r.Float64()
			}
			if i%4 > 1 {
				s.Before = noon.Add(time.Duration(r.IntN(2*vectors.BlockRows+2000)) * time.Second)
			}
			if i%5 > 2 {
				s.Codes = []market.Code{"900030", "900010"}[:1+r.IntN(2)]
			}
			want := vectors.Reference(index, s)
			got, err := index.Nearest(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("dimension %d, search %d: %s", dim, i, diff)
			}
			found += len(got)
		}
	}
	if found == 0 {
		t.Error("nothing was ever found")
	}
}

// The bound by which the quick product decides holds, and is not so wide that it decides nothing.
func TestQuickProductIsNearThePlainOne(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 7))
	differ := 0
	for _, dim := range []int{1, 3, 16, 100, 512, 4096} {
		slack := vectors.Slack(dim)
		if slack > 1e-3 {
			t.Errorf("dimension %d: a slack of %g", dim, slack)
		}
		for range 500 {
			a, b := unit(r, dim), unit(r, dim)
			truth := 0.0
			for i := range a {
				truth += float64(a[i]) * float64(b[i])
			}
			quick, plain := vectors.Quick(a, b), float64(vectors.Plain(a, b))
			if math.Abs(quick-plain) > slack || math.Abs(plain-truth) > slack/2 {
				t.Fatalf("dimension %d: %g and %g of %g, allowed %g", dim, quick, plain, truth, slack)
			}
			if quick != plain {
				differ++
			}
		}
	}
	if differ == 0 {
		t.Error("the two never differ: the bound was never needed")
	}
}

func TestExactSearchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	index := vectors.NewExact(nothing{})
	if err := index.Upsert(t.Context(), []vectors.Entry{{ArticleID: 1, Embedder: embedder, AvailableAt: noon, Values: []float32{1, 0}}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if hits, err := index.Nearest(ctx, vectors.Search{Embedder: embedder, Query: []float32{1, 0}, Limit: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("found %v, %v", hits, err)
	}
}

// failing is a tail of small pages that fails once, at the page-th.
type failing struct {
	*store.DB
	page  int
	asked []store.VectorPosition
}

func (f *failing) VectorsAfter(ctx context.Context, embedder string, after store.VectorPosition, limit int) (store.VectorPage, error) {
	if f.asked = append(f.asked, after); len(f.asked) == f.page {
		return store.VectorPage{}, context.DeadlineExceeded
	}
	return f.DB.VectorsAfter(ctx, embedder, after, limit)
}

// A way through the tail that was interrupted goes on where it was, and what happened meanwhile is seen.
func TestExactGoesOnAfterAnInterruption(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	first := write(t, db, 0, 2500)
	tail := &failing{DB: db, page: 2}
	index := vectors.NewExact(tail)
	s := vectors.Search{Embedder: embedder, Query: []float32{1, 0, 0, 0}, Limit: 10_000}
	if _, err := index.Nearest(t.Context(), s); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the second page: %v, want the tail's error", err)
	}
	second := write(t, db, 2500, 3)
	if _, err := db.Bun().ExecContext(t.Context(), `
		with gone as (delete from vectors where article_id = ? returning article_id, embedder)
		insert into vector_removals (article_id, embedder) select article_id, embedder from gone`, first[0]); err != nil {
		t.Fatal(err)
	}
	if got, want := found(t, index), append(slices.Clone(first[1:]), second...); !slices.Equal(got, want) {
		t.Errorf("found %d articles from %d on, want %d from %d on", len(got), got[0], len(want), want[0])
	}
	if tail.asked[2] != tail.asked[1] || tail.asked[2] == (store.VectorPosition{}) {
		t.Errorf("it went on from %v, not from %v", tail.asked[2], tail.asked[1])
	}
}

// slow is a tail whose reader waits until it may go on.
type slow struct{ asked, goOn chan struct{} }

func (s slow) VectorsAfter(context.Context, string, store.VectorPosition, int) (store.VectorPage, error) {
	s.asked <- struct{}{}
	<-s.goOn
	return store.VectorPage{Vectors: []store.Vector{{ArticleID: 7, Embedder: embedder, AvailableAt: noon, Values: []float32{1, 0}}}}, nil
}

// Who searches while the index is read for the first time is told to come again, and nobody waits beyond his context.
func TestExactWhileItLoads(t *testing.T) {
	t.Parallel()
	tail := slow{make(chan struct{}, 9), make(chan struct{})}
	index := vectors.NewExact(tail)
	loaded := make(chan error, 1)
	go func() {
		n, err := index.Load(t.Context(), embedder)
		if n != 1 {
			t.Errorf("%d vectors, want 1", n)
		}
		loaded <- err
	}()
	<-tail.asked
	s := vectors.Search{Embedder: embedder, Query: []float32{1, 0}, Limit: 1}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := index.Nearest(over, s); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits for it: %v", err)
	}
	index.Hasty()
	if _, err := index.Nearest(t.Context(), s); fault.KindOf(err) != fault.Limited {
		t.Errorf("while it is read: %v, want Limited", err)
	}
	close(tail.goOn)
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	if hits, err := index.Nearest(t.Context(), s); err != nil || len(hits) != 1 {
		t.Errorf("once it is read: %v, %v", hits, err)
	}
}
