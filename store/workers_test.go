package store_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

func worker(id string, ids ...string) store.Worker {
	w := store.Worker{ID: id, Role: "worker", Host: "h", PID: 7, Version: "1", State: store.WorkerRunning}
	for _, task := range ids {
		w.InFlight = append(w.InFlight, store.Flight{TaskID: task, Kind: "a:b", Key: task, Queue: "q", Since: noon})
	}
	return w
}

func TestASilentWorkerIsBuriedOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	for _, w := range []store.Worker{worker("quick", "t1", "t2"), worker("slow", "t3")} {
		if alive, _, err := db.Beat(t.Context(), w); err != nil || !alive {
			t.Fatalf("beat: %v, %v", alive, err)
		}
	}
	if _, err := db.Bun().ExecContext(t.Context(), `update workers set beat_at = now() - interval '6 seconds' where id = 'slow'`); err != nil {
		t.Fatal(err)
	}
	dead, err := db.BuryDead(t.Context(), 5*time.Second)
	if err != nil || len(dead) != 1 || dead[0].ID != "slow" {
		t.Fatalf("buried %+v, %v; want the slow one", dead, err)
	}
	if diff := cmp.Diff(worker("slow", "t3").InFlight, dead[0].InFlight); diff != "" {
		t.Error(diff)
	}
	if again, err := db.BuryDead(t.Context(), 5*time.Second); err != nil || len(again) != 0 {
		t.Errorf("buried again: %+v, %v", again, err)
	}
	if alive, _, err := db.Beat(t.Context(), worker("slow")); err != nil || alive {
		t.Errorf("a dead worker's beat: alive %v, %v; want it told that it is dead", alive, err)
	}
	inHand, err := db.InHand(t.Context())
	if diff := cmp.Diff([]string{"t1", "t2"}, slices.Sorted(maps.Keys(inHand))); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestFinishedTasks(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	for range 2 {
		if err := db.SaveFinished(t.Context(), "one", "two"); err != nil {
			t.Fatal(err)
		}
	}
	for order, want := range map[string]bool{"one": true, "three": false, "": false} {
		if got, err := db.WasFinished(t.Context(), order); err != nil || got != want {
			t.Errorf("%q: finished %v, %v; want %v", order, got, err, want)
		}
	}
	if err := db.ForgetOld(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOneLeads(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	leading := make(chan int, 2)
	release := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	for i := range 2 {
		go func() {
			done <- db.Lead(ctx, 10*time.Millisecond, func(ctx context.Context) error {
				leading <- i
				select {
				case <-release:
				case <-ctx.Done():
				}
				return nil
			})
		}()
	}
	first := <-leading
	select {
	case second := <-leading:
		t.Fatalf("%d leads beside %d", second, first)
	case <-time.After(100 * time.Millisecond):
	}
	release <- struct{}{}
	<-leading // somebody takes over
	cancel()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestALeaderThatHangsIsReplaced: the first one holds the lock on a connection that lives, and says nothing for an hour.
func TestALeaderThatHangsIsReplaced(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	leading, done := make(chan string, 2), make(chan error, 2)
	follow := func(name string, retry time.Duration) {
		done <- db.Lead(ctx, retry, func(ctx context.Context) error {
			leading <- name
			<-ctx.Done()
			return nil
		})
	}
	go follow("the one that hangs", time.Hour)
	if name := <-leading; name != "the one that hangs" {
		t.Fatalf("%s leads", name)
	}
	started := time.Now()
	go follow("the next", 50*time.Millisecond)
	select {
	case <-leading:
		t.Logf("taken over after %s", time.Since(started).Round(time.Millisecond))
	case <-time.After(20 * time.Second):
		t.Error("the lock was not taken over")
	}
	cancel()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestTicksAreMadeOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	s := store.Schedule{Name: "s", Kind: "a:b", Payload: []byte(`{"x": 1}`), Queue: "q", Cron: "@every 60s", Misfire: store.MisfireAll, MaxLate: time.Hour}
	if err := db.DeclareSchedules(t.Context(), []store.Schedule{s}); err != nil {
		t.Fatal(err)
	}
	ticks := []time.Time{noon.Add(time.Minute), noon.Add(2 * time.Minute)}
	type answer struct {
		ticks []store.Tick
		err   error
	}
	answers := make(chan answer, 8)
	for range cap(answers) {
		go func() {
			added, err := db.AddTicks(t.Context(), "s", time.Time{}, ticks[1], ticks, "me")
			answers <- answer{added, err}
		}()
	}
	var all []store.Tick
	for range cap(answers) {
		a := <-answers
		if a.err != nil {
			t.Error(a.err)
		}
		all = append(all, a.ticks...)
	}
	if len(all) != 2 {
		t.Fatalf("made %v; want each of two ticks once", all)
	}
	if err := db.MarkRung(t.Context(), all[0]); err != nil {
		t.Error(err)
	}
	if err := db.FinishTick(t.Context(), all[0], "done"); err != nil {
		t.Error(err)
	}
	done, superseded, err := db.TickState(t.Context(), all[0])
	if err != nil || !done || superseded != (all[0].At.Before(ticks[1])) {
		t.Errorf("first tick: done %v, superseded %v, %v", done, superseded, err)
	}
	open, err := db.OpenTicks(t.Context(), -time.Second, 10)
	if err != nil || len(open) != 1 {
		t.Errorf("open %v, %v; want the other one", open, err)
	}
	// The clock was set back: the tick that is made now is not done with by those that were made before.
	early := noon.Add(time.Second)
	if _, err := db.AddTicks(t.Context(), "s", ticks[1], early, []time.Time{early}, "me"); err != nil {
		t.Fatal(err)
	}
	tick := store.Tick{Schedule: "s", At: early}
	if _, superseded, err := db.TickState(t.Context(), tick); err != nil || superseded {
		t.Errorf("a tick of a clock that was set back: superseded %v, %v", superseded, err)
	}
	if _, err := db.AddTicks(t.Context(), "s", early, early.Add(time.Second), []time.Time{early.Add(time.Second)}, "me"); err != nil {
		t.Fatal(err)
	}
	if _, superseded, err := db.TickState(t.Context(), tick); err != nil || !superseded {
		t.Errorf("and once the next one is made: superseded %v, %v", superseded, err)
	}
	if _, err := db.AddTicks(t.Context(), "s", early.Add(time.Second), ticks[1], nil, "me"); err != nil {
		t.Fatal(err)
	}
	// What an admin has edited survives the next start's declaration.
	edited := s
	edited.Cron, edited.Paused, edited.Misfire, edited.MaxLate = "0 9 * * 1-5", true, store.MisfireSkip, time.Minute
	if err := db.EditSchedule(t.Context(), edited, 0); err != nil {
		t.Fatal(err)
	}
	if err := db.DeclareSchedules(t.Context(), []store.Schedule{s}); err != nil {
		t.Fatal(err)
	}
	got, err := db.Schedule(t.Context(), "s")
	edited.LastTick, edited.Settled, edited.EditedAt = got.LastTick, got.Settled, got.EditedAt
	if diff := cmp.Diff(edited, got); err != nil || diff != "" || !got.LastTick.Equal(ticks[1]) || got.EditedAt.IsZero() {
		t.Errorf("%v %s", err, diff)
	}
	if err := db.EditSchedule(t.Context(), store.Schedule{Name: "none", Cron: "@every 1s", Misfire: store.MisfireOnce, MaxLate: time.Second}, 0); fault.KindOf(err) != fault.NotFound {
		t.Errorf("editing what does not exist: %v, want NotFound", err)
	}
}
