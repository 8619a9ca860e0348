// Package tracing names what the program writes into OpenTelemetry traces: a request, the rings it makes, the tasks that hear
// them, and the statements and calls of each. A trace begins with a request or a task, which have a Tracer; all else is
// written beneath a span that is recorded, or not at all, so that without a Tracer nothing is made. Every attribute is set
// here: templates, names, numbers and statements without their values; never a body, an address with its query, a key or
// a word of an article. The package exports nothing by itself: that is otlp's, below it.
package tracing

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"tickerwire/internal/fault"
)

// scope is the name of the program's tracer.
const scope = "tickerwire"

// Tracer begins traces. nil begins none.
type Tracer = trace.Tracer

// TracerOf returns the program's tracer of a provider.
func TracerOf(p trace.TracerProvider) Tracer { return p.Tracer(scope) }

// Span is something that takes time. The zero Span is not recorded, and its methods do nothing.
type Span struct{ span trace.Span }

// fail marks the span with the kind of an error, not with its words: those may be anybody's.
func (s Span) fail(kind string) {
	s.span.SetAttributes(attribute.String("error.type", kind))
	s.span.SetStatus(codes.Error, kind)
}

// End ends the span; err, unless it is nil, leaves its kind there.
func (s Span) End(err error) {
	if s.span == nil {
		return
	}
	if err != nil {
		s.fail(kindOf(err))
	}
	s.span.End()
}

func kindOf(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline exceeded"
	}
	return fault.KindOf(err).String()
}

// Answered ends the span of a request, or of a call to another system, with the HTTP status of the answer. A caller's
// mistake is no error of ours; that of a call that we made is.
func (s Span) Answered(status int) {
	if s.span == nil {
		return
	}
	s.span.SetAttributes(attribute.Int("http.response.status_code", status))
	worst := http.StatusInternalServerError
	if s.ofClient() {
		worst = http.StatusBadRequest
	}
	if status >= worst {
		s.fail(strconv.Itoa(status))
	}
	s.span.End()
}

func (s Span) ofClient() bool {
	k, ok := s.span.(interface{ SpanKind() trace.SpanKind })
	return ok && k.SpanKind() == trace.SpanKindClient
}

// Recorded reports whether what is done under ctx is written into a trace.
func Recorded(ctx context.Context) bool { return trace.SpanFromContext(ctx).IsRecording() }

// below begins a span beneath the recorded one of ctx.
func below(ctx context.Context, name string, kind trace.SpanKind, attrs ...attribute.KeyValue) (context.Context, Span) {
	tracer := TracerOf(trace.SpanFromContext(ctx).TracerProvider())
	ctx, span := tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
	return ctx, Span{span}
}

// Named reports headers that name a trace.
func Named(h http.Header) bool { return h.Get("Traceparent") != "" }

// Request begins the span of a request to us. The trace that its headers name goes on, where they name one.
func Request(ctx context.Context, t Tracer, h http.Header, method, route, requestID string) (context.Context, Span) {
	if Named(h) {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(h))
	}
	if t == nil {
		return ctx, Span{}
	}
	ctx, span := t.Start(ctx, method+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", method), attribute.String("http.route", route), attribute.String("request_id", requestID)))
	return ctx, Span{span}
}

// Ring begins the span of an enqueued task.
func Ring(ctx context.Context, kind, queue string) (context.Context, Span) {
	if !Recorded(ctx) {
		return ctx, Span{}
	}
	return below(ctx, "enqueue "+kind, trace.SpanKindProducer, messaging(kind, queue)...)
}

func messaging(kind, queue string) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("messaging.system", "asynq"), attribute.String("messaging.destination.name", queue),
		attribute.String("task.kind", kind)}
}

// TaskRun is one run of a task, as its span shows it.
type TaskRun struct {
	Kind, Queue, ID string
	Attempt         int       // from 1
	Rung            time.Time // when it was rung for; zero where nobody knows
}

// Task begins the span of a task's run, and writes the time that it waited in the queue. The trace of whoever rang goes on;
// Hear has brought it into ctx.
func Task(ctx context.Context, t Tracer, r TaskRun) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	attrs := messaging(r.Kind, r.Queue)
	if now := time.Now(); !r.Rung.IsZero() && r.Rung.Before(now) && trace.SpanContextFromContext(ctx).IsValid() {
		_, waited := t.Start(ctx, "wait "+r.Queue, trace.WithSpanKind(trace.SpanKindInternal), trace.WithTimestamp(r.Rung), trace.WithAttributes(attrs...))
		waited.End(trace.WithTimestamp(now))
	}
	ctx, span := t.Start(ctx, "task "+r.Kind, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(attrs...),
		trace.WithAttributes(attribute.String("messaging.message.id", r.ID), attribute.Int("task.attempt", r.Attempt)))
	return ctx, Span{span}
}

// SQL begins the span of a statement, whose values must have been taken out.
func SQL(ctx context.Context, operation, statement string) Span {
	_, s := below(ctx, operation, trace.SpanKindClient, attribute.String("db.system.name", "postgresql"),
		attribute.String("db.operation.name", operation), attribute.String("db.query.text", statement))
	return s
}

// Failed ends the span of a statement that the server refused, with its code of five letters.
func (s Span) Failed(code string) {
	s.fail(code)
	s.span.End()
}

// Call begins the span of a request to another system. Its path is left out: some hold keys.
func Call(ctx context.Context, method, host string) (context.Context, Span) {
	if !Recorded(ctx) {
		return ctx, Span{}
	}
	return below(ctx, method+" "+host, trace.SpanKindClient, attribute.String("http.request.method", method), attribute.String("server.address", host))
}

// Vectors begins the span of something done with the vectors of n articles at Milvus.
func Vectors(ctx context.Context, operation, collection string, n int) (context.Context, Span) {
	if !Recorded(ctx) {
		return ctx, Span{}
	}
	return below(ctx, operation+" "+collection, trace.SpanKindClient, attribute.String("db.system.name", "milvus"),
		attribute.String("db.operation.name", operation), attribute.String("db.collection.name", collection), attribute.Int("db.operation.batch.size", n))
}
