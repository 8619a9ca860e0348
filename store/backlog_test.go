package store_test

import (
	"testing"
	"time"

	"tickerwire/store"
	"tickerwire/store/storetest"
)

func TestWaitFollowsTheDrain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		b    store.Backlog
		want time.Duration
	}{
		"room":             {store.Backlog{Runs: 99, Calls: 50_000}, 0},
		"runs":             {store.Backlog{Runs: 104, RunsPerSecond: .5}, 10 * time.Second},
		"calls":            {store.Backlog{Calls: 50_001, CallsPerSecond: 40}, time.Second},
		"the longer one":   {store.Backlog{Runs: 100, RunsPerSecond: .1, Calls: 50_001, CallsPerSecond: .05}, 20 * time.Second},
		"hardly moving":    {store.Backlog{Runs: 100, RunsPerSecond: .0001}, 10 * time.Minute},
		"not moving":       {store.Backlog{Runs: 100}, time.Minute},
		"ordered, already": {store.Backlog{Runs: 200, Ordered: true}, 0},
	} {
		if got := c.b.Wait(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestTheBacklogIsMeasured(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	exec(t, db, `insert into runs (kind, key, params) select 'crawl', i::text, '{}' from generate_series(1, 3) i`)
	exec(t, db, `insert into runs (kind, key, params, state, finished_at) select 'crawl', i::text, '{}', 'done', now() - make_interval(mins => i) from generate_series(1, 60) i`)
	b, err := db.Backlog(t.Context(), "crawl", "2")
	if err != nil || !b.Ordered || b.Runs != 3 || b.Calls != 0 || b.RunsPerSecond != 9/600. {
		t.Errorf("%+v, %v", b, err)
	}
	if b, err = db.Backlog(t.Context(), "crawl", "9"); err != nil || b.Ordered {
		t.Errorf("%+v, %v: it is not ordered", b, err)
	}
}
