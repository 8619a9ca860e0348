package feed_test

import (
	"testing"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/simulator"
	"tickerwire/internal/upstream"
	"tickerwire/internal/upstream/feed"
	"tickerwire/internal/upstream/upstreamtest"
)

func TestMain(m *testing.M) { upstreamtest.Main(m) }

// TestSimulated reads a feed that knows conditional requests (hankyung) and one that does not (maeil).
func TestSimulated(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"hankyung", "maeil"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upstreamtest.RunSimulated(t, upstreamtest.Simulated{
				System: "feed",
				New: func(baseURL string, _ simulator.Keys, now func() time.Time) upstreamtest.Source {
					return &feed.Source{SourceName: name, URL: baseURL + "/" + name, Client: &upstream.Client{Now: now}, Now: now}
				},
				Shows: func(a archive.Article) bool { return a.Source == name },
				Grain: time.Second,
			})
		})
	}
}
