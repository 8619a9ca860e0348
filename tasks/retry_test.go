package tasks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tickerwire/store"
	"tickerwire/tasks"
)

func TestTheRampDoubles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		perSecond float64
		after     time.Duration
		want      int
	}{{10, 0, 1}, {10, time.Second, 2}, {10, 5 * time.Second, 6}, {10, 10 * time.Second, 16}, {10, 30 * time.Second, 1 + 5 + 10 + 20 + 40 + 50 + 50},
		{0.5, 10 * time.Second, 6}, {1, 90 * time.Second, 91}} {
		if got := tasks.Ramp(c.perSecond, c.after); got != c.want {
			t.Errorf("%v a second after %s: %d let go, want %d", c.perSecond, c.after, got, c.want)
		}
	}
}

// stopped records so many failures that wait for an operator.
func (r *rig) stopped(kind string, n int) {
	r.t.Helper()
	r.exec(`insert into failures (kind, key, queue, payload, fingerprint, error, attempts, state)
		select ?, i::text, ?, '{}', 'f', 'it broke', 8, 'gave_up' from generate_series(1, ?) as i`, kind, bench, n)
}

// orderRetry orders a bulk retry of all that wait, and takes its first step.
func (r *rig) orderRetry(w *tasks.Worker, perSecond float64) store.Run {
	r.t.Helper()
	snapshot, err := r.db.SnapshotRetry(r.t.Context(), store.RetryFilter{}, 0)
	r.must(err)
	params, err := json.Marshal(tasks.RetryParams{Snapshot: snapshot.ID, PerSecond: perSecond})
	r.must(err)
	run, _, err := r.db.OrderRun(r.t.Context(), store.Run{Kind: tasks.RunRetry, Key: fmt.Sprint(snapshot.ID), Params: params})
	r.must(err)
	r.step(w, run)
	return run
}

// step takes a run one step further.
func (r *rig) step(w *tasks.Worker, run store.Run) store.Run {
	r.t.Helper()
	r.must(w.Work(r.t.Context(), run.ID))
	run, err := r.db.Run(r.t.Context(), run.ID)
	r.must(err)
	return run
}

func TestABulkRetryRunsToItsEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.stopped("t:ok", 30)
	w := r.worker(nil)
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 4, 1))
	w.Extra = map[string]tasks.Processor{"t:ok": func(context.Context, []byte) error { return nil }}
	r.serve(w)
	run := r.orderRetry(w, 0)
	poll(t, "all of it to be done", func() bool { return r.number(`select count(*) from failures where state = 'resolved'`) == 30 })
	if run = r.step(w, run); run.State != store.RunDone || run.Done != 30 || run.Failed != 0 {
		t.Errorf("%+v", run)
	}
}

func TestABulkRetryStopsWhenItDoesNotHelp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.stopped("t:bad", 60)
	w := r.worker(nil)
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 4, 1))
	w.Extra = map[string]tasks.Processor{"t:bad": func(context.Context, []byte) error { return errors.New("it is still broken") }}
	r.serve(w)
	run := r.orderRetry(w, 1)
	if n := r.number(`select next from retries`); n < 1 || n > 10 {
		t.Fatalf("%d let go at first, want about one", n)
	}
	r.exec(`update runs set started_at = now() - interval '22 seconds'`)
	r.step(w, run)
	if n := r.number(`select next from retries`); n < 20 || n > 40 {
		t.Fatalf("%d let go after 22 s at one a second", n)
	}
	poll(t, "them to fail again", func() bool {
		return r.number(`select count(*) from failures where state = 'retrying' and attempts > 0`) >= 20
	})
	if run = r.step(w, run); run.State != store.RunFailed || run.Error == "" {
		t.Errorf("%+v", run)
	}
	if n := r.number(`select count(*) from failures where state = 'gave_up' and attempts = 8`); n < 20 {
		t.Errorf("%d are left as they were", n)
	}
}

func TestABulkRetryIsCancelledAndRedisMayBeAway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.stopped("t:ok", 3)
	away := r.worker(nil)
	closed := redis.NewClient(redisURL(t))
	r.must(closed.Close())
	away.Queue = tasks.NewQueue(closed)
	snapshot, err := r.db.SnapshotRetry(t.Context(), store.RetryFilter{}, 0)
	r.must(err)
	run, _, err := r.db.OrderRun(t.Context(), store.Run{Kind: tasks.RunRetry, Key: "1", Params: fmt.Appendf(nil, `{"snapshot":%d}`, snapshot.ID)})
	r.must(err)
	if err := away.Work(t.Context(), run.ID); err == nil {
		t.Error("a step without Redis went well")
	}
	if n := r.number(`select count(*) from failures where state = 'gave_up'`); n != 3 {
		t.Errorf("%d wait for an operator after a ring that failed, want 3", n)
	}
	_, err = r.db.CancelRun(t.Context(), run.ID, 0, "enough")
	r.must(err)
	r.step(r.worker(nil), run)
	if n := r.number(`select count(*) from failures where state = 'gave_up'`); n != 3 {
		t.Errorf("a cancelled retry let %d go", 3-n)
	}
}
