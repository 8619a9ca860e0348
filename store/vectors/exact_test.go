package vectors_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/storetest"
	"tickerwire/store/vectors"
	"tickerwire/store/vectors/vectorstest"
)

var noon = time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)

const embedder = news.EmbedderVersion // the one in use in a new schema

// nothing is a tail on which nothing is ever written.
type nothing struct{}

func (nothing) VectorsAfter(context.Context, string, store.VectorPosition, int) (store.VectorPage, error) {
	return store.VectorPage{}, nil
}

func TestExact(t *testing.T) {
	t.Parallel()
	index := vectors.NewExact(nothing{})
	vectorstest.Run(t, func(t *testing.T) (vectors.Index, string) { return index, fmt.Sprintf("%s/%d", t.Name(), rand.Int64()) }, 1)
}

// write saves n articles and joins them, with vectors along the first axis, and returns their ids.
func write(t *testing.T, db *store.DB, from, n int) []int64 {
	t.Helper()
	var batch []store.NewArticle
	for i := from; i < from+n; i++ {
		at := noon.Add(time.Duration(i) * time.Second)
		batch = append(batch, store.NewArticle{Origin: forecast.Live, Article: news.Article{Source: "한빛신문", ExternalID: fmt.Sprint(i), Title: "누리테크 실적 발표",
			PublishedAt: at, TimeQuality: news.TimeExact, FirstSeenAt: at, AvailableAt: at, Kind: news.KindNews}})
	}
	ids, err := db.SaveArticles(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	articles, err := db.ArticlesByID(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	var embedded []store.Embedded
	for _, a := range articles {
		embedded = append(embedded, store.Embedded{Article: a, Codes: []market.Code{"900010"}, Embedder: embedder, Vector: []float32{1, 0, 0, 0}, BaseDay: market.DayOf(noon)})
	}
	alone := func(news.Article, []float32, []news.Candidate) news.Placement { return news.Placement{Cosine: 1} }
	if _, err := db.JoinStories(t.Context(), embedded, alone); err != nil {
		t.Fatal(err)
	}
	return ids
}

func found(t *testing.T, index vectors.Index) []int64 {
	t.Helper()
	hits, err := index.Nearest(t.Context(), vectors.Search{Embedder: embedder, Query: []float32{1, 0, 0, 0}, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, h := range hits {
		ids = append(ids, h.ArticleID)
	}
	return ids
}

func TestExactTailsPostgres(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	index := vectors.NewExact(db)
	if got := found(t, index); len(got) != 0 {
		t.Fatalf("found %v in an empty database", got)
	}
	first := write(t, db, 0, 3)
	if got := found(t, index); !slices.Equal(got, first) {
		t.Fatalf("found %v, want %v", got, first)
	}
	second := write(t, db, 3, 2)
	if got, err := index.Vector(t.Context(), embedder, second[1]); err != nil || !slices.Equal(got, []float32{1, 0, 0, 0}) {
		t.Fatalf("a vector written since the last search: %v, %v", got, err)
	}
	if got := found(t, index); !slices.Equal(got, append(first, second...)) {
		t.Fatalf("found %v, want %v and %v", got, first, second)
	}
	hits, err := vectors.NewExact(db).Nearest(t.Context(), vectors.Search{Embedder: embedder, Query: []float32{1, 0, 0, 0}, Limit: 9,
		Before: noon.Add(3 * time.Second), Codes: []market.Code{"900010"}})
	if err != nil || len(hits) != 3 {
		t.Errorf("a fresh index with filters found %v, %v; want the first three", hits, err)
	}
}

// A row that becomes visible after one with a higher id, and after one of a later transaction, must not be missed.
func TestExactTailLateCommit(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	ids := write(t, db, 0, 4)
	insert := `insert into vectors (article_id, embedder, codes, available_at, floats) select article_id, 'late', codes, available_at, floats from vectors where article_id = ?`
	index := vectors.NewExact(db)
	late := func() []int64 {
		t.Helper()
		hits, err := index.Nearest(t.Context(), vectors.Search{Embedder: "late", Query: []float32{1, 0, 0, 0}, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, h := range hits {
			got = append(got, h.ArticleID)
		}
		return got
	}
	early, err := db.Bun().BeginTx(t.Context(), nil) // gets its transaction id first, inserts second
	if err != nil {
		t.Fatal(err)
	}
	if _, err := early.ExecContext(t.Context(), `select pg_current_xact_id()`); err != nil {
		t.Fatal(err)
	}
	slow, err := db.Bun().BeginTx(t.Context(), nil) // draws the lowest id, commits last
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slow.ExecContext(t.Context(), insert, ids[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := early.ExecContext(t.Context(), insert, ids[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Bun().ExecContext(t.Context(), insert, ids[2]); err != nil {
		t.Fatal(err)
	}
	if got := late(); !slices.Equal(got, ids[2:3]) {
		t.Fatalf("found %v, want %v", got, ids[2:3])
	}
	if err := early.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := late(); !slices.Equal(got, ids[1:3]) {
		t.Fatalf("found %v, want %v", got, ids[1:3])
	}
	if _, err := db.Bun().ExecContext(t.Context(), insert, ids[3]); err != nil {
		t.Fatal(err)
	}
	if got := late(); !slices.Equal(got, ids[1:4]) {
		t.Fatalf("found %v, want %v", got, ids[1:4])
	}
	if err := slow.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := late(); !slices.Equal(got, ids) {
		t.Fatalf("found %v, want all of %v", got, ids)
	}
}

func TestExactConcurrently(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	index := vectors.NewExact(db)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 5 {
				ids := write(t, db, (w*5+i)*10, 10)
				got := found(t, index)
				for _, id := range ids {
					if !slices.Contains(got, id) {
						t.Errorf("article %d was committed before the search and not found", id)
					}
				}
			}
		})
	}
	wg.Wait()
	if got := found(t, index); len(got) != 200 {
		t.Errorf("found %d articles, want 200", len(got))
	}
}

func TestVectorsAfterPages(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	want := write(t, db, 0, 7)
	var got []int64
	var at store.VectorPosition
	for {
		page, err := db.VectorsAfter(t.Context(), embedder, at, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Vectors {
			got = append(got, v.ArticleID)
		}
		if at = page.Next; len(page.Vectors) < 3 {
			break
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
	// Restored from a dump of a server that was further on: read once, from the beginning, and not again each time.
	if _, err := db.Bun().ExecContext(t.Context(), `update vectors set written = '1000000000000'::xid8`); err != nil {
		t.Fatal(err)
	}
	page, err := db.VectorsAfter(t.Context(), embedder, store.VectorPosition{}, 10)
	if err != nil || len(page.Vectors) != 7 {
		t.Fatalf("from the beginning: %d vectors, %v; want 7", len(page.Vectors), err)
	}
	if page, err = db.VectorsAfter(t.Context(), embedder, page.Safe, 10); err != nil || len(page.Vectors) != 0 {
		t.Errorf("again: %d vectors, %v; want none", len(page.Vectors), err)
	}
}

func BenchmarkExactNearest(b *testing.B) {
	const n, dim = 100_000, 512
	index := vectors.NewExact(nothing{})
	entries := make([]vectors.Entry, n)
	for i := range entries {
		values := make([]float32, dim)
		values[i%dim] = 1
		entries[i] = vectors.Entry{ArticleID: int64(i), Embedder: embedder, AvailableAt: noon, Values: values}
	}
	if err := index.Upsert(b.Context(), entries); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := index.Nearest(b.Context(), vectors.Search{Embedder: embedder, Query: entries[3].Values, MinCosine: .25, Limit: 30}); err != nil {
			b.Fatal(err)
		}
	}
}
