package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func (s *site) monitorTry(email, word string, header map[string]string) answer {
	s.Helper()
	h := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	for name, value := range header {
		h[name] = value
	}
	return s.do(request{method: "POST", path: "/monitor/sign-in", body: url.Values{"email": {email}, "password": {word}}.Encode(), header: h})
}

// monitorSignIn signs in to the monitor and returns the cookie.
func (s *site) monitorSignIn(email string) string {
	s.Helper()
	got := s.monitorTry(email, password, nil).want(http.StatusSeeOther)
	set := got.header.Get("Set-Cookie")
	if !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Strict") || !strings.Contains(set, "Path=/monitor") || got.header.Get("Location") != "/monitor" {
		s.Fatalf("Set-Cookie %q, Location %q", set, got.header.Get("Location"))
	}
	cookie, _, _ := strings.Cut(set, ";")
	return cookie
}

func TestMonitor(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, role := range []string{"user", "operator", "admin"} {
		s.user(role+"@example.com", role)
	}
	operator, admin := s.monitorSignIn("operator@example.com"), s.monitorSignIn("admin@example.com")
	u, session := s.session(s.user("other@example.com", "admin"))
	apiToken := "mon=" + s.mint(u, session.ID, nil)
	const page, pause = "/monitor/queues/local", "/monitor/api/queues/local:pause"
	for _, c := range []struct {
		name, method, path, cookie string
		status                     int
		body                       string
	}{
		{"stranger", "GET", "/monitor", "", 303, ""},
		{"stranger", "GET", page, "", 303, ""},
		{"stranger", "POST", pause, "", 401, ""},
		{"forged", "POST", pause, "mon=x.y.z", 401, ""},
		{"an API token", "GET", page, apiToken, 303, ""},
		{"operator", "GET", "/monitor", operator, 200, "read GET /monitor"},
		{"operator", "GET", page, operator, 200, "read GET " + page},
		{"operator", "POST", pause, operator, 403, ""},
		{"operator", "DELETE", "/monitor/api/queues/local", operator, 403, ""},
		{"admin", "GET", page, admin, 200, "full GET " + page},
		{"admin", "POST", pause, admin, 200, "full POST " + pause},
	} {
		got := s.do(request{method: c.method, path: c.path, cookie: c.cookie})
		if got.status != c.status || c.body != "" && string(got.body) != c.body {
			t.Errorf("%s: %s %s: %d %q", c.name, c.method, c.path, got.status, got.body)
		}
	}
	if got := s.monitorTry("user@example.com", password, nil); got.status != http.StatusForbidden || got.header.Get("Set-Cookie") != "" {
		t.Errorf("a user signs in: %d", got.status)
	}
	if got := s.monitorTry("admin@example.com", "wrong", nil); got.status != http.StatusUnauthorized || !strings.Contains(string(got.body), "<form") {
		t.Errorf("a wrong password: %d %s", got.status, got.body)
	}
	if got := s.monitorTry("admin@example.com", password, map[string]string{"Origin": "https://evil.example"}); got.status != http.StatusForbidden {
		t.Errorf("another site signs in: %d", got.status)
	}
	if got := s.do(request{method: "POST", path: pause, cookie: admin, header: map[string]string{"Sec-Fetch-Site": "cross-site"}}); got.status != http.StatusForbidden {
		t.Errorf("another site pauses a queue: %d", got.status)
	}
	s.do(request{method: "GET", path: "/api/auth/me", token: strings.TrimPrefix(admin, "mon=")}).want(http.StatusUnauthorized)
	s.do(request{method: "POST", path: "/monitor/sign-out", cookie: admin}).want(http.StatusSeeOther)
	s.do(request{method: "POST", path: pause, cookie: admin}).want(http.StatusUnauthorized)
}

func TestADemotedOperatorSeesNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	id := s.user("operator@example.com", "operator")
	cookie := s.monitorSignIn("operator@example.com")
	if _, err := s.db.Bun().ExecContext(t.Context(), `update users set role = 'user' where id = ?`, id); err != nil {
		t.Fatal(err)
	}
	got := s.do(request{method: "GET", path: "/monitor", cookie: cookie}).want(http.StatusForbidden)
	if !strings.Contains(string(got.body), "operator@example.com") {
		t.Errorf("the page does not say who is signed in: %s", got.body)
	}
}
