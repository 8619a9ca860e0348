package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickerwire/store"
	"tickerwire/store/storetest"
)

func TestRetryFailures(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	for _, f := range []store.Failure{
		{Kind: "story:predict", Key: "1", Fingerprint: "a", State: store.FailureGaveUp, Payload: []byte(`{"story_id":1}`)},
		{Kind: "story:predict", Key: "2", Fingerprint: "b", State: store.FailureQuarantined},
		{Kind: "news:crawl", Key: "3", Fingerprint: "a", State: store.FailureGaveUp},
		{Kind: "news:crawl", Key: "4", Fingerprint: "a", State: store.FailureRetrying},
		{Kind: "news:crawl", Key: "5", Fingerprint: "a", State: store.FailureResolved},
	} {
		f.Queue, f.Error = "q", "it broke"
		if err := db.RecordFailure(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	exec(t, db, `update failures set crashes = 3`)
	for _, c := range []struct {
		filter store.RetryFilter
		want   []int64
	}{
		{store.RetryFilter{}, []int64{1, 2, 3}},
		{store.RetryFilter{IDs: []int64{3, 4, 5, 99}}, []int64{3}},
		{store.RetryFilter{FailureMatch: store.FailureMatch{Kind: "story:predict"}}, []int64{1, 2}},
		{store.RetryFilter{FailureMatch: store.FailureMatch{Fingerprint: "a"}}, []int64{1, 3}},
		{store.RetryFilter{FailureMatch: store.FailureMatch{State: store.FailureQuarantined}}, []int64{2}},
		{store.RetryFilter{FailureMatch: store.FailureMatch{State: store.FailureResolved}}, nil},
	} {
		got, err := db.SnapshotRetry(t.Context(), c.filter, 0)
		if diff := cmp.Diff(c.want, got.IDs, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%+v: %v %s", c.filter, err, diff)
		}
	}
	got, err := db.RetryFailures(t.Context(), store.RetryFilter{FailureMatch: store.FailureMatch{Kind: "story:predict"}})
	if err != nil || len(got) != 2 || got[0].Key != "1" || got[0].State != store.FailureGaveUp || got[1].State != store.FailureQuarantined ||
		string(got[0].Payload) != `{"story_id":1}` {
		t.Fatalf("%+v, %v", got, err)
	}
	if n := count(t, db, `select count(*) from failures where state = 'retrying' and attempts = 0 and crashes = 0`); n != 2 {
		t.Errorf("%d failures begin anew, want 2", n)
	}
	stopped, err := db.Stopped(t.Context(), []store.WorkName{{Kind: "story:predict", Key: "1"}, {Kind: "news:crawl", Key: "3"}})
	if err != nil || len(stopped) != 1 {
		t.Errorf("stopped: %v, %v", stopped, err)
	}
}

func TestTwoRetriesTakeAFailureOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	exec(t, db, `insert into failures (kind, key, queue, payload, fingerprint, error, state)
		select 'k', i::text, 'q', '', 'f', 'e', 'gave_up' from generate_series(1, 300) i`)
	var mu sync.Mutex
	taken := 0
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			got, err := db.RetryFailures(t.Context(), store.RetryFilter{})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			taken += len(got)
		})
	}
	group.Wait()
	if taken != 300 {
		t.Errorf("%d failures were taken, want 300", taken)
	}
}

func TestForgetOldSessions(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	id := user(t, db, "a@example.com").ID
	fresh, err := db.OpenSession(t.Context(), store.Session{UserID: id}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, `insert into sessions (user_id, expires_at) values (?0, now() - interval '29 days'), (?0, now() - interval '31 days')`, id)
	if err := db.ForgetOld(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `select count(*) from sessions`); n != 2 {
		t.Errorf("%d sessions are left, want 2", n)
	}
	if _, err := db.SessionUser(t.Context(), fresh.ID); err != nil {
		t.Error(err)
	}
}

func TestDeclareSources(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if err := db.SaveCrawl(t.Context(), store.Crawl{Source: "old", Part: "all", At: noon}); err != nil {
		t.Fatal(err)
	}
	for _, names := range [][]string{{"a", "old", "a"}, {"Z", "a"}} {
		if err := db.DeclareSources(t.Context(), names); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.Sources(t.Context())
	want := []store.SourceState{{Name: "Z", Configured: true, BreakerState: store.BreakerClosed}, {Name: "a", Configured: true, BreakerState: store.BreakerClosed},
		{Name: "old", LastAttemptAt: noon, LastSuccessAt: noon, Breaker: store.Breaker{Attempts: 1, Counted: 1}, BreakerState: store.BreakerClosed}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if err := db.DeclareSources(t.Context(), nil); err != nil || count(t, db, `select count(*) from sources where configured`) != 0 {
		t.Errorf("nothing is configured any more: %v", err)
	}
}
