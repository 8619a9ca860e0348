package tracing

import (
	"context"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Headers of a task, besides traceparent and tracestate of W3C Trace Context.
const (
	headerRequest = "request" // the id of the request that the work comes from
	headerRung    = "rung"    // when it was rung for, in unix nanoseconds; of traced tasks only
)

type requestKey struct{}

// WithRequest keeps a request's id with what is done for it, for log lines here and in the tasks that come of it.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestOf returns the id of the request that ctx comes from; "" where it comes from none.
func RequestOf(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// TraceOf returns the id of the trace that ctx belongs to, in hexadecimal; "" where it belongs to none.
func TraceOf(ctx context.Context) string {
	if c := trace.SpanContextFromContext(ctx); c.HasTraceID() {
		return c.TraceID().String()
	}
	return ""
}

// Tell puts what ctx carries into the headers of a task.
func Tell(ctx context.Context, headers map[string]string) {
	if id := RequestOf(ctx); id != "" {
		headers[headerRequest] = id
	}
	propagation.TraceContext{}.Inject(ctx, propagation.MapCarrier(headers))
	if Recorded(ctx) {
		headers[headerRung] = strconv.FormatInt(time.Now().UnixNano(), 10)
	}
}

// Hear brings what a task's headers carry into its context, and returns when it was rung for, where they say so. Headers that
// cannot be read say nothing.
func Hear(ctx context.Context, headers map[string]string) (context.Context, time.Time) {
	if id := headers[headerRequest]; id != "" {
		ctx = WithRequest(ctx, id)
	}
	if headers["traceparent"] == "" {
		return ctx, time.Time{}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier(headers))
	nanos, err := strconv.ParseInt(headers[headerRung], 10, 64)
	if err != nil {
		return ctx, time.Time{}
	}
	return ctx, time.Unix(0, nanos)
}
