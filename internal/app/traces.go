package app

import (
	"context"
	"strings"
	"time"

	"tickerwire/internal/tracing"
	"tickerwire/internal/tracing/otlp"
	"tickerwire/internal/upstream"
)

// longestSaid is how many bytes of an exporter's error are logged.
const longestSaid = 300

// tracesLimit bounds how long a role's end waits for its last traces to be sent.
const tracesLimit = 3 * time.Second

// openTraces sends the role's traces to the configured collector, if there is one. That it cannot be reached is a warning:
// nothing waits for it.
func (r *role) openTraces(ctx context.Context, name string) error {
	if r.cfg.OTLPEndpoint == "" {
		return nil
	}
	headers := make(map[string]string, len(r.cfg.OTLPHeaders))
	for key, value := range r.cfg.OTLPHeaders {
		headers[key] = string(value)
	}
	var err error
	r.traces, err = otlp.Open(ctx, otlp.Options{Endpoint: r.cfg.OTLPEndpoint, Headers: headers, Ratio: r.cfg.TraceRatio,
		Service: r.cfg.ServiceName, Version: version, Role: name, Failed: r.tracesFailed})
	return err
}

// tracer begins the role's traces; nil: none.
func (r *role) tracer() tracing.Tracer {
	if r.traces == nil {
		return nil
	}
	return r.traces.Tracer
}

// close ends what the role stands on, after its last traces were sent.
func (r *role) close() error {
	if r.traces == nil {
		return r.backends.close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), tracesLimit)
	defer cancel()
	if err := r.traces.Close(ctx); err != nil {
		r.tracesFailed(err)
	}
	return r.backends.close()
}

// tracesFailed says so: what the collector is away for is lost, and nothing else.
func (r *role) tracesFailed(err error) {
	said := upstream.Redact(err.Error(), r.cfg.Secrets()...)
	if len(said) > longestSaid { // it repeats the collector's page
		said = strings.ToValidUTF8(said[:longestSaid], "") + "…"
	}
	r.log.Warn("traces are not sent", "error", said)
}
