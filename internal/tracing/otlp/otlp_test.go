package otlp_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/tracing"
	"tickerwire/internal/tracing/otlp"
	"tickerwire/internal/tracing/tracingtest"
)

func export(t *testing.T, ratio float64, header http.Header, work func(context.Context, tracing.Tracer)) *tracingtest.Collector {
	t.Helper()
	c := tracingtest.New(t)
	e, err := otlp.Open(t.Context(), otlp.Options{Endpoint: c.URL + "/", Headers: map[string]string{"X-Key": "sesame"}, Ratio: ratio,
		Service: "tickerwire", Version: "1", Role: "worker"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := tracing.Request(t.Context(), e.Tracer, header, "POST", "/api/tasks", "request-1")
	work(ctx, e.Tracer)
	span.Answered(http.StatusAccepted)
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestATraceGoesThroughTheQueue writes all that a trace may hold, and reads it from a collector.
func TestATraceGoesThroughTheQueue(t *testing.T) {
	t.Parallel()
	const remote = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00" // its caller does not record it
	c := export(t, 1, http.Header{"Traceparent": {remote}}, func(ctx context.Context, tracer tracing.Tracer) {
		headers := map[string]string{}
		ringing, ring := tracing.Ring(ctx, "run:work", "control")
		tracing.Tell(ringing, headers)
		ring.End(nil)
		heard, rung := tracing.Hear(t.Context(), headers)
		if rung.IsZero() {
			t.Error("nobody knows when the task was rung for")
		}
		task, span := tracing.Task(heard, tracer, tracing.TaskRun{Kind: "run:work", Queue: "control", ID: "run:work:1:1", Attempt: 2, Rung: rung.Add(-time.Second)})
		tracing.SQL(task, "INSERT", "insert into t values (?)").Failed("23505")
		called, call := tracing.Call(task, "GET", "news.example.kr")
		_, inner := tracing.Vectors(called, "upsert", "vectors", 64)
		inner.End(context.DeadlineExceeded)
		call.Answered(http.StatusNotFound)
		span.End(fault.New(fault.Unavailable, "the secret word of an error"))
	})
	names := map[string]tracingtest.Span{}
	for _, s := range c.Spans() {
		names[s.Name] = s
		if s.Trace != "0af7651916cd43dd8448eb211c80319c" || s.Role != "worker" {
			t.Errorf("%s is of trace %s and role %s", s.Name, s.Trace, s.Role)
		}
		if strings.Contains(s.Span.String(), "secret word") {
			t.Errorf("the words of an error are sent: %s", s.Span)
		}
	}
	for child, parent := range map[string]string{"enqueue run:work": "POST /api/tasks", "wait control": "enqueue run:work", "task run:work": "enqueue run:work",
		"INSERT": "task run:work", "GET news.example.kr": "task run:work", "upsert vectors": "GET news.example.kr"} {
		if names[child].Span == nil || names[child].Parent != names[parent].ID {
			t.Errorf("%q does not stand beneath %q: %v", child, parent, names[child])
		}
	}
	if names["POST /api/tasks"].Parent != "b7ad6b7169203331" || len(names) != 7 {
		t.Errorf("%d spans; the first stands beneath %q", len(names), names["POST /api/tasks"].Parent)
	}
	if w := names["wait control"]; w.EndTimeUnixNano-w.StartTimeUnixNano < uint64(time.Second) {
		t.Errorf("waited for %d ns", w.EndTimeUnixNano-w.StartTimeUnixNano)
	}
	for name, kind := range map[string]string{"INSERT": "23505", "GET news.example.kr": "404", "upsert vectors": "deadline exceeded", "task run:work": "unavailable", "POST /api/tasks": ""} {
		if got := names[name].Attribute("error.type"); got != kind {
			t.Errorf("%s: error.type %q, want %q", name, got, kind)
		}
	}
	if h := c.Header(); h.Get("X-Key") != "sesame" || h.Get("Path") != "/v1/traces" {
		t.Errorf("the collector was called with %v", h)
	}
}

// TestTheShareOfTraces: who calls has no say in it.
func TestTheShareOfTraces(t *testing.T) {
	t.Parallel()
	for _, flags := range []string{"00", "01"} {
		c := export(t, 0, http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-" + flags}}, func(ctx context.Context, tracer tracing.Tracer) {
			_, ring := tracing.Ring(ctx, "run:work", "control")
			ring.End(nil)
			headers := map[string]string{}
			tracing.Tell(ctx, headers)
			if headers["traceparent"] == "" {
				t.Error("a trace that is not recorded ends at the queue")
			}
			heard, _ := tracing.Hear(t.Context(), headers)
			_, task := tracing.Task(heard, tracer, tracing.TaskRun{Kind: "run:work"})
			task.End(nil)
		})
		if spans := c.Spans(); len(spans) != 0 {
			t.Errorf("flags %s: %d spans of none", flags, len(spans))
		}
	}
}

// TestACollectorThatIsAway is reported, and holds nobody up.
func TestACollectorThatIsAway(t *testing.T) {
	t.Parallel()
	said := make(chan error, 10)
	e, err := otlp.Open(t.Context(), otlp.Options{Endpoint: "http://127.0.0.1:1", Ratio: 1, Failed: func(err error) { said <- err }})
	if err != nil {
		t.Fatal(err)
	}
	_, span := tracing.Request(t.Context(), e.Tracer, http.Header{}, "GET", "/api/news", "request-1")
	span.Answered(http.StatusOK)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	started := time.Now()
	closed := e.Close(ctx)
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("the end took %s", took)
	}
	select {
	case err := <-said:
		if !strings.Contains(err.Error(), "127.0.0.1:1") {
			t.Errorf("said %v", err)
		}
	default:
		t.Errorf("nothing was said, and the end was %v", closed)
	}
}
