package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tickerwire/internal/app"
	"tickerwire/internal/config"
	"tickerwire/internal/simulator"
	"tickerwire/internal/tracing/tracingtest"
)

// TestOneTraceFromTheRequestToTheLastWrite orders a crawl at the API, which a worker of another process does in two tasks, and
// reads the trace of it from a collector: request, ring, task, ring, task, call, statement.
func TestOneTraceFromTheRequestToTheLastWrite(t *testing.T) {
	t.Parallel()
	const feed = "wire" // the simulator's
	collector := tracingtest.New(t)
	f := newFleet(t, simulator.Limits{})
	address := freeAddress(t)
	f.env = append(f.env, "HTTP_ADDR="+address, "LOG_LEVEL=debug", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_EXPORTER_OTLP_HEADERS=X-Key=sesame-of-traces")
	cfg := config.Config{DatabaseURL: config.Secret(f.db.url)}
	fatal(t, app.CreateUser(t.Context(), cfg, "olga@example.com", longPassword, "operator"))
	roles := f.start("api", "worker", "scheduler")
	olga := signIn(t, "http://"+address, "olga@example.com", longPassword)
	var sources struct{ Items []source }
	until(t, patience, func() error {
		olga.get(t, "/api/sources", &sources)
		if !slices.ContainsFunc(sources.Items, func(s source) bool { return s.Name == feed }) {
			return fmt.Errorf("%s is not declared", feed)
		}
		return nil
	})
	var run struct {
		ID    int64
		State string
	}
	olga.send(t, http.MethodPost, "/api/tasks", map[string]any{"kind": "crawl", "params": map[string]string{"source": feed}}, &run)

	// An idle process sends what it has every five seconds; one that ends sends at once.
	path := []string{"task news:crawl", "enqueue news:crawl", "task run:work", "enqueue run:work", "POST /api/tasks"}
	var trace []tracingtest.Span
	until(t, patience, func() error {
		spans := collector.Spans()
		first := slices.IndexFunc(spans, func(s tracingtest.Span) bool { return s.Name == "POST /api/tasks" })
		if first < 0 {
			return fmt.Errorf("%d spans, none of the request", len(spans))
		}
		trace = slices.DeleteFunc(spans, func(s tracingtest.Span) bool { return s.Trace != spans[first].Trace })
		for what, is := range map[string]func(tracingtest.Span) bool{
			"a call":  func(s tracingtest.Span) bool { return strings.HasPrefix(s.Name, "GET 127.0.0.1:") },
			"a write": func(s tracingtest.Span) bool { return s.Name == "INSERT" || s.Name == "UPDATE" },
		} {
			if !slices.ContainsFunc(trace, func(s tracingtest.Span) bool { return is(s) && slices.Equal(above(trace, s), path) }) {
				return fmt.Errorf("%s does not stand beneath %v; the trace has %v", what, path, names(trace))
			}
		}
		return nil
	})
	for _, wait := range []string{"wait control", "wait crawl"} {
		if !slices.Contains(names(trace), wait) {
			t.Errorf("no %q in %v", wait, names(trace))
		}
	}
	for _, s := range trace {
		if want := map[bool]string{true: "api", false: "worker"}[!strings.HasPrefix(s.Name, "task ") && strings.Count(strings.Join(above(trace, s), " "), "task ") == 0 && !strings.HasPrefix(s.Name, "wait ")]; s.Role != want {
			t.Errorf("%s was sent by %s, not by %s", s.Name, s.Role, want)
		}
	}
	for _, s := range collector.Spans() {
		for _, never := range []string{"olga@example.com", longPassword, olga.token, "sesame-of-traces", strings.Repeat("s", 32)} {
			if strings.Contains(s.String(), never) {
				t.Errorf("%q is sent with %s", never, s)
			}
		}
	}
	if key := collector.Header().Get("X-Key"); key != "sesame-of-traces" {
		t.Errorf("the collector is called with the key %q", key)
	}
	// Log lines of the request, and of its tasks in the other process, name the trace and the request.
	requestID := trace[slices.IndexFunc(trace, func(s tracingtest.Span) bool { return s.Name == "POST /api/tasks" })].Attribute("request_id")
	for _, p := range roles {
		p.stops(t)
	}
	for msg, p := range map[string]*program{"request": roles[0], "task": roles[1]} {
		if n := lines(t, p, msg, trace[0].Trace, requestID); n == 0 {
			t.Errorf("no line %q of %s names trace %s and request %s", msg, p.name, trace[0].Trace, requestID)
		}
	}
}

// above returns the names of the spans that a span stands beneath, from its parent on.
func above(trace []tracingtest.Span, s tracingtest.Span) (list []string) {
	for s.Parent != "" {
		i := slices.IndexFunc(trace, func(p tracingtest.Span) bool { return p.ID == s.Parent })
		if i < 0 {
			return append(list, "a span that was not sent")
		}
		s = trace[i]
		list = append(list, s.Name)
	}
	return list
}

func names(trace []tracingtest.Span) (list []string) {
	for _, s := range trace {
		list = append(list, s.Name)
	}
	return list
}

// lines counts the lines of a process that say msg of a trace and a request.
func lines(t testing.TB, p *program, msg, trace, request string) (n int) {
	t.Helper()
	for line := range strings.Lines(p.out.String()) {
		var said struct {
			Msg       string
			TraceID   string `json:"trace_id"`
			RequestID string `json:"request_id"`
		}
		if err := json.Unmarshal([]byte(line), &said); err == nil && said.Msg == msg && said.TraceID == trace && said.RequestID == request {
			n++
		}
	}
	return n
}
