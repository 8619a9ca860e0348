package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

func TestSaveArticlesTwice(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	in := []store.NewArticle{article(2), article(1), filing(3, nuri)}
	in[0].Matches = []news.Match{{Code: nuri, Field: news.FieldTitle, Start: 0, End: 4, Text: "누리테크"}, {Code: garam, Field: news.FieldSummary, Start: 1, End: 3, Text: "가람"}}
	ids, err := db.SaveArticles(t.Context(), in)
	if err != nil || len(ids) != 3 || !slices.IsSorted(ids) {
		t.Fatalf("first: %v, %v; want three ascending ids", ids, err)
	}
	again, err := db.SaveArticles(t.Context(), in)
	if err != nil || len(again) != 0 {
		t.Fatalf("second: %v, %v; want none", again, err)
	}
	kept, err := db.ArticlesByID(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	want := []news.Article{in[1].Article, in[0].Article, in[2].Article}
	for i := range want {
		want[i].ID = kept[i].ID
	}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Error(diff)
	}
	matches, err := db.Matches(t.Context(), ids)
	if diff := cmp.Diff(map[int64][]news.Match{kept[1].ID: in[0].Matches}, matches); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if due, err := db.ArticlesToEmbed(t.Context(), "k", 0, 2); err != nil || !slices.Equal(due, ids[:2]) {
		t.Errorf("to embed: %v, %v; want the two oldest of %v", due, err, ids)
	}
	if due, err := db.ArticlesToEmbed(t.Context(), "k", time.Hour, 10); err != nil || len(due) != 0 {
		t.Errorf("to embed for an hour: %v, %v; want none", due, err)
	}
}

func TestSaveArticlesSightings(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	first := article(1)
	other := article(1) // the same URL, shown by another source
	other.Source, other.ExternalID = "모아뉴스", "m-77"
	moved := article(2) // a known item whose URL has changed
	moved.ExternalID = first.ExternalID
	third := article(1) // shown twice within one batch
	third.Source, third.ExternalID = "세종포털", "s-1"
	ids, err := db.SaveArticles(t.Context(), []store.NewArticle{first})
	if err != nil {
		t.Fatal(err)
	}
	more, err := db.SaveArticles(t.Context(), []store.NewArticle{other, moved, third, third})
	if err != nil || len(more) != 0 {
		t.Fatalf("got %v, %v; want no new article", more, err)
	}
	if n := count(t, db, `select count(*) from sightings where article_id = ?`, ids[0]); n != 3 {
		t.Errorf("%d sightings of the article, want 3", n)
	}
	a, b := article(9), article(9)
	b.Source = "모아뉴스"
	both, err := db.SaveArticles(t.Context(), []store.NewArticle{a, b})
	if err != nil || len(both) != 1 {
		t.Fatalf("two sources in one batch: %v, %v; want one article", both, err)
	}
	if n := count(t, db, `select count(*) from sightings where article_id = ?`, both[0]); n != 2 {
		t.Errorf("%d sightings, want 2", n)
	}
}

func TestSaveArticlesConcurrently(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	const workers, n = 8, 200
	var mu sync.Mutex
	seen := map[int64]int{}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			var batch []store.NewArticle
			for i := range n {
				a := article((i + 25*w) % n) // everybody the same ones, from another start
				if w%2 == 1 {                // half of them from another source
					a.Source, a.ExternalID = "모아뉴스", fmt.Sprintf("m-%d", i)
				}
				a.Matches = []news.Match{{Code: nuri, Field: news.FieldTitle, End: 4, Text: "누리테크"}}
				batch = append(batch, a)
			}
			ids, err := db.SaveArticles(t.Context(), batch)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, id := range ids {
				seen[id]++
			}
		})
	}
	wg.Wait()
	if len(seen) != n || count(t, db, `select count(*) from articles`) != n || count(t, db, `select count(*) from matches`) != n {
		t.Errorf("%d ids reported, want each of %d articles once", len(seen), n)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("article %d was new %d times", id, times)
		}
	}
}

func TestSaveArticlesDamagedText(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	bad := article(1)
	bad.Title, bad.Summary = "누리\x00테크 \xff 계약?", "it's ? a $1 'quote' \\ path"
	kept := save(t, db, bad, article(2))
	if kept[0].Title != "누리테크 \uFFFD 계약?" || kept[0].Summary != bad.Summary {
		t.Errorf("kept %q, %q", kept[0].Title, kept[0].Summary)
	}
}

func TestSaveArticlesManyAtOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	var batch []store.NewArticle
	for i := range 2000 {
		a := article(i)
		a.Matches = []news.Match{{Code: nuri, Field: news.FieldTitle, End: 4, Text: "누리테크"}}
		batch = append(batch, a)
	}
	began := time.Now()
	ids, err := db.SaveArticles(t.Context(), batch)
	if err != nil || len(ids) != len(batch) {
		t.Fatalf("saved %d of %d: %v", len(ids), len(batch), err)
	}
	t.Logf("2,000 articles in %v", time.Since(began))
}

func TestArticleNotFound(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	_, err := db.Article(t.Context(), 12)
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.NotFound || f.Message != "article 12 does not exist" {
		t.Fatalf("got %v, want NotFound with a message for users", err)
	}
}

func TestStocksAndListings(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	stocks := []market.Stock{{Code: garam, Name: "가람", Priority: 3}, {Code: nuri, Name: "누리테크", Aliases: []string{"누리", "NURI,TECH"}, Priority: 1, Active: true}}
	for range 2 {
		if err := db.SaveStocks(t.Context(), stocks); err != nil {
			t.Fatal(err)
		}
	}
	all, err := db.Stocks(t.Context(), false)
	if diff := cmp.Diff([]market.Stock{stocks[1], stocks[0]}, all); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if active, err := db.Stocks(t.Context(), true); err != nil || len(active) != 1 || active[0].Code != nuri {
		t.Errorf("active: %v, %v", active, err)
	}
	stocks[0].Name = "가람전자"
	if err := db.SaveStocks(t.Context(), stocks[:1]); err != nil {
		t.Fatal(err)
	}
	if s, err := db.Stock(t.Context(), garam); err != nil || s.Name != "가람전자" {
		t.Errorf("got %+v, %v", s, err)
	}
	again := []market.Stock{
		{Code: garam, Name: "가람반도체", Aliases: []string{"가람"}, Priority: 5, Active: true},
		{Code: nuri, Name: "누리테크", Aliases: []string{"다른 이름"}, Priority: 5},
		{Code: "100300", Name: "새솔", Priority: 2, Active: true}}
	if err := db.AddStocks(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	added, err := db.Stocks(t.Context(), false)
	wantAdded := []market.Stock{stocks[1], {Code: garam, Name: "가람반도체", Aliases: []string{"가람"}, Priority: 3}, again[2]}
	slices.SortFunc(wantAdded, func(a, b market.Stock) int { return strings.Compare(string(a.Code), string(b.Code)) })
	if diff := cmp.Diff(wantAdded, added); err != nil || diff != "" {
		t.Errorf("an existing stock keeps its priority, its state and its own aliases: %v %s", err, diff)
	}
	if _, err := db.Stock(t.Context(), "999999"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v, want NotFound", err)
	}
	listings := []market.Listing{{Code: nuri, Name: "누리테크", Market: "KOSDAQ"}, {Code: garam, Name: "가람"}}
	if err := db.SaveListings(t.Context(), listings); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `update listings set updated_at = 'epoch'`)
	listings[1].Market = "KOSPI"
	if err := db.SaveListings(t.Context(), listings); err != nil {
		t.Fatal(err)
	}
	got, err := db.Listings(t.Context())
	if diff := cmp.Diff(listings, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if n := count(t, db, `select count(*) from listings where updated_at > 'epoch'`); n != 1 {
		t.Errorf("%d rows were written, want only the one that changed", n)
	}
}

func TestCrawls(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	crawl := func(minute, fresh int, mark, err string) {
		t.Helper()
		c := store.Crawl{Source: "feed", Part: "economy", At: noon.Add(time.Duration(minute) * time.Minute), Mark: news.Bookmark(mark), New: fresh, Err: err}
		if err := db.SaveCrawl(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if mark, err := db.Bookmark(t.Context(), "feed", "economy"); err != nil || mark != "" {
		t.Fatalf("bookmark of a new source: %q, %v", mark, err)
	}
	crawl(0, 3, "etag-1", "")
	crawl(1, 0, "lost", "timeout")
	crawl(2, 0, "lost", "timeout again")
	state := store.SourceState{Name: "feed", LastAttemptAt: noon.Add(2 * time.Minute), LastSuccessAt: noon, LastItemAt: noon, Items: 3,
		LastError: "timeout again", LastErrorAt: noon.Add(2 * time.Minute), ErrorsInRow: 2,
		Breaker: store.Breaker{Recent: 0b011, Attempts: 3, Counted: 3}, BreakerState: store.BreakerClosed}
	got, err := db.Sources(t.Context())
	if diff := cmp.Diff([]store.SourceState{state}, got); err != nil || diff != "" {
		t.Errorf("after errors: %v %s", err, diff)
	}
	crawl(3, 0, "etag-2", "")
	state.LastAttemptAt, state.LastSuccessAt, state.ErrorsInRow = noon.Add(3*time.Minute), noon.Add(3*time.Minute), 0
	state.Breaker = store.Breaker{Recent: 0b0110, Attempts: 4, Counted: 4}
	got, err = db.Sources(t.Context())
	if diff := cmp.Diff([]store.SourceState{state}, got); err != nil || diff != "" {
		t.Errorf("after a success: %v %s", err, diff)
	}
	if mark, err := db.Bookmark(t.Context(), "feed", "economy"); err != nil || mark != "etag-2" {
		t.Errorf("bookmark %q, %v", mark, err)
	}
}
