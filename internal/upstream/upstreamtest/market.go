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
	source := c.against(t, c.Healthy)
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
	source := c.against(t, c.Healthy)
	for _, before := range []time.Duration{time.Second, time.Hour, 6 * time.Hour, 24 * time.Hour} {
		c.Set(c.Known.Add(-before))
		if bars := c.fetch(t, source, c.Code, c.Day); len(bars) > 0 {
			t.Errorf("%s before it is known: %+v", before, bars)
		}
	}
}

func (c MarketCase) none(t *testing.T) {
	c.Set(c.Known)
	source := c.against(t, c.Healthy)
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
	for name, cut := range map[string]func([]byte) []byte{
		"half":      func(b []byte) []byte { return b[:len(b)/2] },
		"no tail":   func(b []byte) []byte { return b[:len(b)-3] },
		"empty":     func([]byte) []byte { return nil },
		"a page":    func([]byte) []byte { return []byte("<!doctype html><html><body>점검 중</body></html>") },
		"an object": func([]byte) []byte { return []byte(`{"version":"1"}`) },
		"a list":    func([]byte) []byte { return []byte(`[]`) },
	} {
		t.Run(name, func(t *testing.T) {
			c.expect(t, fault.Unavailable, func(w http.ResponseWriter, r *http.Request) {
				record := httptest.NewRecorder()
				c.Healthy.ServeHTTP(record, r)
				write(t, w, cut(record.Body.Bytes()))
			})
		})
	}
}

func (c MarketCase) refusals(t *testing.T) {
	c.Set(c.Known)
	for status, kind := range map[int]fault.Kind{
		http.StatusInternalServerError: fault.Unavailable,
		http.StatusBadGateway:          fault.Unavailable,
		http.StatusServiceUnavailable:  fault.Unavailable,
		http.StatusTooManyRequests:     fault.Limited,
		http.StatusUnauthorized:        fault.Unauthorized,
		http.StatusForbidden:           fault.Forbidden,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			err := c.expect(t, kind, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "7")
				http.Error(w, "not now "+strings.Join(c.Secrets, " "), status)
			})
			if got := fault.RetryAfterOf(err); kind == fault.Limited && got != 7*time.Second {
				t.Errorf("retry after %s, want 7s: %v", got, err)
			}
		})
	}
}

func (c MarketCase) nobody(t *testing.T) {
	server := httptest.NewServer(c.Healthy)
	source := c.New(server.URL)
	server.Close()
	c.check(t, source, fault.Unavailable)
}

func (c MarketCase) cancel(t *testing.T) {
	c.Set(c.Known)
	asked := make(chan struct{})
	source := c.against(t, c.sparing(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done() // an upstream that hangs until the caller goes away
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	bars, err := source.Bars(ctx, c.Code, c.Day)
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
	return c.check(t, c.against(t, c.sparing(handler)), kind)
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
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		for _, secret := range c.Secrets {
			if strings.Contains(inner.Error(), secret) {
				t.Errorf("the error shows a key: %v", inner)
			}
		}
	}
	return err
}

func (c MarketCase) against(t *testing.T, handler http.Handler) MarketSource {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return c.New(server.URL)
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
