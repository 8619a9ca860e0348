package tasks_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/tasks"
)

// obeyed is how soon the fleet must do what an admin has set.
const obeyed = 5 * time.Second

// crowd is a worker whose tasks of the bench queue stay until they are let go.
func (r *rig) crowd(concurrency int) (w *tasks.Worker, began chan string, release chan struct{}) {
	began, release = make(chan string, 100), make(chan struct{})
	w = r.worker(nil)
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, concurrency, 1))
	w.Extra = map[string]tasks.Processor{"t:stay": func(ctx context.Context, payload []byte) error {
		began <- string(payload)
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	return w, began, release
}

func (r *rig) edit(queue string, e store.QueueEdit) {
	r.t.Helper()
	r.must(r.db.EditQueue(r.t.Context(), queue, e, 0))
}

func TestConcurrencyIsChangedAtRunTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, began, release := r.crowd(2)
	r.serve(w)
	another := tasks.NewQueue(r.redis) // another process's: at its own the worker would be attentive, with a loop more
	for i := range 9 {
		r.must(another.Ring(t.Context(), job{kind: "t:stay", key: fmt.Sprint(i), queue: bench}))
	}
	for range 2 {
		receive(t, "a task within the class's own number", began)
	}
	poll(t, "the others to wait in Redis", func() bool { return r.count(bench, "pending") == 7 })
	more, fewer := 5, 1
	changed := time.Now()
	r.edit(bench, store.QueueEdit{Concurrency: &more})
	for range 3 {
		receive(t, "a further task", began)
	}
	if took := time.Since(changed); took > obeyed {
		t.Errorf("obeyed after %s", took)
	}
	// The new loop fetches five, the old one still has its two: two of the seven wait for a slot.
	poll(t, "the new loop to fetch", func() bool { return r.count(bench, "pending") == 2 })
	if n := len(began); n != 0 {
		t.Fatalf("%d tasks more than may run", n)
	}
	r.edit(bench, store.QueueEdit{Concurrency: &fewer})
	poll(t, "a loop of one task", func() bool {
		servers, err := r.look.Servers()
		r.must(err)
		return slices.ContainsFunc(servers, func(s *asynq.ServerInfo) bool {
			_, serves := s.Queues[bench]
			return serves && s.Status == "active" && s.Concurrency == 1
		})
	})
	for range 5 { // those in hand go on; of the others one at a time begins
		release <- struct{}{}
	}
	receive(t, "the next one", began)
	for range 3 {
		if n := len(began); n != 0 {
			t.Fatalf("%d tasks beside the one that may run", n)
		}
		release <- struct{}{}
		receive(t, "the one after it", began)
	}
	close(release)
	r.awaitEmpty(bench)
}

func TestAPausedQueueStaysPaused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, began, release := r.crowd(2)
	close(release)
	r.serve(w)
	r.keep(r.clock.Now)
	look := tasks.NewInspector(r.redis)
	yes, no := true, false
	r.edit(bench, store.QueueEdit{Paused: &yes}) // before it exists: the keeper pauses it once it does
	r.must(look.SetPaused(bench, true))
	r.must(r.queue.Ring(t.Context(), job{kind: "t:stay", key: "first", queue: bench}))
	poll(t, "the queue to be paused", func() bool { return r.state(look).Paused })
	r.must(look.SetPaused(bench, false)) // somebody else's hand: the admin's word is kept
	poll(t, "it to be paused again", func() bool { return r.state(look).Paused })
	for len(began) > 0 {
		<-began
	}
	r.must(r.queue.Ring(t.Context(), job{kind: "t:stay", key: "held", queue: bench}))
	poll(t, "the task to wait", func() bool { return r.state(look).Pending == 1 })
	if n := len(began); n != 0 {
		t.Errorf("%d tasks of a paused queue ran", n)
	}
	changed := time.Now()
	r.edit(bench, store.QueueEdit{Paused: &no})
	r.must(look.SetPaused(bench, false))
	receive(t, "the held task", began)
	if took := time.Since(changed); took > obeyed {
		t.Errorf("obeyed after %s", took)
	}
	r.awaitEmpty(bench)
}

// state returns the bench queue's.
func (r *rig) state(look *tasks.Inspector) tasks.QueueState {
	r.t.Helper()
	list, err := look.Queues(r.t.Context())
	r.must(err)
	i := slices.IndexFunc(list, func(q tasks.QueueState) bool { return q.Name == bench })
	if i < 0 {
		return tasks.QueueState{}
	}
	return list[i]
}

func TestQueuesAreListedAndPurged(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	look := tasks.NewInspector(r.redis)
	list, err := look.Queues(t.Context())
	r.must(err)
	for _, want := range []string{tasks.QueueControl, tasks.QueueNotify, tasks.QueueEmbed, tasks.QueueCrawl, tasks.PredictQueue("analogue")} {
		if !slices.ContainsFunc(list, func(q tasks.QueueState) bool { return q.Name == want && q.Concurrency > 0 }) {
			t.Errorf("no %s among queues that have had no task yet", want)
		}
	}
	for i := range 3 {
		r.must(r.queue.Ring(t.Context(), job{kind: "t:stay", key: fmt.Sprint(i), queue: bench}))
	}
	if q := r.state(look); q.Pending != 3 || q.PerSecond >= 0 {
		t.Errorf("%+v, want three pending and no pace", q)
	}
	if n, err := look.Purge(bench); n != 3 || err != nil {
		t.Errorf("%d purged, %v", n, err)
	}
	if n, err := look.Purge("never-was"); n != 0 || err != nil {
		t.Errorf("%d purged of no queue, %v", n, err)
	}
	r.awaitEmpty(bench)
}

func TestThePaceOfAQueueIsMeasured(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, _, release := r.crowd(4)
	close(release)
	r.serve(w)
	look := tasks.NewInspector(r.redis)
	n := 0
	poll(t, "a pace above zero", func() bool {
		n++
		r.must(r.queue.Ring(t.Context(), job{kind: "t:stay", key: fmt.Sprint(n), queue: bench}))
		return r.state(look).PerSecond > 0
	})
}

func TestAWorkerIsAskedToDrain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w, began, release := r.crowd(2)
	stop := r.serve(w)
	other, others, _ := r.crowd(2)
	r.must(r.queue.Ring(t.Context(), job{kind: "t:stay", key: "in hand", queue: bench}))
	receive(t, "the task", began)
	asked, err := r.db.AskDrain(t.Context(), w.Process.ID(), 0)
	if err != nil || asked.State != store.WorkerRunning || asked.DrainAt.IsZero() {
		t.Fatalf("%+v, %v", asked, err)
	}
	poll(t, "the worker to drain", func() bool { return r.number(`select count(*) from workers where state = 'draining'`) == 1 })
	r.must(r.queue.Ring(t.Context(), job{kind: "t:stay", key: "another's", queue: bench}))
	r.serve(other)
	receive(t, "the other worker's task", others)
	if n := len(began); n != 0 {
		t.Errorf("a draining worker took %d tasks", n)
	}
	close(release)
	if got := stop(); got.HandedBack != 0 {
		t.Errorf("left %+v, want nothing handed back", got)
	}
	if _, err := r.db.AskDrain(t.Context(), "nobody", 0); fault.KindOf(err) != fault.NotFound {
		t.Errorf("nobody is asked to drain: %v", err)
	}
	if _, err := r.db.AskDrain(t.Context(), w.Process.ID(), 0); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a worker that has gone is asked to drain: %v", err)
	}
}
