// Package upstreamtest holds the kits that every news source and every source of market data must pass, whatever it
// speaks: RunSimulated and RunMarket set it before the simulator's page of its system, Run before bodies of its own that
// are cut and refused. It holds no source.
package upstreamtest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

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
	source := c.New(serving(t, c.Healthy))
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
	source := c.New(serving(t, c.Healthy))
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

func (c Case) broken(t *testing.T) {
	t.Parallel()
	for name, cut := range wrecks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.expect(t, fault.Unavailable, wrecked(t, c.Healthy, cut))
		})
	}
}

func (c Case) refusals(t *testing.T) {
	t.Parallel()
	all := refusals()
	all[http.StatusGone] = fault.NotFound
	for status, kind := range all {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			heeds(t, kind, c.expect(t, kind, refusing(status, "not now")))
		})
	}
}

func (c Case) nobody(t *testing.T) {
	t.Parallel()
	source := c.New(gone())
	items, _, err := source.Latest(t.Context(), c.Part, "")
	c.check(t, source, items, err, fault.Unavailable)
}

func (c Case) cancel(t *testing.T) {
	t.Parallel()
	handler, ctx := hanging(t)
	items, _, err := c.New(serving(t, handler)).Latest(ctx, c.Part, "")
	if !errors.Is(err, context.Canceled) || len(items) > 0 {
		t.Errorf("%d items and %v, want none and %v", len(items), err, context.Canceled)
	}
	secretive(t, err, c.Secrets)
}

// expect has the handler answer and wants an error of the kind.
func (c Case) expect(t *testing.T, kind fault.Kind, handler http.HandlerFunc) error {
	t.Helper()
	source := c.New(serving(t, handler))
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
	secretive(t, err, c.Secrets)
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
