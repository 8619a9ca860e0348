// Package otlp sends traces to a collector by OpenTelemetry's protocol over HTTP, in the background and in batches: whoever
// is traced never waits, and what the collector is too slow for, or away, is dropped.
package otlp

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"tickerwire/internal/tracing"
)

// Options say where traces go, and how many.
type Options struct {
	Endpoint string            // of the collector, as in http://localhost:4318; /v1/traces is added
	Headers  map[string]string // of every request to it: keys
	Ratio    float64           // of the traces that begin here, 0 to 1
	Service  string            // the program's name there
	Version  string
	Role     string // of this process

	// Failed is told why traces were not sent; may be nil. The library knows one such function for the whole process.
	Failed func(error)
}

// Exporter sends the traces of a process.
type Exporter struct {
	Tracer   tracing.Tracer
	provider *sdk.TracerProvider
}

// Open returns an exporter. The collector is not asked: it may come later.
func Open(ctx context.Context, o Options) (*Exporter, error) {
	out, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimSuffix(o.Endpoint, "/")+"/v1/traces"),
		otlptracehttp.WithHeaders(o.Headers), otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	if err != nil {
		return nil, fmt.Errorf("otlp: %w", err)
	}
	if o.Failed != nil {
		otel.SetErrorHandler(otel.ErrorHandlerFunc(o.Failed))
	}
	about := resource.NewSchemaless(attribute.String("service.name", o.Service), attribute.String("service.version", o.Version),
		attribute.String("tickerwire.role", o.Role))
	provider := sdk.NewTracerProvider(sdk.WithBatcher(out), sdk.WithResource(about), sdk.WithSampler(newSampler(o.Ratio)))
	return &Exporter{Tracer: tracing.TracerOf(provider), provider: provider}, nil
}

// Close sends what has not been sent yet, until ctx ends.
func (e *Exporter) Close(ctx context.Context) error {
	if err := e.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("otlp: the last traces were not sent: %w", err)
	}
	return nil
}

// sampler decides once per trace of ours: whether a request is recorded is not for its caller to say, and what comes of
// one is recorded as it is.
type sampler struct{ first, then sdk.Sampler }

func newSampler(ratio float64) sampler {
	first := sdk.TraceIDRatioBased(ratio)
	return sampler{first: first, then: sdk.ParentBased(first)}
}

// ShouldSample implements sdk.Sampler.
func (s sampler) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	if p.Kind == trace.SpanKindServer {
		return s.first.ShouldSample(p)
	}
	return s.then.ShouldSample(p)
}

// Description implements sdk.Sampler.
func (s sampler) Description() string { return "Requests" + s.first.Description() }
