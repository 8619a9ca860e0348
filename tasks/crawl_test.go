package tasks_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/tasks"
)

// items are n entries of a feed, as the source shows them.
func items(n int) []news.Item {
	list := make([]news.Item, n)
	for i := range list {
		list[i] = news.Item{Source: "hanbit", ExternalID: fmt.Sprint("x-", i), URL: fmt.Sprintf("https://news.example/%d", i), Press: "한빛신문",
			Title: sentences[i%len(sentences)], PublishedAt: noon.Add(-time.Minute), TimeQuality: news.TimeExact, Kind: news.KindNews}
	}
	return list
}

func TestCrawlSavesOnceThenMovesItsBookmark(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must(r.db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}}))
	s := &source{name: "hanbit", items: items(3), next: "mark-1"}
	w := r.worker(func(w *tasks.Worker) { w.Sources = []tasks.Source{{NewsSource: s, Every: time.Minute}} })
	crawl := tasks.CrawlNews{Source: "hanbit"}

	r.exec(`alter table sightings rename to sightings_away`)
	if err := w.Do(t.Context(), crawl); err == nil {
		t.Error("a crawl that cannot save says nothing")
	}
	if mark, err := r.db.Bookmark(t.Context(), "hanbit", ""); err != nil || mark != "" {
		t.Errorf("nothing is saved, and the bookmark is %q, %v", mark, err)
	}
	r.exec(`alter table sightings_away rename to sightings`)

	for range 3 {
		r.must(w.Do(t.Context(), crawl))
	}
	if n := r.number(`select count(*) from articles where first_seen_at = ?`, noon); n != 3 {
		t.Errorf("%d articles, want 3", n)
	}
	if n := r.number(`select count(*) from matches where code = ?`, string(nuri)); n != 3 {
		t.Errorf("%d of the articles name nuri, want 3", n)
	}
	if diff := cmp.Diff([]news.Bookmark{"", "", "mark-1", "mark-1"}, s.marks); diff != "" {
		t.Errorf("reminded of: %s", diff)
	}
	var ids []int64
	r.must(r.db.Bun().NewRaw(`select id from articles order by id`).Scan(t.Context(), &ids))
	if !r.holds(tasks.QueueEmbed, tasks.TaskID(tasks.EmbedArticles{IDs: ids}, 1)) || r.count(tasks.QueueEmbed, "pending") != 1 {
		t.Errorf("the queue to embed holds %v, want the three articles once", r.counts(tasks.QueueEmbed))
	}
	states, err := r.db.Sources(t.Context())
	if err != nil || len(states) != 1 || states[0].Items != 3 || !states[0].LastSuccessAt.Equal(noon) {
		t.Errorf("sources: %+v, %v", states, err)
	}
}

func TestManyArticlesAreEmbeddedInBatches(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := &source{name: "hanbit", items: items(150)}
	w := r.worker(func(w *tasks.Worker) { w.Sources = []tasks.Source{{NewsSource: s}} })
	r.must(w.Do(t.Context(), tasks.CrawlNews{Source: "hanbit"}))
	if n := r.count(tasks.QueueEmbed, "pending"); n != 3 {
		t.Errorf("150 articles wait in %d tasks, want 3 of at most 64", n)
	}
	r.serve(w)
	poll(t, "every article to be embedded", func() bool { return r.number(`select count(*) from articles where embedded_at is not null`) == 150 })
}

func TestSourceErrors(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := &source{name: "hanbit", next: "never"}
	w := r.worker(func(w *tasks.Worker) { w.Sources = []tasks.Source{{NewsSource: s}} })
	for i, c := range []struct {
		err  error
		row  int // errors in a row, as recorded
		text string
	}{
		{fault.After(fault.Limited, time.Second, "slow down"), 0, ""},
		{fault.New(fault.Unavailable, "status 503"), 1, "status 503"},
		{fault.New(fault.Invalid, "no feed at all"), 2, "no feed at all"},
		{fault.After(fault.Limited, time.Second, "slow down"), 2, "no feed at all"},
	} {
		s.err = c.err
		if err := w.Do(t.Context(), tasks.CrawlNews{Source: "hanbit"}); fault.KindOf(err) != fault.KindOf(c.err) || fault.RetryAfterOf(err) != fault.RetryAfterOf(c.err) {
			t.Errorf("%d: %v, want %v", i, err, c.err)
		}
		states, err := r.db.Sources(t.Context())
		r.must(err)
		if c.row == 0 && len(states) == 0 {
			continue
		}
		if len(states) != 1 || states[0].ErrorsInRow != c.row || states[0].LastError != c.text {
			t.Errorf("%d: recorded %+v, want %d in a row, %q", i, states, c.row, c.text)
		}
	}
	if mark, err := r.db.Bookmark(t.Context(), "hanbit", ""); err != nil || mark != "" {
		t.Errorf("errors moved the bookmark to %q, %v", mark, err)
	}
	if err := w.Do(t.Context(), tasks.CrawlNews{Source: "unheard"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an unknown source: %v, want Invalid", err)
	}
}

func TestASourceOfManyPartsIsSplit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must(r.db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}, {Code: garam, Name: "가람소재", Priority: 1, Active: true},
		{Code: "900003", Name: "옛날상사", Priority: 1}, {Code: "900004", Name: "누구도안봄", Priority: 3, Active: true}}))
	s, coded := &source{name: "search"}, &source{name: "coded"}
	w := r.worker(func(w *tasks.Worker) {
		w.Sources = []tasks.Source{{NewsSource: s, PerStock: true}, {NewsSource: coded, PerStock: true, ByCode: true}}
	})
	r.must(w.Do(t.Context(), tasks.CrawlNews{Source: "search"}))
	if s.calls.Load() != 0 || r.count(tasks.QueueSearch, "pending") != 2 {
		t.Fatalf("%d fetches and the queue %v, want two parts rung for", s.calls.Load(), r.counts(tasks.QueueSearch))
	}
	r.serve(w)
	r.awaitEmpty(tasks.QueueSearch)
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := map[string]int{}
	for _, p := range s.parts {
		parts[p]++
	}
	if diff := cmp.Diff(map[string]int{"누리테크": 1, "가람소재": 1}, parts); diff != "" {
		t.Error(diff)
	}

	r.must(w.Do(t.Context(), tasks.CrawlNews{Source: "coded"}))
	r.awaitEmpty(tasks.QueueSearch)
	coded.mu.Lock()
	defer coded.mu.Unlock()
	slices.Sort(coded.parts)
	if diff := cmp.Diff([]string{string(nuri), string(garam)}, coded.parts); diff != "" {
		t.Errorf("by code: %s", diff)
	}
}

func TestEmbeddingTwiceIsOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ids := []int64{r.save(story(0)), r.save(story(1)), r.save(filing(2))}
	job := tasks.EmbedArticles{IDs: ids}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := r.worker(nil).Do(t.Context(), job); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got := map[string]int{"stories": r.number(`select count(*) from stories`), "vectors": r.number(`select count(*) from vectors`),
		"calls": r.number(`select count(*) from model_calls`), "analogue": r.count(tasks.PredictQueue("analogue"), "pending"),
		"baseline": r.count(tasks.PredictQueue("baseline"), "pending"), "notify": r.count(tasks.QueueNotify, "pending")}
	want := map[string]int{"stories": 3, "vectors": 3, "calls": 6, "analogue": 3, "baseline": 3, "notify": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestACrawlThatSucceedsResolvesThoseGivenUp: the source has recovered, by whatever name the earlier crawl went. What of other
// sources, of other parts and of what takes workers down is left as it is.
func TestACrawlThatSucceedsResolvesThoseGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must(r.db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}}))
	feed, search := &source{name: "hanbit", items: items(1)}, &source{name: "search", items: items(1)}
	w := r.worker(func(w *tasks.Worker) {
		w.Sources = []tasks.Source{{NewsSource: feed}, {NewsSource: search, PerStock: true}}
	})
	kind := tasks.CrawlNews{}.Kind()
	for _, key := range []string{"hanbit", "crawl-hanbit", "search", "crawl-search", "search/누리테크", "search/가람", "other"} {
		r.must(r.db.RecordFailure(t.Context(), store.Failure{Kind: kind, Key: key, Queue: "crawl", Fingerprint: "f", Error: "status 503", State: store.FailureGaveUp}))
	}
	r.exec(`update failures set state = 'quarantined' where key = 'crawl-search'`)
	open := func() (keys string) {
		t.Helper()
		r.must(r.db.Bun().NewRaw(`select coalesce(string_agg(key, ' ' order by key collate "C"), '') from failures where state <> 'resolved'`).Scan(t.Context(), &keys))
		return keys
	}
	feed.err = fault.New(fault.Unavailable, "status 503")
	if err := w.Do(t.Context(), tasks.CrawlNews{Source: "hanbit"}); err == nil {
		t.Fatal("the source is down, and its crawl says nothing")
	}
	if got := open(); got != "crawl-hanbit crawl-search hanbit other search search/가람 search/누리테크" {
		t.Errorf("while it is down, open are %s", got)
	}
	feed.err = nil
	for _, step := range []struct {
		crawl tasks.CrawlNews
		want  string
	}{
		{tasks.CrawlNews{Source: "hanbit"}, "crawl-search other search search/가람 search/누리테크"},
		{tasks.CrawlNews{Source: "search", Part: "누리테크"}, "crawl-search other search search/가람"},
		{tasks.CrawlNews{Source: "search"}, "crawl-search other search/가람"},
	} {
		r.must(w.Do(t.Context(), step.crawl))
		if got := open(); got != step.want {
			t.Errorf("after %s: open are %s, want %s", step.crawl.Key(), got, step.want)
		}
	}
}
