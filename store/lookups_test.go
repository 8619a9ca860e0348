package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

func TestKnownSightings(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	save(t, db, article(1), article(2))
	known, err := db.KnownSightings(t.Context(), "한빛신문", []string{"a-1", "a-2", "a-3"})
	if diff := cmp.Diff(map[string]bool{"a-1": true, "a-2": true}, known); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if known, err := db.KnownSightings(t.Context(), "모아뉴스", []string{"a-1"}); err != nil || len(known) != 0 {
		t.Errorf("another source: %v, %v", known, err)
	}
}

func TestBookmarks(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	for part, mark := range map[string]news.Bookmark{"economy": "e-1", "stocks": "s-1"} {
		if err := db.SaveCrawl(t.Context(), store.Crawl{Source: "feed", Part: part, At: noon, Mark: mark}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.Bookmarks(t.Context(), "feed")
	if diff := cmp.Diff(map[string]news.Bookmark{"economy": "e-1", "stocks": "s-1"}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if got, err := db.Bookmarks(t.Context(), "other"); err != nil || len(got) != 0 {
		t.Errorf("another source: %v, %v", got, err)
	}
}

func TestNamesRevision(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	revision := func() string {
		t.Helper()
		r, err := db.NamesRevision(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	stock := market.Stock{Code: nuri, Name: "누리테크", Priority: 1, Active: true}
	saveStock := func() {
		t.Helper()
		if err := db.SaveStocks(t.Context(), []market.Stock{stock}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{revision(): true}
	saveStock()
	seen[revision()] = true
	saveStock()
	if !seen[revision()] {
		t.Error("saving what is there already must not change the revision")
	}
	stock.Aliases = []string{"누리"}
	saveStock()
	seen[revision()] = true
	if err := db.SaveListings(t.Context(), []market.Listing{{Code: garam, Name: "가람"}}); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `update listings set updated_at = 'epoch'`)
	seen[revision()] = true
	exec(t, db, `update stocks set updated_at = updated_at - interval '1 hour'`) // committed late
	seen[revision()] = true
	if len(seen) != 5 {
		t.Errorf("five states gave %d revisions", len(seen))
	}
}

func TestStopped(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	record := func(key, state string) {
		t.Helper()
		if err := db.RecordFailure(t.Context(), store.Failure{Kind: "k", Key: key, State: state}); err != nil {
			t.Fatal(err)
		}
	}
	record("tried", store.FailureRetrying)
	record("dead", store.FailureGaveUp)
	record("healed", store.FailureGaveUp)
	if err := db.ResolveFailure(t.Context(), "k", "healed"); err != nil {
		t.Fatal(err)
	}
	names := []store.WorkName{{Kind: "k", Key: "tried"}, {Kind: "k", Key: "dead"}, {Kind: "k", Key: "healed"}, {Kind: "other", Key: "dead"}}
	for range 3 {
		if _, err := db.RecordCrash(t.Context(), store.Failure{Kind: "k", Key: "poison"}, 3); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := db.RecordCrash(t.Context(), store.Failure{Kind: "k", Key: "once"}, 3); err != nil || n != 1 {
		t.Errorf("a first crash: %d, %v", n, err)
	}
	names = append(names, store.WorkName{Kind: "k", Key: "poison"}, store.WorkName{Kind: "k", Key: "once"})
	got, err := db.Stopped(t.Context(), names)
	if diff := cmp.Diff(map[store.WorkName]string{names[1]: store.FailureGaveUp, names[4]: store.FailureQuarantined}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestDueCallsOfRun(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	championCall(t, db, 0)
	run := order(t, db, "k")
	start(t, db, run.ID)
	if _, err := db.AddRepredictCalls(t.Context(), run.ID, store.RepredictFilter{}); err != nil {
		t.Fatal(err)
	}
	due, err := db.DueCallsOfRun(t.Context(), "k", run.ID, 10)
	if err != nil || len(due) != 2 || due[0].Generation != 2 || due[0].CallID >= due[1].CallID {
		t.Fatalf("got %+v, %v; want the run's two calls, oldest first", due, err)
	}
	if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: due[0].CallID, Skipped: true}, nil); err != nil {
		t.Fatal(err)
	}
	left, err := db.DueCallsOfRun(t.Context(), "k", run.ID, 10)
	if diff := cmp.Diff(due[1:], left); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestPingAfterClose(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a closed database: %v, want Unavailable", err)
	}
}
