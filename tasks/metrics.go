package tasks

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics holds rate, errors and duration per kind of task.
type Metrics struct {
	duration *prometheus.HistogramVec
}

// NewMetrics registers them.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "tickerwire_task_duration_seconds",
		Help:    "How long tasks ran in this process, by kind and what became of them.",
		Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15, 60, 120},
	}, []string{"kind", "outcome"})}
	if err := r.Register(m.duration); err != nil {
		return nil, fmt.Errorf("tasks: metrics: %w", err)
	}
	return m, nil
}

// outcomes are the verdicts as a label.
var outcomes = map[verdict]string{retry: "retry", putBack: "put_back", giveUp: "gave_up", drop: "dropped"}

// observe counts a run of a task. Kinds that the worker does not know are one series: a queue may hold anything.
func (m *Metrics) observe(kind string, known bool, took time.Duration, err error, attempt int) {
	if m == nil {
		return
	}
	if !known {
		kind = "unknown"
	}
	outcome := "done"
	if err != nil {
		outcome = outcomes[judge(err, attempt)]
	}
	m.duration.WithLabelValues(kind, outcome).Observe(took.Seconds())
}
