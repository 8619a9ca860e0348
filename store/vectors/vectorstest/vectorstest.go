// Package vectorstest is what every vector index must pass. It holds no index of its own.
package vectorstest

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/store/vectors"
)

// Open returns an index, and a name of an embedder version of which it holds nothing. What the version needs to be
// removed again is Open's to arrange.
type Open func(t *testing.T) (index vectors.Index, embedder string)

// Run checks an index. recall is the share of the true nearest neighbours that a search among many must find.
func Run(t *testing.T, open Open, recall float64) {
	for _, tt := range []struct {
		name  string
		check func(t *testing.T, index vectors.Index, embedder string)
	}{
		{"empty", empty}, {"round trip", roundTrip}, {"order and ties", order}, {"filters", filters}, {"upsert replaces", replaces},
		{"delete", deletes}, {"versions", func(t *testing.T, index vectors.Index, embedder string) {
			_, other := open(t)
			versions(t, index, embedder, other)
		}},
		{"refuses", refuses}, {"many", func(t *testing.T, index vectors.Index, embedder string) { many(t, index, embedder, recall) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			index, embedder := open(t)
			tt.check(t, index, embedder)
		})
	}
}

// noon is when the entries of the checks become available, give or take.
var noon = time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)

// entry makes a vector that lies so many degrees from the first axis, in eight dimensions.
func entry(id int64, embedder string, degrees float64, codes ...market.Code) vectors.Entry {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	values := make([]float32, 8)
	values[0], values[3] = float32(cos), float32(sin)
	return vectors.Entry{ArticleID: id, Embedder: embedder, Codes: codes, AvailableAt: noon.Add(time.Duration(id) * time.Microsecond), Values: values}
}

func search(embedder string) vectors.Search {
	return vectors.Search{Embedder: embedder, Query: entry(0, "", 0).Values, MinCosine: -1, Limit: 10}
}

func upsert(t *testing.T, index vectors.Index, entries ...vectors.Entry) {
	t.Helper()
	if err := index.Upsert(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
}

// expect runs a search and compares the ids and the cosines to the query's direction.
func expect(t *testing.T, index vectors.Index, s vectors.Search, want ...int64) []vectors.Hit {
	t.Helper()
	hits, err := index.Nearest(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, h := range hits {
		got = append(got, h.ArticleID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	return hits
}

func empty(t *testing.T, index vectors.Index, embedder string) {
	if err := index.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	expect(t, index, search(embedder))
	if _, err := index.Vector(t.Context(), embedder, 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a vector of an empty index: %v, want NotFound", err)
	}
	if err := index.Delete(t.Context(), embedder, []int64{1}); err != nil {
		t.Errorf("deleting from an empty index: %v", err)
	}
	if err := index.Upsert(t.Context(), nil); err != nil {
		t.Errorf("no entries: %v", err)
	}
}

func roundTrip(t *testing.T, index vectors.Index, embedder string) {
	a, b := entry(1, embedder, 10), entry(1<<40, embedder, 200, "900010")
	upsert(t, index, a, b)
	for _, e := range []vectors.Entry{a, b} {
		got, err := index.Vector(t.Context(), embedder, e.ArticleID)
		if err != nil || !slices.Equal(got, e.Values) {
			t.Errorf("article %d: %v, %v; want %v", e.ArticleID, got, err, e.Values)
		}
	}
	if _, err := index.Vector(t.Context(), embedder, 2); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v, want NotFound", err)
	}
}

func order(t *testing.T, index vectors.Index, embedder string) {
	upsert(t, index, entry(9, embedder, 30), entry(4, embedder, 60), entry(7, embedder, 30), entry(2, embedder, 120), entry(5, embedder, 0))
	hits := expect(t, index, search(embedder), 5, 7, 9, 4, 2)
	for i, want := range []float64{1, math.Sqrt(3) / 2, math.Sqrt(3) / 2, .5, -.5} {
		if i < len(hits) && math.Abs(hits[i].Cosine-want) > 1e-5 {
			t.Errorf("hit %d has cosine %g, want %g", i, hits[i].Cosine, want)
		}
	}
	s := search(embedder)
	s.Limit = 3
	expect(t, index, s, 5, 7, 9)
	s = search(embedder)
	s.MinCosine = .49
	expect(t, index, s, 5, 7, 9, 4)
}

func filters(t *testing.T, index vectors.Index, embedder string) {
	upsert(t, index, entry(1, embedder, 1, "900010"), entry(2, embedder, 2, "900010", "900020"), entry(3, embedder, 3, "900030"), entry(4, embedder, 4))
	s := search(embedder)
	s.Codes = []market.Code{"900020", "900030"}
	expect(t, index, s, 2, 3)
	s.Before = noon.Add(3 * time.Microsecond) // when article 3 became available: strictly before it
	expect(t, index, s, 2)
	s.Before = noon.Add(3*time.Microsecond + time.Nanosecond)
	expect(t, index, s, 2, 3)
	s.Codes = nil
	s.Before = noon.Add(3 * time.Microsecond)
	expect(t, index, s, 1, 2)
	s.Before = noon
	expect(t, index, s)
	s = search(embedder)
	s.Codes = []market.Code{"900099"}
	expect(t, index, s)
}

func replaces(t *testing.T, index vectors.Index, embedder string) {
	upsert(t, index, entry(1, embedder, 0, "900010"), entry(2, embedder, 10, "900010"))
	moved := entry(1, embedder, 90, "900020")
	moved.AvailableAt = noon.Add(time.Hour)
	upsert(t, index, entry(1, embedder, 45), moved) // the last of a batch counts
	expect(t, index, search(embedder), 2, 1)
	s := search(embedder)
	s.Codes = []market.Code{"900010"}
	expect(t, index, s, 2)
	s.Codes, s.Before = []market.Code{"900020"}, noon.Add(time.Minute)
	expect(t, index, s)
	if got, err := index.Vector(t.Context(), embedder, 1); err != nil || !slices.Equal(got, moved.Values) {
		t.Errorf("got %v, %v; want %v", got, err, moved.Values)
	}
}

func deletes(t *testing.T, index vectors.Index, embedder string) {
	upsert(t, index, entry(1, embedder, 0), entry(2, embedder, 10), entry(3, embedder, 20, "900010"))
	for range 2 {
		if err := index.Delete(t.Context(), embedder, []int64{1, 77}); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, index, search(embedder), 2, 3)
	if _, err := index.Vector(t.Context(), embedder, 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v, want NotFound", err)
	}
	if got, err := index.Vector(t.Context(), embedder, 3); err != nil || !slices.Equal(got, entry(3, embedder, 20).Values) {
		t.Errorf("a neighbour of what was deleted: %v, %v", got, err)
	}
	upsert(t, index, entry(1, embedder, 5))
	expect(t, index, search(embedder), 1, 2, 3)
}

func versions(t *testing.T, index vectors.Index, embedder, other string) {
	wide := entry(1, other, 0)
	wide.Values = append(wide.Values, 0, 0, 0, 0) // another version may have another dimension
	upsert(t, index, entry(1, embedder, 90), wide, entry(2, embedder, 0))
	expect(t, index, search(embedder), 2, 1)
	s := search(other)
	s.Query = wide.Values
	expect(t, index, s, 1)
	if err := index.Delete(t.Context(), other, []int64{1, 2}); err != nil {
		t.Fatal(err)
	}
	expect(t, index, search(embedder), 2, 1)
}

func refuses(t *testing.T, index vectors.Index, embedder string) {
	upsert(t, index, entry(1, embedder, 0))
	long, short, none := entry(2, embedder, 0), entry(2, embedder, 0), entry(2, embedder, 0)
	long.Values[0], short.Values, none.Values = 1.1, short.Values[:7], nil
	for name, e := range map[string]vectors.Entry{"not of unit length": long, "of another dimension": short, "empty": none} {
		if err := index.Upsert(t.Context(), []vectors.Entry{e}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a vector %s: %v, want Invalid", name, err)
		}
		s := search(embedder)
		s.Query = e.Values
		if _, err := index.Nearest(t.Context(), s); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a query %s: %v, want Invalid", name, err)
		}
	}
	s := search(embedder)
	s.Limit = 0
	if _, err := index.Nearest(t.Context(), s); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no limit: %v, want Invalid", err)
	}
}

// many compares searches among 3,000 vectors with comparing them one by one.
func many(t *testing.T, index vectors.Index, embedder string, recall float64) {
	const n, dim, limit = 3000, 64, 20
	rng := rand.New(rand.NewPCG(7, 11))
	random := func() []float32 {
		values, sum := make([]float32, dim), 0.0
		for i := range values {
			values[i] = float32(rng.NormFloat64())
			sum += float64(values[i]) * float64(values[i])
		}
		for i := range values {
			values[i] /= float32(math.Sqrt(sum))
		}
		return values
	}
	entries := make([]vectors.Entry, n)
	for i := range entries {
		entries[i] = vectors.Entry{ArticleID: int64(i + 1), Embedder: embedder, Values: random(), AvailableAt: noon.Add(time.Duration(i) * time.Second),
			Codes: []market.Code{market.Code(fmt.Sprintf("9000%02d", i%20))}}
	}
	upsert(t, index, entries...)
	found, wanted := 0, 0
	for q := range 30 {
		s := vectors.Search{Embedder: embedder, Query: random(), MinCosine: -1, Limit: limit}
		if q%3 > 0 {
			s.Before = noon.Add(time.Duration(rng.IntN(n)+n/10) * time.Second)
		}
		if q%3 > 1 {
			s.Codes = []market.Code{"900003", "900011"}
		}
		want := reference(entries, s)
		got, err := index.Nearest(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(got, nearer) {
			t.Errorf("hits are out of order: %v", got)
		}
		wanted += len(want)
		for _, hit := range got {
			i := slices.IndexFunc(want, func(w vectors.Hit) bool { return w.ArticleID == hit.ArticleID })
			switch e := entries[hit.ArticleID-1]; {
			case i >= 0:
				found++
				if math.Abs(want[i].Cosine-hit.Cosine) > 1e-4 {
					t.Errorf("article %d has cosine %g, want %g", hit.ArticleID, hit.Cosine, want[i].Cosine)
				}
			case !passes(e, s):
				t.Errorf("article %d does not pass the filter", hit.ArticleID)
			}
		}
	}
	if share := float64(found) / float64(wanted); share < recall {
		t.Errorf("%.4f of the nearest were found, want %.4f", share, recall)
	}
}

func nearer(a, b vectors.Hit) int {
	return cmp.Or(cmp.Compare(b.Cosine, a.Cosine), cmp.Compare(a.ArticleID, b.ArticleID))
}

func passes(e vectors.Entry, s vectors.Search) bool {
	return (s.Before.IsZero() || e.AvailableAt.Before(s.Before)) &&
		(len(s.Codes) == 0 || slices.ContainsFunc(e.Codes, func(c market.Code) bool { return slices.Contains(s.Codes, c) }))
}

// reference is the search done in the simplest way.
func reference(entries []vectors.Entry, s vectors.Search) []vectors.Hit {
	var hits []vectors.Hit
	for _, e := range entries {
		if !passes(e, s) {
			continue
		}
		cosine := 0.0
		for i, v := range e.Values {
			cosine += float64(v) * float64(s.Query[i])
		}
		hits = append(hits, vectors.Hit{ArticleID: e.ArticleID, Cosine: cosine})
	}
	slices.SortFunc(hits, nearer)
	return hits[:min(len(hits), s.Limit)]
}
