package tasks_test

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"tickerwire/store"
	"tickerwire/tasks"
)

// TestBlame goes through deaths, one after the other: of a worker with "a", say, in hand, with "a" and "b" ("a b"), with
// "a" and what is not found yet ("a +"), of one whose beats never named "a" ("?a"); "@1" is a tick of the schedule "s";
// "done a" ends a's work well.
func TestBlame(t *testing.T) {
	t.Parallel()
	repeat := func(n int, steps ...string) (list []string) {
		for range n {
			list = append(list, steps...)
		}
		return list
	}
	for name, c := range map[string]struct {
		steps   []string
		crashes map[string]int
		stopped string // the piece of work that is quarantined, at the last step and no earlier
	}{
		"alone, until the limit":             {repeat(tasks.CrashLimit, "a"), map[string]int{"a": 3}, "a"},
		"one less":                           {repeat(tasks.CrashLimit-1, "a"), map[string]int{"a": 2}, ""},
		"done in between":                    {append(repeat(2, "a"), "done a", "a", "a"), map[string]int{"a": 2}, ""},
		"named by no beat":                   {repeat(tasks.CrashLimit, "?a"), map[string]int{"a": 3}, "a"},
		"many ticks of one schedule":         {[]string{"@1 @2 @3 @4"}, map[string]int{"s": 1}, ""},
		"beside others":                      {repeat(tasks.MostCrashes-1, "a b"), map[string]int{"a": 9, "b": 9}, ""},
		"beside others, and then alone":      {append(repeat(5, "a b"), "a"), map[string]int{"a": 6, "b": 5}, "a"},
		"beside what is not found yet":       {repeat(5, "a +"), map[string]int{"a": 5}, ""},
		"beside ever other work, many times": {repeat(tasks.MostCrashes, "a +"), map[string]int{"a": 10}, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			k := &tasks.Keeper{DB: r.db, Log: slog.New(&lines{})}
			stopped := func() (keys []string) {
				list, err := r.db.Failures(t.Context(), store.FailureFilter{FailureMatch: store.FailureMatch{State: store.FailureQuarantined}})
				r.must(err)
				for _, f := range list {
					keys = append(keys, f.Key)
				}
				return keys
			}
			for i, step := range c.steps {
				if before := stopped(); len(before) > 0 {
					t.Fatalf("%v was stopped before step %d", before, i)
				}
				if key, done := strings.CutPrefix(step, "done "); done {
					r.must(r.db.ResolveFailure(t.Context(), "t:work", key))
					continue
				}
				r.diesWith(k, fmt.Sprint("worker-", i), step)
			}
			if now := strings.Join(stopped(), " "); now != c.stopped {
				t.Errorf("%q is stopped, want %q", now, c.stopped)
			}
			for key, want := range c.crashes {
				if f := r.failure("t:work", key); f == nil || f.Crashes != want || f.Error == "" || f.Attempts != 0 {
					t.Errorf("%s: %+v, want %d crashes and a reason", key, f, want)
				}
			}
		})
	}
}

// diesWith lets a worker die and has its death blamed on what it had in hand.
func (r *rig) diesWith(k *tasks.Keeper, worker, inHand string) {
	r.t.Helper()
	_, _, err := r.db.Beat(r.t.Context(), store.Worker{ID: worker, Role: "worker", Host: "h", Version: "1", State: store.WorkerRunning})
	r.must(err)
	r.exec(`update workers set state = 'dead', ended_at = now() where id = ?`, worker)
	inHand, unnamed := strings.CutPrefix(inHand, "?")
	if unnamed {
		worker = ""
	}
	keys := strings.Fields(inHand)
	var orphans []*asynq.TaskInfo
	for _, key := range keys {
		if key == "+" {
			continue
		}
		t := &asynq.TaskInfo{ID: "t:work:" + key + ":1", Type: "t:work", Queue: bench}
		if n, err := strconv.Atoi(strings.TrimPrefix(key, "@")); err == nil {
			t.Headers = tasks.TickHeaders(store.Tick{Schedule: "s", At: noon.Add(time.Duration(n) * time.Minute)})
		}
		orphans = append(orphans, t)
	}
	r.must(k.Blame(r.t.Context(), worker, orphans, len(keys) == 1))
}
