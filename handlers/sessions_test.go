package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestMySessions: each sees his own, which one this is, and ends any of them, for every process at once.
func TestMySessions(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.user("anna@example.com", "user")
	s.user("bert@example.com", "admin")
	doc := s.spec()
	agent := strings.Repeat("a", 400)
	got := s.do(request{method: "POST", path: "/api/auth/login", header: map[string]string{"User-Agent": agent}, body: map[string]string{"email": "anna@example.com", "password": password}})
	program := got.want(http.StatusOK).object()
	access, cookie := s.browserSession("anna@example.com")
	bert := s.login("bert@example.com")
	list := s.get(access, "/api/auth/sessions").want(http.StatusOK)
	doc.check("GET", "/api/auth/sessions", list)
	here, there := dig(t, list.object(), "items", 0).(map[string]any), dig(t, list.object(), "items", 1).(map[string]any)
	for key, want := range (fields{"current": true, "kind": "browser"}) {
		expect(t, here, want, key)
	}
	for key, want := range (fields{"current": false, "kind": "program", "agent": agent[:300]}) {
		expect(t, there, want, key)
	}
	if here["address"] == "" || len(dig(t, list.object(), "items").([]any)) != 2 {
		t.Errorf("sessions: %s", list.body)
	}
	if ids := s.walk(access, "/api/auth/sessions?limit=1", "id"); len(ids) != 2 || ids[0] != here["id"] || ids[1] != there["id"] {
		t.Errorf("in pages of one: %v", ids)
	}
	end := func(token string, id any) answer {
		t.Helper()
		got := s.do(request{method: "DELETE", path: fmt.Sprintf("/api/auth/sessions/%v", id), token: token})
		doc.check("DELETE", "/api/auth/sessions/{id}", got)
		return got
	}
	end(bert.Access, there["id"]).want(http.StatusNotFound) // an admin, too, ends only his own in this way
	s.get(program["access_token"].(string), "/api/auth/me").want(http.StatusOK)
	began := time.Now()
	out := end(access, there["id"]).want(http.StatusNoContent)
	s.get(program["access_token"].(string), "/api/auth/me").want(http.StatusUnauthorized)
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %s until the session had ended", took)
	}
	s.refresh(program["refresh_token"].(string)).want(http.StatusUnauthorized)
	if set := out.header.Get("Set-Cookie"); set != "" {
		t.Errorf("this session's cookie is touched: %q", set)
	}
	end(access, there["id"]).want(http.StatusNotFound)
	s.get(access, "/api/auth/me").want(http.StatusOK)
	out = s.do(request{method: "DELETE", path: fmt.Sprintf("/api/auth/sessions/%v", here["id"]), token: access, cookie: cookie}).want(http.StatusNoContent)
	if !strings.Contains(out.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("the cookie of the session that was ended is left: %q", out.header.Get("Set-Cookie"))
	}
	s.get(access, "/api/auth/me").want(http.StatusUnauthorized)
}
