package tasks_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"

	"tickerwire/store"
	"tickerwire/tasks"
)

func TestDrainLosesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	began, release := make(chan string, 10), make(chan struct{})
	checkpoint := make(chan struct{})
	var mu sync.Mutex
	finished := map[string]int{}
	done := func(ctx context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		id, _ := asynq.GetTaskID(ctx)
		finished[id]++
		return nil
	}
	w := r.worker(nil)
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 3, 2))
	w.Extra = map[string]tasks.Processor{
		"t:long": func(ctx context.Context, _ []byte) error { // it honours its context, and takes a moment to save its work
			began <- "long"
			<-ctx.Done()
			for { // the queue lets go of the task as soon as its context ends; the work is saved only then
				info, err := r.look.GetTaskInfo(bench, "t:long:k:1")
				if err != nil || info.State != asynq.TaskStateActive {
					break
				}
			}
			defer close(checkpoint)
			if err := r.db.SaveFinished(context.WithoutCancel(ctx), "checkpoint"); err != nil {
				return err
			}
			return ctx.Err()
		},
		"t:short": func(ctx context.Context, _ []byte) error {
			began <- "short"
			<-release
			return done(ctx)
		},
	}
	for _, kind := range []string{"t:long", "t:short"} {
		r.must(r.queue.Ring(t.Context(), job{kind: kind, key: "k", queue: bench}))
	}
	stop := r.serve(w)
	receive(t, "one to begin", began)
	receive(t, "the other to begin", began)
	drained := make(chan tasks.Drained, 1)
	go func() { drained <- stop() }()
	poll(t, "the worker to drain", func() bool { return r.number(`select count(*) from workers where state = 'draining'`) == 1 })
	// What is rung for now is nobody's yet.
	for _, key := range []string{"1", "2", "3"} {
		r.must(r.queue.Ring(t.Context(), job{kind: "t:late", key: key, queue: bench}))
	}
	close(release)
	got := receive(t, "the worker to stop", drained)
	select {
	case <-checkpoint:
	default:
		t.Error("the worker stopped while a task was still saving its work")
	}
	if diff := cmp.Diff(tasks.Drained{InHand: 2, HandedBack: 1}, got); diff != "" {
		t.Error(diff)
	}
	if n := r.number(`select count(*) from workers where state = ?`, store.WorkerGone); n != 1 {
		t.Errorf("%d workers say that they are gone, want 1", n)
	}
	if f := r.failure("t:long", "k"); f != nil {
		t.Errorf("an interrupted task counts as failed: %+v", f)
	}
	next := r.worker(nil)
	next.ExtraClasses = append(next.ExtraClasses, tasks.ExtraClass(bench, 3, 2))
	finish := func(ctx context.Context, _ []byte) error { return done(ctx) }
	next.Extra = map[string]tasks.Processor{"t:long": finish, "t:short": finish, "t:late": finish}
	r.serve(next)
	r.awaitEmpty(bench)
	mu.Lock()
	defer mu.Unlock()
	want := map[string]int{"t:long:k:1": 1, "t:short:k:1": 1, "t:late:1:1": 1, "t:late:2:1": 1, "t:late:3:1": 1}
	if diff := cmp.Diff(want, finished); diff != "" {
		t.Error(diff)
	}
}

func TestAnIdleWorkerDrainsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	stop := r.serve(r.worker(nil))
	poll(t, "the worker to live", func() bool { return r.number(`select count(*) from workers where state = 'running'`) == 1 })
	if got := stop(); got != (tasks.Drained{}) {
		t.Errorf("left %+v", got)
	}
}
