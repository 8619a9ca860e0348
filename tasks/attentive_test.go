package tasks_test

import (
	"context"
	"testing"

	"tickerwire/tasks"
)

// loops returns how many fetch loops of any process serve a queue.
func (r *rig) loops(queue string) int {
	r.t.Helper()
	servers, err := r.look.Servers()
	r.must(err)
	n := 0
	for _, s := range servers {
		if _, serves := s.Queues[queue]; serves && s.Status == "active" {
			n++
		}
	}
	return n
}

func TestAWorkerIsAttentiveToItsOwnRings(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ran := make(chan struct{}, 2)
	w := r.worker(nil)
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 2, 1))
	w.Extra = map[string]tasks.Processor{"t:a": func(context.Context, []byte) error {
		ran <- struct{}{}
		return nil
	}}
	stop := r.serve(w)
	poll(t, "the worker to fetch", func() bool { return r.loops(bench) == 1 })

	r.must(tasks.NewQueue(r.redis).Ring(t.Context(), job{kind: "t:a", key: "another process's", queue: bench}))
	receive(t, "another process's task", ran)
	if n := r.loops(bench); n != 1 {
		t.Errorf("%d loops after another process's ring, want 1", n)
	}
	r.must(r.queue.Ring(t.Context(), job{kind: "t:a", key: "its own", queue: bench}))
	receive(t, "its own task", ran)
	poll(t, "the attentive loop", func() bool { return r.loops(bench) == 2 })
	if n := r.loops(tasks.QueueEmbed); n != 1 {
		t.Errorf("%d loops of a queue that nobody rang for, want 1", n)
	}
	poll(t, "the attentive loop to end", func() bool { return r.loops(bench) == 1 })
	stop()
	if n := r.loops(bench); n != 0 {
		t.Errorf("%d loops after the end", n)
	}
}
