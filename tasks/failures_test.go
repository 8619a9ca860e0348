package tasks_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/store"
	"tickerwire/tasks"
)

// TestNoFailureIsForgotten: the queue's own archive drops its oldest beyond ten thousand; ours lists every one.
func TestNoFailureIsForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const total, page = 20_000, 500
	r.exec(`insert into failures (kind, key, queue, payload, fingerprint, error, state)
		select 't:bad', n::text, 'bench', '{}', 'f' || n % 7, 'bad input ' || n, 'gave_up' from generate_series(1, ?) as n`, total)
	started := time.Now()
	seen := map[string]bool{}
	var before int64
	for {
		list, err := r.db.Failures(t.Context(), store.FailureFilter{FailureMatch: store.FailureMatch{State: store.FailureGaveUp}, Limit: page, Before: before})
		r.must(err)
		for _, f := range list {
			if before != 0 && f.ID >= before || seen[f.Key] || f.Error != "bad input "+f.Key {
				t.Fatalf("%+v follows %d", f, before)
			}
			before, seen[f.Key] = f.ID, true
		}
		if len(list) < page {
			break
		}
	}
	t.Logf("%d failures listed in pages of %d in %s", len(seen), page, time.Since(started).Round(time.Millisecond))
	if len(seen) != total {
		t.Errorf("%d of %d failures are listed", len(seen), total)
	}
	grouped, err := r.db.Failures(t.Context(), store.FailureFilter{FailureMatch: store.FailureMatch{Fingerprint: "f3"}, Limit: total})
	if err != nil || len(grouped) != 2857 {
		t.Errorf("%d of one cause, %v", len(grouped), err)
	}
}

// TestFailuresOfARunningWorkerAreAllKept fails many tasks for real: each leaves its row, and the queue's archive stays
// empty.
func TestFailuresOfARunningWorkerAreAllKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const total = 400
	for i := range total {
		r.must(r.queue.Ring(t.Context(), job{kind: "never:heard", key: fmt.Sprint(i), queue: "embed"}))
	}
	r.serve(r.worker(nil))
	r.awaitEmpty("embed")
	if n := r.number(`select count(*) from failures where state = 'gave_up' and attempts = 1`); n != total {
		t.Errorf("%d failures, want %d", n, total)
	}
}

// TestALostRetryIsRungAgain: a failure that waits for its retry is tried again although Redis has lost the task; one whose
// task Redis still holds, and one that was only just recorded, are left alone.
func TestALostRetryIsRungAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	keeper := &tasks.Keeper{DB: r.db, Queue: r.queue, Redis: r.redis, Log: r.log}
	for _, key := range []string{"lost", "held", "recent"} {
		r.must(r.db.RecordFailure(t.Context(), store.Failure{Kind: "t:a", Key: key, Queue: bench, Payload: []byte(`"` + key + `"`),
			Fingerprint: "f", Error: "down"}))
	}
	r.exec(`update failures set last_at = now() - interval '1 day' where key <> 'recent'`)
	_, err := r.queue.RingEpoch(t.Context(), job{kind: "t:a", key: "held", queue: bench, payload: `"held"`}, 2)
	r.must(err)
	r.must(keeper.RingLostRetries(t.Context()))
	if n := r.count(bench, "pending"); n != 2 {
		t.Errorf("%d tasks wait, want the one that was held and the lost one", n)
	}
	w, ids := r.taken("t:a")
	r.serve(w)
	got := []string{receive(t, "a retry", ids), receive(t, "a retry", ids)}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"t:a:held:2", "t:a:lost:2"}, got); diff != "" {
		t.Error(diff)
	}
	poll(t, "the failures to be resolved", func() bool {
		return r.number(`select count(*) from failures where state = 'resolved' and key <> 'recent'`) == 2
	})
}
