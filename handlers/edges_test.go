package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"tickerwire/handlers"
)

func TestReadyNamesWhatIsDown(t *testing.T) {
	t.Parallel()
	down := errors.New("dial tcp 10.1.2.3:6379: refused")
	s := open(t, func(d *handlers.Deps) {
		d.Checks = []handlers.Check{{Name: "postgres", Probe: func(context.Context) error { return nil }},
			{Name: "redis", Probe: func(context.Context) error { return down }}}
	})
	s.get("", "/health").want(http.StatusOK)
	got := s.get("", "/health/ready").want(http.StatusServiceUnavailable)
	body := got.object()
	expect(t, body, "down", "status")
	expect(t, body, true, "parts", 0, "up")
	expect(t, body, "redis", "parts", 1, "name")
	expect(t, body, false, "parts", 1, "up")
	if strings.Contains(string(got.body), "10.1.2.3") || !strings.Contains(s.log.String(), "10.1.2.3") {
		t.Errorf("the cause belongs into the log only: %s", got.body)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := open(t)
	got := s.get("", "/health")
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Access-Control-Allow-Origin": ""} {
		if v := got.header.Get(name); v != want {
			t.Errorf("%s: %q", name, v)
		}
	}
	for given, kept := range map[string]bool{"plain-id-123": true, "short": false, "with space 12": false, "line\x0abreak12": false, strings.Repeat("a", 65): false} {
		id := s.do(request{method: "GET", path: "/health", header: map[string]string{"X-Request-ID": given}}).header.Get("X-Request-ID")
		if (id == given) != kept || id == "" {
			t.Errorf("request id %q became %q", given, id)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	const friend = "https://pages.example"
	s := open(t, func(d *handlers.Deps) { d.Origins = []string{friend} })
	preflight := func(origin string) string {
		return s.do(request{method: "OPTIONS", path: "/api/tasks", header: map[string]string{"Origin": origin, "Access-Control-Request-Method": "POST"}}).
			header.Get("Access-Control-Allow-Origin")
	}
	if preflight(friend) != friend || preflight("https://evil.example") != "" {
		t.Errorf("friend %q, stranger %q", preflight(friend), preflight("https://evil.example"))
	}
	for origin, want := range map[string]string{friend: "true", "https://evil.example": ""} {
		got := s.do(request{method: "POST", path: "/api/auth/refresh", header: map[string]string{"Origin": origin, "Sec-Fetch-Site": "same-site"}}).header
		if got.Get("Access-Control-Allow-Credentials") != want || (got.Get("Access-Control-Allow-Origin") == origin) != (want != "") {
			t.Errorf("%s may have its cookies sent: %q of %q", origin, got.Get("Access-Control-Allow-Credentials"), got.Get("Access-Control-Allow-Origin"))
		}
	}
	for origin, want := range map[string]int{friend: http.StatusUnauthorized, "https://evil.example": http.StatusForbidden} {
		s.do(request{method: "POST", path: "/api/tasks", header: map[string]string{"Origin": origin, "Sec-Fetch-Site": "cross-site"}}).want(want)
	}
	d := s.deps
	d.Origins = []string{"not an origin"}
	if _, err := handlers.New(d); err == nil {
		t.Error("an origin that is none was taken")
	}
}

func TestMetricsCountByTemplate(t *testing.T) {
	t.Parallel()
	s := open(t)
	token := s.as("user")
	for _, path := range []string{"/api/stocks/100001", "/api/stocks/100002", "/nowhere/1", "/nowhere/2"} {
		s.get(token, path).want(http.StatusNotFound)
	}
	s.do(request{method: "BREW", path: "/api/stocks"})
	private := handlers.Metrics(s.registry)
	text := string(call(t, private, request{method: "GET", path: "/metrics"}).want(http.StatusOK).body)
	if !strings.Contains(text, `http_request_duration_seconds_count{method="GET",route="/api/stocks/:code",status="404"} 2`) {
		t.Errorf("no count of the template in\n%s", text)
	}
	for _, never := range []string{"100001", "nowhere", "BREW"} {
		if strings.Contains(text, never) {
			t.Errorf("the metrics hold %q, which a caller chose", never)
		}
	}
	call(t, private, request{method: "GET", path: "/debug/pprof/cmdline"}).want(http.StatusOK)
	s.get("", "/metrics").want(http.StatusNotFound)
	s.get("", "/debug/pprof/").want(http.StatusNotFound)
}

func TestMissingDependenciesAreNamed(t *testing.T) {
	t.Parallel()
	_, err := handlers.New(handlers.Deps{MonitorFull: stub("full")})
	if err == nil {
		t.Fatal("an API without anything was made")
	}
	for _, part := range []string{"database", "redis", "queue", "calendar", "clock", "logger", "metrics", "monitor", "key"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not named in %v", part, err)
		}
	}
}
