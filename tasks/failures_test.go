package tasks_test

import (
	"fmt"
	"testing"
	"time"

	"tickerwire/store"
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
		list, err := r.db.Failures(t.Context(), store.FailureFilter{State: store.FailureGaveUp, Limit: page, Before: before})
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
	grouped, err := r.db.Failures(t.Context(), store.FailureFilter{Fingerprint: "f3", Limit: total})
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
