package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"tickerwire/handlers"
	"tickerwire/internal/pages"
)

// withPages gives an API a front end of three pages.
func withPages(t *testing.T) func(*handlers.Deps) {
	t.Helper()
	export := fstest.MapFS{}
	for name, text := range map[string]string{"index.html": "the start", "404.html": "no such page", "stocks/_.html": "a stock",
		"api/fake.html": "a page in the API's place", "monitor/fake.html": "one in the monitor's"} {
		export[name] = &fstest.MapFile{Data: []byte(text)}
	}
	site, err := pages.New(export, nil)
	must(t, err)
	return func(d *handlers.Deps) { d.Pages = site }
}

const browser = "text/html,*/*;q=0.8"

func TestPagesTakeWhatIsNoRoutes(t *testing.T) {
	t.Parallel()
	s := open(t, withPages(t))
	for _, c := range []struct {
		method, path, accept string
		status               int
		kind, body           string
	}{
		{"GET", "/", browser, 200, "text/html; charset=utf-8", "the start"},
		{"HEAD", "/", browser, 200, "text/html; charset=utf-8", ""},
		{"GET", "/stocks/005930", browser, 200, "text/html; charset=utf-8", "a stock"},
		{"GET", "/stocks/5930", browser, 404, "text/html; charset=utf-8", "no such page"},
		{"GET", "/nowhere?token=abc", browser, 404, "text/html; charset=utf-8", "no such page"},
		{"GET", "/nowhere", "*/*", 404, "application/problem+json", ""},
		{"GET", "/_next/static/gone.js", browser, 404, "application/problem+json", ""},
		{"POST", "/", browser, 405, "application/problem+json", ""},
		{"DELETE", "/stocks/005930", browser, 405, "application/problem+json", ""},
		{"OPTIONS", "/nowhere", browser, 405, "application/problem+json", ""},
		// what is the API's stays its own
		{"GET", "/api", browser, 404, "application/problem+json", ""},
		{"GET", "/api/", browser, 404, "application/problem+json", ""},
		{"GET", "/api/fake", browser, 404, "application/problem+json", ""},
		{"GET", "/api/stocks/005930/nothing", browser, 404, "application/problem+json", ""},
		{"POST", "/api/nothing", browser, 404, "application/problem+json", ""},
		{"GET", "/health/nothing", browser, 404, "application/problem+json", ""},
		{"GET", "/docs/nothing", browser, 404, "application/problem+json", ""},
		{"GET", "/openapi.json/nothing", browser, 404, "application/problem+json", ""},
		{"GET", "/api/stocks", browser, 401, "application/problem+json", ""},
		{"PUT", "/api/stocks", browser, 405, "application/problem+json", ""},
		{"GET", "/monitor/fake", browser, 303, "", ""},
		{"GET", "/health", browser, 200, "application/json", ""},
	} {
		got := s.do(request{method: c.method, path: c.path, header: map[string]string{"Accept": c.accept}})
		if got.status != c.status || got.header.Get("Content-Type") != c.kind || c.kind != "application/problem+json" && c.kind != "" && c.body != "" && string(got.body) != c.body {
			t.Errorf("%s %s: %d %s %q", c.method, c.path, got.status, got.header.Get("Content-Type"), got.body)
		}
		if c.status == 405 && !strings.HasPrefix(c.path, "/api") && got.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s %s allows %q", c.method, c.path, got.header.Get("Allow"))
		}
		if varies := strings.Contains(strings.Join(got.header["Vary"], ","), "Accept"); strings.HasPrefix(c.path, "/nowhere") && c.method == "GET" && !varies {
			t.Errorf("%s with Accept %q does not say that it varies", c.path, c.accept)
		}
	}
	for _, secret := range []string{"token=abc", "nowhere", "005930"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q, which a caller chose", secret)
		}
	}
}

func TestAPageHasItsOwnPolicyAndTheAPIItsOwn(t *testing.T) {
	t.Parallel()
	s := open(t, withPages(t))
	page, data := s.get("", "/").want(http.StatusOK), s.get("", "/health").want(http.StatusOK)
	if got := page.header["Content-Security-Policy"]; len(got) != 1 || !strings.Contains(got[0], "connect-src 'self'") || page.header.Get("Cache-Control") != "no-cache" {
		t.Errorf("the page: %q, %q", got, page.header["Cache-Control"])
	}
	if got := data.header["Content-Security-Policy"]; len(got) != 1 || got[0] != "default-src 'none'; frame-ancestors 'none'" || data.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the API: %q, %q", got, data.header["Cache-Control"])
	}
}

func TestWithoutPagesTheRestIsNotFound(t *testing.T) {
	t.Parallel()
	s := open(t)
	got := s.do(request{method: "GET", path: "/", header: map[string]string{"Accept": browser}}).want(http.StatusNotFound)
	if got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("it is a %s", got.header.Get("Content-Type"))
	}
}
