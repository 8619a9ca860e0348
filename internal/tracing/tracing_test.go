package tracing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"

	"tickerwire/internal/tracing"
)

const (
	traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	traceID     = "0af7651916cd43dd8448eb211c80319c"
)

// TestNothingIsMadeWithoutATracer: whoever sends no traces must not pay for them.
func TestNothingIsMadeWithoutATracer(t *testing.T) {
	ctx, header := t.Context(), http.Header{}
	headers := map[string]string{"order": "x"}
	for name, f := range map[string]func(){
		"request": func() {
			_, s := tracing.Request(ctx, nil, header, "GET", "/api/news", "id")
			s.Answered(200)
		},
		"ring": func() {
			_, s := tracing.Ring(ctx, "story:predict", "predict")
			s.End(nil)
		},
		"tell": func() { tracing.Tell(ctx, headers) },
		"hear": func() { tracing.Hear(ctx, headers) },
		"task": func() {
			_, s := tracing.Task(ctx, nil, tracing.TaskRun{Kind: "story:predict", Queue: "predict", ID: "id", Attempt: 1})
			s.End(context.Canceled)
		},
		"call": func() {
			_, s := tracing.Call(ctx, "GET", "news.example.kr")
			s.Answered(500)
		},
		"vectors":  func() { _, s := tracing.Vectors(ctx, "upsert", "vectors", 64); s.End(nil) },
		"recorded": func() { tracing.Recorded(ctx) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// BenchmarkOff is what a request that enqueues one task and makes one call pays where no traces are sent.
func BenchmarkOff(b *testing.B) {
	ctx, header, headers := b.Context(), http.Header{}, map[string]string{"order": "x"}
	b.ReportAllocs()
	for b.Loop() {
		ctx, request := tracing.Request(ctx, nil, header, "POST", "/api/tasks", "id")
		ctx, ring := tracing.Ring(ctx, "run:work", "control")
		tracing.Tell(ctx, headers)
		ring.End(nil)
		_, call := tracing.Call(ctx, "GET", "news.example.kr")
		call.Answered(200)
		request.Answered(202)
	}
}

func TestWhatATaskIsTold(t *testing.T) {
	t.Parallel()
	ctx, _ := tracing.Request(t.Context(), nil, http.Header{"Traceparent": {traceparent}}, "POST", "/api/tasks", "request-1")
	headers := map[string]string{"order": "x"}
	tracing.Tell(tracing.WithRequest(ctx, "request-1"), headers)
	heard, rung := tracing.Hear(t.Context(), headers)
	if tracing.TraceOf(heard) != traceID || tracing.RequestOf(heard) != "request-1" || headers["order"] != "x" || !rung.IsZero() {
		t.Errorf("a task hears trace %q of request %q, rung %s, from %v", tracing.TraceOf(heard), tracing.RequestOf(heard), rung, headers)
	}
	for _, broken := range []string{"", "00", "00-xyz-b7ad6b7169203331-01", traceparent[:50]} {
		heard, rung := tracing.Hear(t.Context(), map[string]string{"traceparent": broken, "rung": "soon"})
		if tracing.TraceOf(heard) != "" || !rung.IsZero() {
			t.Errorf("%q names a trace: %q", broken, tracing.TraceOf(heard))
		}
	}
}

func TestLinesNameTheirTraceAndRequestOnce(t *testing.T) {
	t.Parallel()
	ctx, _ := tracing.Hear(t.Context(), map[string]string{"traceparent": traceparent, "request": "request-1"})
	for what, c := range map[string]struct {
		ctx                   context.Context
		given                 []any
		trace, request, other any
	}{
		"of a task":         {ctx, nil, traceID, "request-1", nil},
		"with its own id":   {ctx, []any{"request_id", "mine", "x", 1}, traceID, "mine", 1.0},
		"of nothing traced": {t.Context(), []any{"x", 1}, nil, nil, 1.0},
	} {
		var out bytes.Buffer
		log := slog.New(tracing.LogHandler{Handler: slog.NewJSONHandler(&out, nil)}).With("role", "worker")
		log.InfoContext(c.ctx, "said", c.given...)
		var line map[string]any
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v: %s", what, err, out.Bytes())
		}
		if line["trace_id"] != c.trace || line["request_id"] != c.request || line["x"] != c.other || line["role"] != "worker" ||
			bytes.Count(out.Bytes(), []byte("request_id")) > 1 {
			t.Errorf("%s: %s", what, out.Bytes())
		}
	}
}
