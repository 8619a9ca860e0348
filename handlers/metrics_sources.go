package handlers

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickerwire/internal/news"
	"tickerwire/store"
)

// freshnessMetrics reads how fresh the sources are whenever they are scraped: every process shows the same, as all of it
// is kept in Postgres.
type freshnessMetrics struct{ api *api }

// scrapeLimit bounds the reading for one scrape.
const scrapeLimit = 5 * time.Second

func sourceMetric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("tickerwire_source_"+name, help, append([]string{"source"}, labels...), nil)
}

var (
	metricReadable = prometheus.NewDesc("tickerwire_sources_readable", "1 when the state of the sources could be read, else 0.", nil, nil)
	metricOn       = sourceMetric("on", "1 when the source is configured and switched on, else 0.")
	metricAge      = sourceMetric("age_seconds", "Seconds of the application clock since the source answered last.")
	metricPeriod   = sourceMetric("period_seconds", "Seconds between two crawls of the source.")
	metricItems    = sourceMetric("items_total", "New items of the source over its life.")
	metricLag      = sourceMetric("lag_seconds", "From publication to first seen, of the last day's items with an exact time.", "quantile")
	metricErrors   = sourceMetric("error_ratio", "Share of the last 32 attempts that failed.")
	metricInRow    = sourceMetric("errors_in_row", "Failed attempts since the source answered last.")
	metricQuota    = sourceMetric("quota_left", "Calls left until midnight KST.")
	metricBreaker  = sourceMetric("breaker", "1 for the state that the breaker is in, else 0.", "state")
	metricDry      = sourceMetric("dry", "1 when the source answers and has shown nothing new for longer than ever at this hour, else 0.")
)

// Describe lists what Collect gives.
func (m freshnessMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{metricReadable, metricOn, metricAge, metricPeriod, metricItems, metricLag, metricErrors,
		metricInRow, metricQuota, metricBreaker, metricDry} {
		out <- d
	}
}

// Collect reads the state of all sources. When it cannot, that is all that is shown of them.
func (m freshnessMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit) //nolint:forbidigo // a collector is given none
	defer cancel()
	rows, err := m.api.freshness(ctx, m.api.Now())
	out <- gauge(metricReadable, truth(err == nil))
	if err != nil {
		m.api.Log.WarnContext(ctx, "sources not measured", "error", err)
		return
	}
	for _, s := range rows {
		collectSource(out, s)
	}
}

func collectSource(out chan<- prometheus.Metric, s freshSource) {
	out <- gauge(metricOn, truth(s.Configured && !s.Off), s.Name)
	out <- prometheus.MustNewConstMetric(metricItems, prometheus.CounterValue, float64(s.Items), s.Name)
	out <- gauge(metricErrors, s.Breaker.ErrorRate(), s.Name)
	out <- gauge(metricInRow, float64(s.ErrorsInRow), s.Name)
	out <- gauge(metricDry, truth(s.yield != nil && *s.yield == news.YieldDry), s.Name)
	for _, state := range []store.BreakerState{store.BreakerClosed, store.BreakerOpen, store.BreakerHalfOpen} {
		out <- gauge(metricBreaker, truth(s.BreakerState == state), s.Name, string(state))
	}
	if s.age != nil {
		out <- gauge(metricAge, s.age.Seconds(), s.Name)
	}
	if s.Every > 0 {
		out <- gauge(metricPeriod, s.Every.Seconds(), s.Name)
	}
	if s.Timed > 0 {
		out <- gauge(metricLag, s.LagP50.Seconds(), s.Name, "0.5")
		out <- gauge(metricLag, s.LagP95.Seconds(), s.Name, "0.95")
	}
	if s.quotaLeft != nil {
		out <- gauge(metricQuota, float64(*s.quotaLeft), s.Name)
	}
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
