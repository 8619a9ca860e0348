package tasks_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"

	"tickerwire/store"
	"tickerwire/tasks"
)

// taken makes a worker of the bench queue that answers the ids of the tasks of a kind that it was given.
func (r *rig) taken(kind string) (*tasks.Worker, <-chan string) {
	ids := make(chan string, 100)
	w := r.worker(func(w *tasks.Worker) {
		w.Extra = map[string]tasks.Processor{kind: func(ctx context.Context, _ []byte) error {
			id, _ := asynq.GetTaskID(ctx)
			ids <- id
			return nil
		}}
		w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 2, 1))
	})
	return w, ids
}

// takeAndHold takes tasks out of the bench queue and never finishes them, unknown to Postgres: what a process does whose
// machine goes away. It answers the ids.
func (r *rig) takeAndHold() <-chan string {
	r.t.Helper()
	ids, end := make(chan string, 100), make(chan struct{})
	s := asynq.NewServerFromRedisClient(r.redis, asynq.Config{Queues: map[string]int{bench: 1}, Concurrency: 10,
		TaskCheckInterval: 50 * time.Millisecond, LogLevel: asynq.FatalLevel, ShutdownTimeout: time.Second})
	r.must(s.Start(asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
		ids <- t.ResultWriter().TaskID()
		<-end
		return nil
	})))
	r.t.Cleanup(func() {
		close(end)
		s.Shutdown()
	})
	return ids
}

func TestAKilledWorkersWorkIsRungAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.keep(r.clock.Now)
	victim := r.child("worker")
	r.must(r.queue.Ring(t.Context(), job{kind: "t:hold", key: "k", queue: bench}))
	victim.await("took t:hold:k:1")
	poll(t, "the victim's beat to name the task", func() bool {
		inHand, err := r.db.InHand(t.Context())
		r.must(err)
		_, named := inHand["t:hold:k:1"]
		return named
	})
	w, ids := r.taken("t:hold")
	killed := time.Now()
	victim.kill()
	r.serve(w)
	if id := receive(t, "the task's second copy", ids); id != "t:hold:k:2" {
		t.Errorf("rung again as %s, want the next epoch", id)
	}
	took := time.Since(killed)
	t.Logf("rung again and running %s after the kill", took.Round(time.Millisecond))
	if took > 15*time.Second {
		t.Errorf("recovery took %s, the goal is 10 s", took)
	}
	poll(t, "the crash to be settled", func() bool {
		f := r.failure("t:hold", "k")
		return f != nil && f.Crashes == 1 && f.Attempts == 0 && f.State == store.FailureResolved
	})
	if n := r.number(`select count(*) from workers where state = 'dead' and pid = ?`, victim.cmd.Process.Pid); n != 1 {
		t.Errorf("%d rows say that the victim is dead, want 1", n)
	}
}

func TestATaskInNobodysHandIsRungAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.keep(r.clock.Now)
	held := r.takeAndHold()
	r.must(r.queue.Ring(t.Context(), job{kind: "t:orphan", key: "k", queue: bench, payload: `{"n": 7}`}))
	if id := receive(t, "the holder to take it", held); id != "t:orphan:k:1" {
		t.Fatal(id)
	}
	lost := time.Now()
	if id := receive(t, "the copy", held); id != "t:orphan:k:2" {
		t.Errorf("rung again as %s, want the next epoch", id)
	}
	t.Logf("rung again %s after it was lost", time.Since(lost).Round(time.Millisecond))
	info, err := r.look.GetTaskInfo(bench, "t:orphan:k:2")
	if err != nil || string(info.Payload) != `{"n":7}` {
		t.Errorf("the copy is %+v, %v", info, err)
	}
	if f := r.failure("t:orphan", "k"); f != nil {
		t.Errorf("nobody died, and it is blamed: %+v", f)
	}

	// Somebody is silent, and no beat of his named it: it took him down between two beats.
	_, _, err = r.db.Beat(t.Context(), store.Worker{ID: "victim", Role: "worker", Host: "h", Version: "1", State: store.WorkerRunning})
	r.must(err)
	r.exec(`update workers set beat_at = now() - interval '4 seconds' where id = 'victim'`)
	r.must(r.queue.Ring(t.Context(), job{kind: "t:deadly", key: "k", queue: bench}))
	poll(t, "the crash to be counted", func() bool {
		f := r.failure("t:deadly", "k")
		return f != nil && f.Crashes == 1 && f.Attempts == 0 && f.State == store.FailureRetrying
	})
}

func TestWorkThatKillsItsWorkersIsQuarantined(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, said, _ := r.keep(r.clock.Now)
	held := r.takeAndHold()
	for epoch := 1; epoch <= tasks.CrashLimit; epoch++ {
		_, err := r.queue.RingEpoch(t.Context(), job{kind: "t:poison", key: "k", queue: bench}, epoch)
		r.must(err)
		id := receive(t, "the holder to take it", held)
		// Beside it, what the last beat still names though it ended, and what waits: neither died.
		flights := []store.Flight{{TaskID: "t:ended:k:1", Kind: "t:ended", Key: "k", Queue: bench},
			{TaskID: "t:ended:k:1", Kind: "t:ended", Key: "k", Queue: "no-such-queue"}, {TaskID: id, Kind: "t:poison", Key: "k", Queue: bench}}
		worker := store.Worker{ID: fmt.Sprint("victim-", epoch), Role: "worker", Host: "h", Version: "1", State: store.WorkerRunning, InFlight: flights}
		_, _, err = r.db.Beat(t.Context(), worker)
		r.must(err)
		r.exec(`update workers set beat_at = now() - make_interval(secs => ?) where id = ?`, tasks.DeadAfter.Seconds()+1, worker.ID)
		poll(t, "the crash to be counted", func() bool {
			f := r.failure("t:poison", "k")
			want := store.FailureRetrying
			if epoch == tasks.CrashLimit {
				want = store.FailureQuarantined
			}
			return f != nil && f.Crashes == epoch && f.State == want && f.Attempts == 0
		})
	}
	if f := r.failure("t:ended", "k"); f != nil {
		t.Errorf("work that had ended was blamed: %+v", f)
	}
	poll(t, "the log to say so", func() bool { return said.count("quarantined kind=t:poison key=k crashes=3") == 1 })
}

// quarantine stops a piece of work of the bench queue.
func (r *rig) quarantine(kind, key string) {
	r.t.Helper()
	_, err := r.db.RecordCrash(r.t.Context(), store.Failure{Kind: kind, Key: key, Queue: bench, Fingerprint: "f", Error: "died"}, 1)
	r.must(err)
}

func TestQuarantinedWorkIsRevoked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarantine("t:poison", "k")
	_, err := r.queue.RingEpoch(t.Context(), job{kind: "t:poison", key: "k", queue: bench}, 4)
	r.must(err)
	_, err = r.queue.RingEpoch(t.Context(), job{kind: "t:poison", key: "innocent", queue: bench}, 4)
	r.must(err)
	w, ids := r.taken("t:poison")
	r.serve(w)
	r.awaitEmpty(bench)
	if id := receive(t, "the innocent one", ids); id != "t:poison:innocent:4" || len(ids) != 0 {
		t.Errorf("%s ran, and %d more", id, len(ids))
	}
	if n := r.lines.count("not run task_id=t:poison:k:4 state=quarantined"); n != 1 {
		t.Errorf("the log says so %d times, want once", n)
	}
}

func TestLeadersTakeTurns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must(r.db.DeclareSchedules(t.Context(), []store.Schedule{{Name: "s", Kind: "t:tick", Payload: []byte(`{}`), Queue: bench,
		Cron: "@every 1s", Misfire: store.MisfireAll, MaxLate: time.Hour}}))
	madeBy := func(k *tasks.Keeper) int {
		return r.number(`select count(*) from ticks where rung_by = ?`, k.Process.ID())
	}
	first, said, end := r.keep(time.Now)
	poll(t, "the first to lead", func() bool { return said.count("leading") == 1 })
	second, saidSecond, endSecond := r.keep(time.Now)
	third, saidThird, endThird := r.keep(time.Now)
	before := madeBy(first)
	poll(t, "the leader to go on", func() bool { return madeBy(first) >= before+3 })
	if n := saidSecond.count("leading") + saidThird.count("leading"); n != 0 {
		t.Fatalf("%d more lead beside the first", n)
	}
	gone := time.Now()
	end()
	poll(t, "another to lead", func() bool { return saidSecond.count("leading")+saidThird.count("leading") == 1 })
	took := time.Since(gone)
	t.Logf("another leads %s after the leader went", took.Round(time.Millisecond))
	if took > 3*time.Second {
		t.Errorf("took over after %s, want 3 s at most", took)
	}
	before = madeBy(first)
	poll(t, "the next leader to make ticks", func() bool { return madeBy(second)+madeBy(third) >= 3 })
	// A leader that ends between a tick's row and its ring leaves the ring to the next one's sweep.
	s, err := r.db.Schedule(t.Context(), "s")
	r.must(err)
	s.Paused = true
	r.must(r.db.EditSchedule(t.Context(), s, 0))
	poll(t, "every tick to be rung for", func() bool { return r.number(`select count(*) from ticks where rung_at is null`) == 0 })
	endSecond()
	endThird()
	if n := madeBy(first); n != before {
		t.Errorf("the first made %d ticks after its end", n-before)
	}
	r.checkTicks("s", time.Second)
}

// checkTicks fails the test unless a schedule's ticks follow each other without a gap and each has exactly one ring.
func (r *rig) checkTicks(schedule string, every time.Duration) {
	r.t.Helper()
	var ticks []time.Time
	r.must(r.db.Bun().NewRaw(`select tick from ticks where schedule = ? and rung_at is not null order by tick`, schedule).Scan(r.t.Context(), &ticks))
	if n := r.number(`select count(*) from ticks where schedule = ?`, schedule); n != len(ticks) || n == 0 {
		r.t.Errorf("%d of %d ticks were rung for", len(ticks), n)
	}
	for i := range ticks {
		if i > 0 && !ticks[i].Equal(ticks[i-1].Add(every)) {
			r.t.Errorf("tick %s follows %s", ticks[i], ticks[i-1])
		}
		if id := fmt.Sprintf("t:tick:%s@%d:1", schedule, ticks[i].Unix()); !r.holds(bench, id) {
			r.t.Errorf("no ring %s", id)
		}
	}
	if n := r.count(bench, "pending"); n != len(ticks) {
		r.t.Errorf("%d rings for %d ticks", n, len(ticks))
	}
}

func TestAKilledLeaderIsReplaced(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	leader := r.child("keeper")
	leader.await("leading")
	_, said, _ := r.keep(r.clock.Now)
	killed := time.Now()
	leader.kill()
	poll(t, "another to lead", func() bool { return said.count("leading") == 1 })
	took := time.Since(killed)
	t.Logf("another leads %s after the leader was killed", took.Round(time.Millisecond))
	if took > 3*time.Second {
		t.Errorf("took over after %s, want 3 s at most", took)
	}
}

func TestRacersMakeEachTickOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := store.Schedule{Name: "s", Kind: "t:tick", Payload: []byte(`{}`), Queue: bench, Cron: "@every 60s", Misfire: store.MisfireAll, MaxLate: 24 * time.Hour}
	r.must(r.db.DeclareSchedules(t.Context(), []store.Schedule{s}))
	const steps = 40
	var group sync.WaitGroup
	for _, racer := range []string{"a", "b", "c"} {
		group.Go(func() {
			for i := range steps {
				at, err := r.db.Schedule(t.Context(), "s")
				if err != nil {
					t.Error(err)
					return
				}
				if err := tasks.MakeTicks(t.Context(), r.db, r.queue, at, noon.Add(time.Duration(i)*time.Minute), racer); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	// A racer that is far ahead of the others makes theirs look like a clock that was set back, as one 20 s off would.
	at, err := r.db.Schedule(t.Context(), "s")
	r.must(err)
	r.must(tasks.MakeTicks(t.Context(), r.db, r.queue, at, noon.Add(steps*time.Minute), "d"))
	r.checkTicks("s", time.Minute)
	if n := r.number(`select count(*) from ticks`); n != steps {
		t.Errorf("%d ticks, want %d", n, steps)
	}
}

func TestTheSweepRingsForWhatIsDue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	due, stopped := r.dueWork(), r.dueWork()
	for _, j := range stopped {
		r.must(r.db.RecordFailure(t.Context(), store.Failure{Kind: j.Kind(), Key: j.Key(), Queue: j.Queue(), Fingerprint: "f", Error: "bad", State: store.FailureGaveUp}))
	}
	r.must(r.db.DeclareSchedules(t.Context(), []store.Schedule{{Name: "s", Kind: "t:tick", Payload: []byte(`{}`), Queue: bench,
		Cron: "@every 24h", Misfire: store.MisfireOnce, MaxLate: time.Hour}}))
	_, err := r.db.AddTicks(t.Context(), "s", time.Time{}, noon, []time.Time{noon}, "nobody any more")
	r.must(err)
	for table, column := range map[string]string{"articles": "created_at", "model_calls": "created_at, done_at", "stories": "created_at", "alerts": "created_at", "runs": "created_at", "ticks": "made_at"} {
		if column == "created_at, done_at" {
			r.exec(`update model_calls set created_at = now() - interval '1 minute', done_at = done_at - interval '1 minute'`)
			continue
		}
		r.exec(fmt.Sprintf(`update %s set %s = now() - interval '1 minute'`, table, column))
	}
	_, said, _ := r.keep(r.clock.Now)
	poll(t, "the open tick, the last of a sweep", func() bool { return r.holds(bench, fmt.Sprintf("t:tick:s@%d:1", noon.Unix())) })
	var missing, wrong []string
	for _, j := range due {
		if !r.holds(j.Queue(), tasks.TaskID(j, 1)) {
			missing = append(missing, tasks.TaskID(j, 1))
		}
	}
	for _, j := range stopped {
		if r.holds(j.Queue(), tasks.TaskID(j, 1)) {
			wrong = append(wrong, tasks.TaskID(j, 1))
		}
	}
	if diff := cmp.Diff([][]string{nil, nil}, [][]string{missing, wrong}); diff != "" {
		t.Errorf("not rung for, or rung for though stopped: %s", diff)
	}
	if n := said.count("keeping the queue"); n != 0 {
		t.Errorf("%d complaints of a queue that is new", n)
	}
}

// TestAClaimOfADeadSenderIsAmbiguous: the sweep ends claims that nobody will mark any more.
func TestAClaimOfADeadSenderIsAmbiguous(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert := r.alert()
	r.recipient(1)
	r.claim(alert)
	r.exec(`update notices set claimed_at = now() - interval '3 minutes'`)
	_, said, _ := r.keep(r.clock.Now)
	poll(t, "the claim to expire", func() bool { return r.number(`select count(*) from notices where state = 'ambiguous'`) == 1 })
	poll(t, "the log to say so", func() bool { return said.count("alerts may have been sent claims_expired=1") == 1 })
}

// TestAFailedNoticeIsRungForAgain: one worker's copy of a task settled the alert while another's send failed, and then
// the queue lost that copy.
func TestAFailedNoticeIsRungForAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert := r.alert()
	r.recipient(1)
	claimed := r.claim(alert)
	r.exec(`update alerts set told_at = now()`)
	_, err := r.db.MarkNotices(t.Context(), []store.Mark{{ID: claimed.ID, Attempt: claimed.Attempt, State: "failed", Reason: "down"}})
	r.must(err)
	r.exec(`update alerts set created_at = now() - interval '1 minute'`)
	r.keep(r.clock.Now)
	poll(t, "the alert to be rung for", func() bool { return r.holds(tasks.QueueNotify, tasks.TaskID(tasks.SendAlert{AlertID: alert}, 1)) })
}
