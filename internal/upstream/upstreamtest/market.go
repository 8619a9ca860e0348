package upstreamtest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// MarketSource is what every source of daily bars can be asked for, in whatever form it is really asked: one stock's bar
// of one day, none where it has none.
type MarketSource interface {
	Name() string
	Bars(ctx context.Context, code market.Code, day market.Day) ([]market.Bar, error)
}

// MarketCase is one source of market data under test.
type MarketCase struct {
	// New returns the source, talking to an upstream at baseURL, on the clock that Set puts.
	New func(baseURL string) MarketSource
	// Healthy plays the upstream on a good day, on the clock that Set puts.
	Healthy http.Handler
	Set     func(now time.Time)
	// Code traded on Day, whose bar is official from Known on; Closed is a day without a session before it.
	Code        market.Code
	Day, Closed market.Day
	Known       time.Time
	// Spared picks the requests that stay healthy whatever is broken: those for a token.
	Spared func(*http.Request) bool
	// Secrets are the keys that the source was given and must never show.
	Secrets []string
}

// RunMarket runs every check as a subtest, one after the other: they share the clock.
func RunMarket(t *testing.T, c MarketCase) {
	t.Helper()
	t.Run("a bar is whole", c.whole)
	t.Run("no bar before it is known", c.early)
	t.Run("no bar where none can be", c.none)
	t.Run("a broken body is an error", c.broken)
	t.Run("refusals", c.refusals)
	t.Run("nobody answers", c.nobody)
	t.Run("cancel", c.cancel)
}

func (c MarketCase) whole(t *testing.T) {
	c.Set(c.Known)
	source := c.New(serving(t, c.Healthy))
	first := c.fetch(t, source, c.Code, c.Day)
	if len(first) != 1 {
		t.Fatalf("%d bars, want one", len(first))
	}
	b := first[0]
	if b.Code != c.Code || b.Day != c.Day || b.Source != source.Name() || b.AdjFactor != 1 || !b.KnownAt.Equal(c.Known) {
		t.Errorf("%+v of %s, want %s on %s, raw, known at %s", b, source.Name(), c.Code, c.Day, c.Known)
	}
	if b.Low <= 0 || b.Low > b.Open || b.Low > b.Close || b.High < b.Open || b.High < b.Close || b.Volume <= 0 {
		t.Errorf("no such day can have been: %+v", b)
	}
	if diff := cmp.Diff(first, c.fetch(t, source, c.Code, c.Day)); diff != "" {
		t.Errorf("two fetches (-first +second):\n%s", diff)
	}
}

func (c MarketCase) early(t *testing.T) {
	source := c.New(serving(t, c.Healthy))
	for _, before := range []time.Duration{time.Second, time.Hour, 6 * time.Hour, 24 * time.Hour} {
		c.Set(c.Known.Add(-before))
		if bars := c.fetch(t, source, c.Code, c.Day); len(bars) > 0 {
			t.Errorf("%s before it is known: %+v", before, bars)
		}
	}
}

func (c MarketCase) none(t *testing.T) {
	c.Set(c.Known)
	source := c.New(serving(t, c.Healthy))
	if bars := c.fetch(t, source, c.Code, c.Closed); len(bars) > 0 {
		t.Errorf("on a closed day: %+v", bars)
	}
	if bars := c.fetch(t, source, "0ZZZZ0", c.Day); len(bars) > 0 {
		t.Errorf("of a stock that nobody lists: %+v", bars)
	}
	if _, err := source.Bars(t.Context(), c.Code, market.NewDay(2061, time.January, 3)); fault.KindOf(err) != fault.Unavailable && fault.KindOf(err) != fault.NotFound && err != nil {
		t.Errorf("past the calendar: %v", err)
	}
}

func (c MarketCase) broken(t *testing.T) {
	c.Set(c.Known)
	all := wrecks()
	all["a list"] = func([]byte) []byte { return []byte(`[]`) }
	for name, cut := range all {
		t.Run(name, func(t *testing.T) { c.expect(t, fault.Unavailable, wrecked(t, c.Healthy, cut)) })
	}
}

func (c MarketCase) refusals(t *testing.T) {
	c.Set(c.Known)
	for status, kind := range refusals() {
		t.Run(http.StatusText(status), func(t *testing.T) {
			heeds(t, kind, c.expect(t, kind, refusing(status, "not now "+strings.Join(c.Secrets, " "))))
		})
	}
}

func (c MarketCase) nobody(t *testing.T) {
	c.check(t, c.New(gone()), fault.Unavailable)
}

func (c MarketCase) cancel(t *testing.T) {
	c.Set(c.Known)
	handler, ctx := hanging(t)
	bars, err := c.New(serving(t, c.sparing(handler))).Bars(ctx, c.Code, c.Day)
	if !errors.Is(err, context.Canceled) || len(bars) > 0 {
		t.Errorf("%d bars and %v, want none and %v", len(bars), err, context.Canceled)
	}
}

// sparing lets handler answer, except what must stay healthy.
func (c MarketCase) sparing(handler http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.Spared != nil && c.Spared(r) {
			c.Healthy.ServeHTTP(w, r)
			return
		}
		handler(w, r)
	})
}

func (c MarketCase) expect(t *testing.T, kind fault.Kind, handler http.HandlerFunc) error {
	t.Helper()
	return c.check(t, c.New(serving(t, c.sparing(handler))), kind)
}

func (c MarketCase) check(t *testing.T, source MarketSource, kind fault.Kind) error {
	t.Helper()
	bars, err := source.Bars(t.Context(), c.Code, c.Day)
	if err == nil || fault.KindOf(err) != kind || len(bars) > 0 {
		t.Fatalf("%d bars and %v (%s), want none and an error of kind %s", len(bars), err, fault.KindOf(err), kind)
	}
	if !strings.HasPrefix(err.Error(), source.Name()+": ") {
		t.Errorf("the error does not name the source %q: %v", source.Name(), err)
	}
	secretive(t, err, c.Secrets)
	return err
}

// fetch asks a healthy upstream; NotFound is how some say that there is nothing.
func (c MarketCase) fetch(t *testing.T, source MarketSource, code market.Code, day market.Day) []market.Bar {
	t.Helper()
	bars, err := source.Bars(t.Context(), code, day)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		t.Fatal(err)
	}
	return bars
}
