package handlers

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// queueMetrics reads what waits whenever it is scraped: every process shows the same.
type queueMetrics struct{ api *api }

var (
	metricQueuesReadable = prometheus.NewDesc("tickerwire_queues_readable", "1 when the queues and the failures could be read, else 0.", nil, nil)
	metricQueueTasks     = prometheus.NewDesc("tickerwire_queue_tasks", "Tasks in the queue, by state.", []string{"queue", "state"}, nil)
	metricQueueLatency   = prometheus.NewDesc("tickerwire_queue_latency_seconds", "How long the oldest pending task has waited.", []string{"queue"}, nil)
	metricQueuePaused    = prometheus.NewDesc("tickerwire_queue_paused", "1 while nothing is taken from the queue, else 0.", []string{"queue"}, nil)
	metricFailures       = prometheus.NewDesc("tickerwire_failures_waiting", "Failures that wait for an operator, counted up to 10000.", nil, nil)
)

// Describe lists what Collect gives.
func (m queueMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{metricQueuesReadable, metricQueueTasks, metricQueueLatency, metricQueuePaused, metricFailures} {
		out <- d
	}
}

// Collect reads the queues and the failures. When it cannot, that is all that is shown of them.
func (m queueMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit) //nolint:forbidigo // a collector is given none
	defer cancel()
	rows, err := m.api.Inspector.Queues(ctx)
	waiting := 0
	if err == nil {
		waiting, err = m.api.DB.FailuresWaiting(ctx)
	}
	out <- gauge(metricQueuesReadable, truth(err == nil))
	if err != nil {
		m.api.Log.WarnContext(ctx, "queues not measured", "error", err)
		return
	}
	out <- gauge(metricFailures, float64(waiting))
	for _, q := range rows {
		for state, n := range map[string]int{"pending": q.Pending, "active": q.Active, "scheduled": q.Scheduled, "retry": q.Retry, "archived": q.Archived} {
			out <- gauge(metricQueueTasks, float64(n), q.Name, state)
		}
		out <- gauge(metricQueueLatency, q.Latency.Seconds(), q.Name)
		out <- gauge(metricQueuePaused, truth(q.Paused), q.Name)
	}
}
