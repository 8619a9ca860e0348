// Package upstreamtest holds the kits that every news source and every source of market data must pass, whatever it
// speaks: RunSimulated and RunMarket set it before the simulator's page of its system, Run before bodies of its own that
// are cut and refused. It holds no source.
package upstreamtest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/news"
)

// Source is what crawling asks of a news source.
type Source interface {
	Name() string
	Latest(ctx context.Context, part string, prev news.Bookmark) ([]news.Item, news.Bookmark, error)
}

// Case is one source under test.
type Case struct {
	// New returns the source, talking to an upstream at baseURL.
	New func(baseURL string) Source
	// Healthy plays the upstream on a good day; it must have items.
	Healthy http.Handler
	// Part is what Latest is asked for.
	Part string
	// Secrets are the keys that the source was given and must never show.
	Secrets []string
}

// Run runs every check as a subtest.
func Run(t *testing.T, c Case) {
	t.Helper()
	t.Run("items are named and dated", c.items)
	t.Run("names are stable", c.stable)
	t.Run("a broken body is an error", c.broken)
	t.Run("refusals", c.refusals)
	t.Run("nobody answers", c.nobody)
	t.Run("cancel", c.cancel)
}

func (c Case) items(t *testing.T) {
	t.Parallel()
	source := c.against(t, c.Healthy)
	for i, item := range c.fetch(t, source, "") {
		if item.ExternalID == "" || item.Title == "" {
			t.Errorf("item %d: external id %q, title %q", i, item.ExternalID, item.Title)
		}
		if item.Source != source.Name() || item.Source == "" {
			t.Errorf("item %d: source %q of source %q", i, item.Source, source.Name())
		}
		if item.PublishedAt.IsZero() || item.TimeQuality == "" || item.Kind == "" {
			t.Errorf("item %d: published %s (%q), kind %q", i, item.PublishedAt, item.TimeQuality, item.Kind)
		}
	}
}

func (c Case) stable(t *testing.T) {
	t.Parallel()
	source := c.against(t, c.Healthy)
	first, second := ids(c.fetch(t, source, "")), ids(c.fetch(t, source, ""))
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two fetches (-first +second):\n%s", diff)
	}
	seen := map[string]bool{}
	for _, id := range first {
		if seen[id] {
			t.Errorf("%q names two items", id)
		}
		seen[id] = true
	}
}

// broken cuts the healthy body short and replaces it by what stands there when something else answers.
func (c Case) broken(t *testing.T) {
	t.Parallel()
	healthy := func(w http.ResponseWriter, r *http.Request) []byte {
		record := httptest.NewRecorder()
		c.Healthy.ServeHTTP(record, r)
		for name, values := range record.Header() {
			if name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		return record.Body.Bytes()
	}
	bodies := map[string]func([]byte) []byte{
		"half":    func(b []byte) []byte { return b[:len(b)/2] },
		"no tail": func(b []byte) []byte { return b[:len(b)-3] },
		"empty":   func([]byte) []byte { return nil },
		"a page": func([]byte) []byte {
			return []byte("<!doctype html><html><body>잠시 후 다시 시도해 주세요</body></html>")
		},
		"an object": func([]byte) []byte { return []byte(`{"version":"1"}`) },
	}
	for name, cut := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.expect(t, fault.Unavailable, func(w http.ResponseWriter, r *http.Request) {
				write(t, w, cut(healthy(w, r)))
			})
		})
	}
}

func (c Case) refusals(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]fault.Kind{
		http.StatusInternalServerError: fault.Unavailable,
		http.StatusBadGateway:          fault.Unavailable,
		http.StatusServiceUnavailable:  fault.Unavailable,
		http.StatusTooManyRequests:     fault.Limited,
		http.StatusUnauthorized:        fault.Unauthorized,
		http.StatusForbidden:           fault.Forbidden,
		http.StatusGone:                fault.NotFound,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			err := c.expect(t, kind, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "7")
				http.Error(w, "not now", status)
			})
			if got := fault.RetryAfterOf(err); kind == fault.Limited && got != 7*time.Second {
				t.Errorf("retry after %s, want 7s: %v", got, err)
			}
		})
	}
}

func (c Case) nobody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(c.Healthy)
	source := c.New(server.URL)
	server.Close()
	items, _, err := source.Latest(t.Context(), c.Part, "")
	c.check(t, source, items, err, fault.Unavailable)
}

func (c Case) cancel(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	source := c.against(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done() // an upstream that hangs until the caller goes away
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	items, _, err := source.Latest(ctx, c.Part, "")
	if !errors.Is(err, context.Canceled) || len(items) > 0 {
		t.Errorf("%d items and %v, want none and %v", len(items), err, context.Canceled)
	}
	c.secretive(t, err)
}

// expect has the handler answer and wants an error of the kind.
func (c Case) expect(t *testing.T, kind fault.Kind, handler http.HandlerFunc) error {
	t.Helper()
	source := c.against(t, handler)
	items, mark, err := source.Latest(t.Context(), c.Part, "before")
	if mark != "before" {
		t.Errorf("the bookmark moved to %q on an error", mark)
	}
	c.check(t, source, items, err, kind)
	return err
}

func (c Case) check(t *testing.T, source Source, items []news.Item, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || len(items) > 0 {
		t.Fatalf("%d items and %v (%s), want none and an error of kind %s", len(items), err, fault.KindOf(err), kind)
	}
	if !strings.Contains(err.Error(), source.Name()) {
		t.Errorf("the error does not name the source %q: %v", source.Name(), err)
	}
	c.secretive(t, err)
}

func (c Case) secretive(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		for _, secret := range c.Secrets {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows a key: %v", err)
			}
		}
	}
}

func (c Case) against(t *testing.T, handler http.Handler) Source {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return c.New(server.URL)
}

func (c Case) fetch(t *testing.T, source Source, prev news.Bookmark) []news.Item {
	t.Helper()
	items, _, err := source.Latest(t.Context(), c.Part, prev)
	if err != nil {
		t.Fatal(err)
	}
	if len(items) == 0 {
		t.Fatal("the healthy upstream gave no items")
	}
	return items
}

func ids(items []news.Item) []string {
	var found []string
	for _, item := range items {
		found = append(found, item.ExternalID)
	}
	return found
}

func write(t *testing.T, w http.ResponseWriter, body []byte) {
	t.Helper()
	if _, err := w.Write(body); err != nil {
		t.Errorf("answering: %v", err)
	}
}
