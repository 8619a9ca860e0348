package tracing

import (
	"context"
	"log/slog"
)

// LogHandler adds trace_id and request_id to the lines that are written for a request or a task, unless they have them.
type LogHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h LogHandler) Handle(ctx context.Context, r slog.Record) error {
	trace, request := TraceOf(ctx), RequestOf(ctx)
	if trace == "" && request == "" {
		return h.Handler.Handle(ctx, r)
	}
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "trace_id":
			trace = ""
		case "request_id":
			request = ""
		}
		return trace != "" || request != ""
	})
	r = r.Clone()
	if request != "" {
		r.AddAttrs(slog.String("request_id", request))
	}
	if trace != "" {
		r.AddAttrs(slog.String("trace_id", trace))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h LogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return LogHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h LogHandler) WithGroup(name string) slog.Handler { return LogHandler{h.Handler.WithGroup(name)} }
