package upstream_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/upstream"
)

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestDoSendsAPoliteRequest(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var keys []string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.Background())
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		fmt.Fprint(packed, "가상전자")
		if err := packed.Close(); err != nil {
			t.Error(err)
		}
	})
	client := &upstream.Client{UserAgent: upstream.UserAgent("1.2", "mailto:ops@example.org"), Limiter: limiterFunc(func(_ context.Context, key string) error {
		keys = append(keys, key)
		return nil
	})}
	res, err := client.Do(t.Context(), upstream.Request{URL: base + "/list?a=1", Query: url.Values{"b": {"둘"}},
		Header: http.Header{"AUTH_KEY": {"k"}}, Key: "krx"})
	if err != nil {
		t.Fatal(err)
	}
	if res.Text() != "가상전자" || res.Status != http.StatusOK {
		t.Errorf("got %d %q", res.Status, res.Body)
	}
	if ua := got.UserAgent(); ua != "Tickerwire/1.2 (+mailto:ops@example.org)" {
		t.Errorf("User-Agent %q", ua)
	}
	if query := got.URL.Query(); query.Get("a") != "1" || query.Get("b") != "둘" {
		t.Errorf("query %q", got.URL.RawQuery)
	}
	if got.Method != http.MethodGet || got.Header.Get("AUTH_KEY") != "k" {
		t.Errorf("%s with AUTH_KEY %q", got.Method, got.Header.Get("AUTH_KEY"))
	}
	if diff := cmp.Diff([]string{"krx"}, keys); diff != "" {
		t.Errorf("limiter keys (-want +got):\n%s", diff)
	}
}

// pauser is a limiter that notes what it is asked to wait.
type pauser struct {
	key  string
	wait time.Duration
	err  error
}

func (p *pauser) Take(context.Context, string) error { return nil }

func (p *pauser) Pause(_ context.Context, key string, d time.Duration) error {
	p.key, p.wait = key, d
	return p.err
}

func TestDoTellsTheFleetToWait(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		after  string
		want   time.Duration
	}{{429, "30", 30 * time.Second}, {503, "7", 7 * time.Second}, {429, "", 0}, {500, "30", 0}, {200, "30", 0}} {
		base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", c.after)
			w.WriteHeader(c.status)
		})
		limiter := &pauser{}
		_, err := (&upstream.Client{Limiter: limiter}).Do(t.Context(), upstream.Request{URL: base, Key: "feed"})
		if limiter.wait != c.want || (c.want > 0) != (limiter.key == "feed") {
			t.Errorf("%d with Retry-After %q: paused %q for %s: %v", c.status, c.after, limiter.key, limiter.wait, err)
		}
	}
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	lost := errors.New("redis is away")
	_, err := (&upstream.Client{Limiter: &pauser{err: lost}}).Do(t.Context(), upstream.Request{URL: base, Key: "feed"})
	if fault.KindOf(err) != fault.Limited || !errors.Is(err, lost) {
		t.Errorf("the fleet could not be told: %v", err)
	}
}

type limiterFunc func(context.Context, string) error

func (f limiterFunc) Take(ctx context.Context, key string) error { return f(ctx, key) }

func TestDoReusesConnections(t *testing.T) {
	t.Parallel()
	ports := map[string]bool{}
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		ports[r.RemoteAddr] = true
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, strings.Repeat("x", 1<<16))
	})
	client := &upstream.Client{HTTP: &http.Client{Transport: upstream.NewTransport()}}
	for range 5 {
		if _, err := client.Do(t.Context(), upstream.Request{URL: base}); fault.KindOf(err) != fault.NotFound {
			t.Fatal(err)
		}
	}
	if len(ports) != 1 {
		t.Errorf("five requests used %d connections", len(ports))
	}
}

func TestDoClassifiesByStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]fault.Kind{
		400: fault.Invalid, 401: fault.Unauthorized, 403: fault.Forbidden, 404: fault.NotFound, 408: fault.Unavailable,
		410: fault.NotFound, 418: fault.Invalid, 429: fault.Limited, 500: fault.Unavailable, 503: fault.Unavailable, 300: fault.Unavailable,
	} {
		base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(status)
			fmt.Fprint(w, `{"code":"x"}`)
		})
		res, err := (&upstream.Client{}).Do(t.Context(), upstream.Request{URL: base})
		if got := fault.KindOf(err); got != want {
			t.Errorf("%d: kind %s, want %s: %v", status, got, want, err)
		}
		if res == nil || res.Status != status || string(res.Body) != `{"code":"x"}` || res.RetryAfter != 90*time.Second {
			t.Errorf("%d: the answer %+v is not there to look at", status, res)
		}
		retries := want == fault.Limited || want == fault.Unavailable
		if wait := fault.RetryAfterOf(err); retries && wait != 90*time.Second {
			t.Errorf("%d: retry after %s", status, wait)
		}
	}
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	if res, err := (&upstream.Client{}).Do(t.Context(), upstream.Request{URL: base}); err != nil || res.Status != http.StatusNotModified {
		t.Errorf("304: %+v, %v", res, err)
	}
}

func TestDoReadsRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, value, date string
		want              time.Duration
	}{
		{"seconds", "120", "", 2 * time.Minute},
		{"zero", "0", "", 0},
		{"negative", "-5", "", 0},
		{"nonsense", "soon", "", 0},
		{"none", "", "", 0},
		{"a date", "Mon, 23 Nov 2026 01:05:00 GMT", "-", 5 * time.Minute},
		{"a date by the upstream's own clock", "Mon, 23 Nov 2026 01:05:00 GMT", "Mon, 23 Nov 2026 01:04:00 GMT", time.Minute},
		{"a past date", "Mon, 23 Nov 2026 00:05:00 GMT", "-", 0},
	} {
		base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Date"] = []string{c.date}
			if c.date == "-" {
				w.Header()["Date"] = nil
			}
			w.Header().Set("Retry-After", c.value)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		client := &upstream.Client{Now: func() time.Time { return now }}
		_, err := client.Do(t.Context(), upstream.Request{URL: base})
		if got := fault.RetryAfterOf(err); got != c.want || fault.KindOf(err) != fault.Limited {
			t.Errorf("%s: %s, want %s: %v", c.name, got, c.want, err)
		}
	}
}

func TestDoCapsBodies(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("a"), 1000)
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write(body); err != nil {
			t.Error(err)
		}
	})
	if res, err := (&upstream.Client{MaxBody: 1000}).Do(t.Context(), upstream.Request{URL: base}); err != nil || len(res.Body) != 1000 {
		t.Errorf("a body of exactly the cap: %v", err)
	}
	res, err := (&upstream.Client{MaxBody: 999}).Do(t.Context(), upstream.Request{URL: base})
	if res != nil || fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "larger than 999 bytes") {
		t.Errorf("a body above the cap: %+v, %v", res, err)
	}
}

func TestDoTimesOutAndCancels(t *testing.T) {
	t.Parallel()
	base := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	_, err := (&upstream.Client{Timeout: 20 * time.Millisecond}).Do(t.Context(), upstream.Request{URL: base})
	if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("our own deadline: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = (&upstream.Client{}).Do(ctx, upstream.Request{URL: base})
	if fault.KindOf(err) != fault.Internal || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller's deadline: %v (%s)", err, fault.KindOf(err))
	}
}

func TestDoBreaksOff(t *testing.T) {
	t.Parallel()
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "short")
	})
	if _, err := (&upstream.Client{}).Do(t.Context(), upstream.Request{URL: base}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a body that broke off: %v", err)
	}
}

func TestDoAsksTheLimiterFirst(t *testing.T) {
	t.Parallel()
	asked := false
	base := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	client := &upstream.Client{Limiter: limiterFunc(func(context.Context, string) error {
		return fault.After(fault.Limited, time.Minute, "full")
	})}
	_, err := client.Do(t.Context(), upstream.Request{URL: base, Key: "naver"})
	if fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) != time.Minute || asked {
		t.Errorf("asked %v: %v", asked, err)
	}
}

func TestDoKeepsSecrets(t *testing.T) {
	t.Parallel()
	const secret = "s3cret/+키"
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	for name, base := range map[string]string{
		"a refusal":     target,
		"nobody there":  "http://127.0.0.1:1",
		"no such place": "http://\x7f" + secret,
	} {
		_, err := (&upstream.Client{}).Do(t.Context(), upstream.Request{URL: base + "/x", Query: url.Values{"crtfc_key": {secret}},
			Header: http.Header{"X-Key": {secret}}, Secrets: []string{secret, ""}})
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		for text := err; text != nil; text = errors.Unwrap(text) {
			if strings.Contains(text.Error(), secret) || strings.Contains(text.Error(), url.QueryEscape(secret)) {
				t.Errorf("%s: %v", name, text)
			}
		}
	}
}

func TestDoCarriesNoKeyElsewhere(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Header.Get("X-Key")) })
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusFound)
	})
	request := upstream.Request{URL: base, Header: http.Header{"X-Key": {"hush"}}, Secrets: []string{"hush"}}
	res, err := (&upstream.Client{}).Do(t.Context(), request)
	if res != nil || fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "refused to carry a key") {
		t.Errorf("with a key: %+v, %v", res, err)
	}
	request.Header, request.Secrets = nil, nil
	if _, err := (&upstream.Client{}).Do(t.Context(), request); err != nil {
		t.Errorf("without a key: %v", err)
	}
	var loop string
	loop = serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, loop, http.StatusFound) })
	if _, err := (&upstream.Client{}).Do(t.Context(), upstream.Request{URL: loop}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a loop: %v", err)
	}
}

func TestUntilMidnight(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"2026-11-23T09:00:00+09:00": 15 * time.Hour,
		"2026-11-23T14:59:59Z":      time.Second,
		"2026-11-23T15:00:00Z":      24 * time.Hour,
	} {
		now, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&upstream.Client{Now: func() time.Time { return now }}).UntilMidnight(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if left := (&upstream.Client{}).UntilMidnight(); left <= 0 || left > 24*time.Hour {
		t.Errorf("on the real clock: %s", left)
	}
}

func TestParseInt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"71200": 71200, "1,234,567": 1234567, "-300": -300, " 5 ": 5, "": 0, "-": 0} {
		if got, err := upstream.ParseInt(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"12.5", "n/a", "１２", "9223372036854775808", "--"} {
		if got, err := upstream.ParseInt(text); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
}

func TestBrief(t *testing.T) {
	t.Parallel()
	got := upstream.Brief("  열쇠 k1\n "+strings.Repeat("가", 300), "k1")
	if !strings.HasPrefix(got, "열쇠 *** 가가") || len([]rune(got)) != 203 {
		t.Errorf("%d characters: %q", len([]rune(got)), got)
	}
}
