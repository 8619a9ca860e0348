package handlers_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"tickerwire/handlers"
)

// browserSession signs in as a browser does and returns the access token and the cookie.
func (s *site) browserSession(email string) (access, cookie string) {
	s.Helper()
	got := s.do(request{method: "POST", path: "/api/auth/login", header: map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
		body: map[string]string{"email": email, "password": password, "session": "cookie"}}).want(http.StatusOK)
	cookie, _, _ = strings.Cut(got.header.Get("Set-Cookie"), ";")
	return got.object()["access_token"].(string), cookie
}

// TestWhatGoesByCookieIsRefusedToOtherSites: a page of another site can have a browser send the cookie, and nothing else of
// a session. It must neither start, go on with nor end one; and what it may not do has no effect.
func TestWhatGoesByCookieIsRefusedToOtherSites(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	access, cookie := s.browserSession("anna@example.com")
	signIn := map[string]string{"email": "anna@example.com", "password": password, "session": "cookie"}
	for name, header := range map[string]map[string]string{
		"another site":                         {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
		"another site that hides":              {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
		"a neighbour":                          {"Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost"},
		"a site that says nothing of metadata": {"Origin": "https://evil.example"},
		"one with our host and another port":   {"Origin": "http://localhost:9999"},
	} {
		for _, r := range []request{{path: "/api/auth/login", body: signIn}, {path: "/api/auth/refresh", cookie: cookie},
			{path: "/api/auth/logout", token: access, cookie: cookie}, {path: "/api/auth/logout", token: access, cookie: cookie, body: map[string]bool{"everywhere": true}}} {
			r.method, r.header = "POST", header
			got := s.do(r).want(http.StatusForbidden)
			if set := got.header.Get("Set-Cookie"); set != "" {
				t.Errorf("%s: %s sets %q", name, r.path, set)
			}
		}
	}
	s.get(access, "/api/auth/me").want(http.StatusOK)
	for name, header := range map[string]map[string]string{
		"our own page":      {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
		"the address bar":   {"Sec-Fetch-Site": "none"},
		"an older browser":  {"Origin": "http://localhost"},
		"no browser at all": {},
	} {
		got := s.do(request{method: "POST", path: "/api/auth/refresh", cookie: cookie, header: header}).want(http.StatusOK)
		next, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
		if next == "" || next == cookie || got.object()["refresh_token"] != nil {
			t.Errorf("%s: cookie %q, body %s", name, next, got.body)
		}
		cookie = next
	}
}

// TestTheCookiesName: over TLS it has the prefix that binds it to this host, and one of the plain name is not looked at.
func TestTheCookiesName(t *testing.T) {
	t.Parallel()
	s := open(t, func(d *handlers.Deps) { d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	s.user("anna@example.com", "user")
	https := map[string]string{"X-Forwarded-Proto": "https"}
	got := s.do(request{method: "POST", path: "/api/auth/login", header: https,
		body: map[string]string{"email": "anna@example.com", "password": password, "session": "cookie"}}).want(http.StatusOK)
	set := got.header.Get("Set-Cookie")
	cookie, attributes, _ := strings.Cut(set, ";")
	value, is := strings.CutPrefix(cookie, "__Host-rt=")
	for _, want := range []string{"Path=/", "HttpOnly", "Secure", "SameSite=Strict", "Max-Age=1209600"} {
		if !is || !strings.Contains(attributes, want) {
			t.Errorf("Set-Cookie lacks %s: %s", want, set)
		}
	}
	if strings.Contains(attributes, "Domain") {
		t.Errorf("the cookie goes to other hosts: %s", set)
	}
	s.do(request{method: "POST", path: "/api/auth/refresh", header: https, cookie: "rt=" + value}).want(http.StatusUnauthorized)
	s.do(request{method: "POST", path: "/api/auth/refresh", cookie: cookie}).want(http.StatusUnauthorized)
	s.do(request{method: "POST", path: "/api/auth/refresh", header: https, cookie: cookie}).want(http.StatusOK)
}

func TestLogoutEverywhere(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	s.user("bert@example.com", "user")
	access, cookie := s.browserSession("anna@example.com")
	program, other := s.login("anna@example.com"), s.login("bert@example.com")
	logout := func(token string, body any) answer {
		return s.do(request{method: "POST", path: "/api/auth/logout", token: token, cookie: cookie, body: body})
	}
	if got := logout(access, map[string]any{"everywhere": "yes"}).want(http.StatusBadRequest).field(); got != "everywhere" {
		t.Errorf("field %q", got)
	}
	third := s.login("anna@example.com")
	logout(third.Access, map[string]any{"everywhere": false}).want(http.StatusNoContent)
	s.get(third.Access, "/api/auth/me").want(http.StatusUnauthorized)
	s.get(program.Access, "/api/auth/me").want(http.StatusOK)

	out := logout(access, map[string]any{"everywhere": true}).want(http.StatusNoContent)
	if !strings.Contains(out.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("the cookie is left: %q", out.header.Get("Set-Cookie"))
	}
	for _, token := range []string{access, program.Access} {
		s.get(token, "/api/auth/me").want(http.StatusUnauthorized)
	}
	s.do(request{method: "POST", path: "/api/auth/refresh", cookie: cookie}).want(http.StatusUnauthorized)
	s.refresh(program.Refresh).want(http.StatusUnauthorized)
	s.get(other.Access, "/api/auth/me").want(http.StatusOK)
	s.refresh(other.Refresh).want(http.StatusOK)
	s.login("anna@example.com")
}
