package tasks_test

import (
	"context"
	"errors"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tickerwire/internal/fault"
	"tickerwire/tasks"
)

func TestTasksAreMeasured(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	registry := prometheus.NewRegistry()
	metrics, err := tasks.NewMetrics(registry)
	r.must(err)
	w := r.worker(nil)
	w.Metrics = metrics
	w.ExtraClasses = append(w.ExtraClasses, tasks.ExtraClass(bench, 2, 1))
	w.Extra = map[string]tasks.Processor{
		"t:ok":    func(context.Context, []byte) error { return nil },
		"t:bad":   func(context.Context, []byte) error { return fault.New(fault.Invalid, "bad") },
		"t:again": func(context.Context, []byte) error { return errors.New("away") },
	}
	for _, kind := range []string{"t:ok", "t:bad", "t:again", "t:nobody"} {
		r.must(r.queue.Ring(t.Context(), job{kind: kind, key: "k", queue: bench}))
	}
	r.serve(w)
	want := map[[2]string]bool{{"t:ok", "done"}: true, {"t:bad", "gave_up"}: true, {"t:again", "retry"}: true, {"unknown", "gave_up"}: true}
	poll(t, "each to be counted", func() bool {
		families, err := registry.Gather()
		r.must(err)
		return len(families) == 1 && len(families[0].GetMetric()) == len(want)
	})
	families, err := registry.Gather()
	r.must(err)
	for _, m := range families[0].GetMetric() {
		labels := [2]string{m.GetLabel()[0].GetValue(), m.GetLabel()[1].GetValue()}
		if !want[labels] {
			t.Errorf("a series of %v", labels)
		}
	}
}
