package tasks_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/tasks"
)

// ticking declares a schedule of the bench queue and runs a worker that answers the ids of its tasks; nobody keeps.
func ticking(t *testing.T, cron string) (r *rig, ran <-chan string) {
	t.Helper()
	r = newRig(t)
	w, ids := r.taken("t:tick")
	r.must(r.db.DeclareSchedules(t.Context(), []store.Schedule{{Name: "s", Kind: "t:tick", Payload: []byte(`{}`), Queue: bench,
		Cron: cron, Misfire: store.MisfireOnce, MaxLate: time.Hour}}))
	r.serve(w)
	return r, ids
}

// doorbell rings a schedule's doorbell and waits until somebody has answered it.
func (r *rig) doorbell(epoch int) {
	r.t.Helper()
	_, err := r.queue.RingEpoch(r.t.Context(), tasks.DueSchedule{Name: "s"}, epoch)
	r.must(err)
	r.awaitEmpty(tasks.QueueControl)
}

func TestADoorbellMakesTheTickWhileNobodyLeads(t *testing.T) {
	t.Parallel()
	r, ran := ticking(t, "@every 60s")
	r.doorbell(1)
	if n := r.number(`select count(*) from ticks`); n != 0 {
		t.Fatalf("%d ticks of a schedule that is new", n)
	}
	r.clock.advance(time.Minute)
	for epoch := range 3 { // three doorbells, one tick
		r.doorbell(epoch + 2)
	}
	if id, want := receive(t, "the tick to run", ran), "t:tick:s@1772593260:1"; id != want {
		t.Errorf("%s ran, want %s", id, want)
	}
	poll(t, "the tick to be done", func() bool {
		return r.number(`select count(*) from ticks where outcome = 'done' and rung_at is not null`) == 1
	})

	s, err := r.db.Schedule(t.Context(), "s")
	r.must(err)
	s.Paused = true
	r.must(r.db.EditSchedule(t.Context(), s, 0))
	r.clock.advance(5 * time.Minute)
	r.doorbell(10)
	if n := r.number(`select count(*) from ticks`); n != 1 {
		t.Errorf("a paused schedule made %d ticks", n-1)
	}

	// Woken with another period: what was paused away does not come back.
	s.Paused, s.Cron = false, "@every 10s"
	r.must(r.db.EditSchedule(t.Context(), s, 0))
	r.clock.advance(10 * time.Second)
	r.doorbell(11)
	if id, want := receive(t, "the edited schedule's tick to run", ran), "t:tick:s@1772593570:1"; id != want {
		t.Errorf("%s ran, want %s", id, want)
	}
	if n := r.number(`select count(*) from ticks`); n != 2 {
		t.Errorf("%d ticks, want 2", n)
	}
	if _, err := r.queue.RingEpoch(t.Context(), tasks.DueSchedule{Name: "unheard"}, 1); err != nil {
		t.Fatal(err)
	}
	poll(t, "the doorbell of no schedule to be given up", func() bool {
		f := r.failure("schedule:due", "unheard")
		return f != nil && f.State == store.FailureGaveUp
	})
}

func TestTheDoorbellsRing(t *testing.T) {
	t.Parallel()
	r, ran := ticking(t, "@every 1s")
	r.exec(`update schedules set last_tick = ?`, noon.Add(-time.Minute))
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if err := tasks.Doorbells(ctx, r.db, r.redis, r.log); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(group.Wait)
	t.Cleanup(cancel)
	if id, want := receive(t, "a doorbell's tick", ran), "t:tick:s@1772593200:1"; id != want {
		t.Errorf("%s ran, want %s", id, want)
	}
}

func TestATickThatAnotherOvertookIsNotRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ticks := []time.Time{noon, noon.Add(time.Minute), noon.Add(2 * time.Minute)}
	var list []store.Schedule
	for _, misfire := range []string{store.MisfireOnce, store.MisfireAll} {
		list = append(list, store.Schedule{Name: misfire, Kind: "t:tick", Payload: []byte(`{}`), Queue: bench, Cron: "@every 60s", Misfire: misfire, MaxLate: time.Hour})
	}
	r.must(r.db.DeclareSchedules(t.Context(), list))
	for _, s := range list {
		s.LastTick = noon.Add(-time.Minute)
		r.exec(`update schedules set last_tick = ? where name = ?`, s.LastTick, s.Name)
		for _, at := range ticks {
			r.must(tasks.MakeTicks(t.Context(), r.db, r.queue, s, at, "me"))
			s.LastTick = at
		}
	}
	w, ran := r.taken("t:tick")
	r.serve(w)
	r.awaitEmpty(bench)
	if len(ran) != 4 {
		t.Errorf("%d ran, want the last of one schedule and all of the other", len(ran))
	}
	if n := r.number(`select count(*) from ticks where schedule = 'once' and outcome = 'superseded'`); n != 2 {
		t.Errorf("%d ticks were overtaken, want 2", n)
	}
	if n := r.number(`select count(*) from ticks where outcome = 'done'`); n != 4 {
		t.Errorf("%d ticks are done, want 4", n)
	}
}

// TestATickThatFailsAfterALaterOneIsDoneLeavesNoFailure: its retry finds itself overtaken, and closes what nobody else will.
func TestATickThatFailsAfterALaterOneIsDoneLeavesNoFailure(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.worker(nil)
	begun, done := make(chan struct{}), make(chan struct{})
	w.Extra = map[string]tasks.Processor{"t:tick": func(ctx context.Context, _ []byte) error {
		if id, _ := asynq.GetTaskID(ctx); id != "t:tick:s@1772593200:1" {
			return nil
		}
		close(begun)
		select {
		case <-done:
		case <-ctx.Done():
		}
		return fault.New(fault.Unavailable, "no answer")
	}}
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 2, 1))
	s := store.Schedule{Name: "s", Kind: "t:tick", Payload: []byte(`{}`), Queue: bench, Cron: "@every 60s", Misfire: store.MisfireOnce, MaxLate: time.Hour}
	r.must(r.db.DeclareSchedules(t.Context(), []store.Schedule{s}))
	r.exec(`update schedules set last_tick = ?`, noon.Add(-time.Minute))
	r.serve(w)
	s.LastTick = noon.Add(-time.Minute)
	r.must(tasks.MakeTicks(t.Context(), r.db, r.queue, s, noon, "me"))
	receive(t, "the first tick to begin", begun)
	s.LastTick = noon
	r.must(tasks.MakeTicks(t.Context(), r.db, r.queue, s, noon.Add(time.Minute), "me"))
	poll(t, "the second to be done", func() bool { return r.number(`select count(*) from ticks where outcome = 'done'`) == 1 })
	close(done)
	poll(t, "the first to fail and its failure to be closed", func() bool {
		f := r.failure("t:tick", "s")
		return f != nil && f.State == store.FailureResolved
	})
}

// TestATickThatFailsForGoodDoesNotStopItsSchedule: the next tick runs, and its success closes the failure.
func TestATickThatFailsForGoodDoesNotStopItsSchedule(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.worker(nil)
	w.Extra = map[string]tasks.Processor{"t:tick": func(ctx context.Context, _ []byte) error {
		if id, _ := asynq.GetTaskID(ctx); id == "t:tick:s@1772593200:1" {
			return fault.New(fault.Invalid, "bad day")
		}
		return nil
	}}
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 1, 1))
	s := store.Schedule{Name: "s", Kind: "t:tick", Payload: []byte(`{}`), Queue: bench, Cron: "@every 60s", Misfire: store.MisfireOnce, MaxLate: time.Hour}
	r.must(r.db.DeclareSchedules(t.Context(), []store.Schedule{s}))
	r.exec(`update schedules set last_tick = ?`, noon.Add(-time.Minute))
	r.serve(w)
	s.LastTick = noon.Add(-time.Minute)
	r.must(tasks.MakeTicks(t.Context(), r.db, r.queue, s, noon, "me"))
	poll(t, "the first to be given up", func() bool {
		f := r.failure("t:tick", "s")
		return f != nil && f.State == store.FailureGaveUp
	})
	s.LastTick = noon
	r.must(tasks.MakeTicks(t.Context(), r.db, r.queue, s, noon.Add(time.Minute), "me"))
	poll(t, "the second to close the failure", func() bool { return r.failure("t:tick", "s").State == store.FailureResolved })
	if n := r.number(`select count(*) from ticks where outcome like 'failed: bad day%' or outcome = 'done'`); n != 2 {
		t.Errorf("%d ticks say how they ended, want 2", n)
	}
}

// TestAScheduleIsRunNow: an ordered tick runs beside the schedule's own, also while it is paused.
func TestAScheduleIsRunNow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, ran := r.taken("t:tick")
	r.serve(w)
	r.must(r.db.DeclareSchedules(t.Context(), []store.Schedule{{Name: "s", Kind: "t:tick", Payload: []byte(`{}`), Queue: bench,
		Cron: "@every 1h", Paused: true, Misfire: store.MisfireOnce, MaxLate: time.Hour}}))
	tick := store.Tick{Schedule: "s", At: r.clock.Now()}
	for _, want := range []bool{true, false} {
		added, err := r.db.AddTick(t.Context(), tick, "user 1")
		if err != nil || added != want {
			t.Fatalf("added %v, %v", added, err)
		}
	}
	r.must(r.queue.TickAdded(t.Context(), r.db, tick))
	receive(t, "the ordered tick", ran)
	poll(t, "it to be done", func() bool { return r.number(`select count(*) from ticks where outcome = 'done'`) == 1 })
}
