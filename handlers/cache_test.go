package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tickerwire/handlers"
)

// kept has answers given again for longer than a test takes.
func kept(d *handlers.Deps) { d.CacheFor = time.Hour }

func TestAnswersAreKeptUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	s := open(t, kept)
	seed(t, s.db, 4)
	admin, session := s.session(s.user("admin@example.com", "admin"))
	token := s.mint(admin, session.ID, nil)
	before := s.get(token, "/api/stocks/100001").want(http.StatusOK)
	if _, err := s.db.Bun().ExecContext(t.Context(), `update stocks set name = '새이름' where code = '100001'`); err != nil {
		t.Fatal(err)
	}
	if again := s.get(token, "/api/stocks/100001").want(http.StatusOK); string(again.body) != string(before.body) || again.header.Get("ETag") != before.header.Get("ETag") {
		t.Errorf("the answer was not kept: %s", again.body)
	}
	if other := s.get(token, "/api/stocks/100002").want(http.StatusOK); strings.Contains(string(other.body), "100001") {
		t.Errorf("another one's answer: %s", other.body)
	}
	s.send(token, "PATCH", "/api/limits/x", fields{"burst": 1, "per_second": 1.0}).want(http.StatusOK)
	if after := s.get(token, "/api/stocks/100001").want(http.StatusOK); !strings.Contains(string(after.body), "새이름") {
		t.Errorf("after a change: %s", after.body)
	}
}

func TestKeptAnswersAreForThoseWhoMayAsk(t *testing.T) {
	t.Parallel()
	s := open(t, kept)
	seed(t, s.db, 4)
	fail := `update sources set last_error = 'secret of operators', errors_in_row = 1, last_error_at = now()`
	if _, err := s.db.Bun().ExecContext(t.Context(), fail); err != nil {
		t.Fatal(err)
	}
	admin, session := s.session(s.user("admin@example.com", "admin"))
	token := s.mint(admin, session.ID, nil)
	if got := s.get(token, "/api/dashboard").want(http.StatusOK); !strings.Contains(string(got.body), "secret of operators") {
		t.Fatalf("an admin does not see errors: %s", got.body)
	}
	if got := s.get(s.as("user"), "/api/dashboard").want(http.StatusOK); strings.Contains(string(got.body), "secret of operators") {
		t.Error("a user sees what was made for an admin")
	}
	s.get("", "/api/dashboard").want(http.StatusUnauthorized)
	must(t, s.db.RevokeSession(t.Context(), session.ID, "test"))
	s.get(token, "/api/dashboard").want(http.StatusUnauthorized)
}

func TestErrorsAreNotKept(t *testing.T) {
	t.Parallel()
	s := open(t, kept)
	seed(t, s.db, 4)
	admin, session := s.session(s.user("admin@example.com", "admin"))
	token := s.mint(admin, session.ID, nil)
	s.get(token, "/api/stocks/100009").want(http.StatusNotFound)
	if _, err := s.db.Bun().ExecContext(t.Context(), `insert into stocks (code, name) values ('100009', '나중')`); err != nil {
		t.Fatal(err)
	}
	s.get(token, "/api/stocks/100009").want(http.StatusOK)
}
