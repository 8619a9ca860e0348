package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"tickerwire/store"
)

// entry finds the newest row of the audit log for a route.
func (s *site) entry(admin, action string) map[string]any {
	s.Helper()
	var page listBody
	s.get(admin, "/api/audit?limit=200").want(http.StatusOK).into(&page)
	for _, item := range page.Items {
		if item["action"] == action {
			return item
		}
	}
	s.Fatalf("no row of %s among %d", action, len(page.Items))
	return nil
}

func TestChangesAreAudited(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin := s.as("admin")
	s.do(request{method: "PATCH", path: "/api/limits/telegram%3A*", token: admin, body: fields{"per_second": 2.0},
		header: map[string]string{"X-Request-ID": "request-number-9"}}).want(http.StatusOK)
	row := s.entry(admin, "PATCH /api/limits/{key}")
	for key, want := range (fields{"actor": "admin@example.com", "path": "/api/limits/telegram:*", "status": 200.0, "request_id": "request-number-9"}) {
		expect(t, row, want, key)
	}
	expect(t, row, "telegram:*", "input", "key")
	expect(t, row, 2.0, "input", "per_second")

	cookie := s.monitorSignIn("admin@example.com")
	s.send(admin, "DELETE", "/api/models/77", nil).want(http.StatusNotFound)
	expect(t, s.entry(admin, "DELETE /api/models/{id}"), 404.0, "status")

	s.do(request{method: "POST", path: "/monitor/api/queues/embed:pause", cookie: cookie}).want(http.StatusOK)
	expect(t, s.entry(admin, "POST /monitor/*"), "/monitor/api/queues/embed:pause", "path")

	made := s.send(admin, "POST", "/api/webhooks", fields{"url": "https://hooks.example/token-of-it"}).want(http.StatusCreated)
	expect(t, made.object(), "ko", "webhook", "language") // the default holds in bodies, too
	s.send(admin, "PATCH", "/api/auth/me", fields{"current_password": password, "password": "another long password"}).want(http.StatusOK)
	s.send(admin, "PUT", "/api/watchlist", fields{"codes": []string{}, "all": true}).want(http.StatusOK)
	all := string(s.get(admin, "/api/audit").want(http.StatusOK).body)
	for _, secret := range []string{password, "another long password", "token-of-it", `"all"`} {
		if strings.Contains(all, secret) {
			t.Errorf("the audit log holds %q: %s", secret, all)
		}
	}
	expect(t, s.entry(admin, "POST /api/webhooks"), "***", "input", "url")
}

func TestWhatChangesNothingIsNotAudited(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin := s.as("admin")
	s.send(admin, "POST", "/api/alerts/rule/preview", fields{}).want(http.StatusOK)
	s.send(admin, "PATCH", "/api/limits/x", fields{"per_second": "fast"}).want(http.StatusBadRequest)
	s.send(s.as("user"), "PATCH", "/api/limits/x", fields{"per_second": 1.0}).want(http.StatusForbidden)
	s.get(admin, "/api/limits").want(http.StatusOK)
	if n := len(s.walk(admin, "/api/audit?limit=50", "id")); n != 0 {
		t.Errorf("%d rows for nothing", n)
	}
}

// TestNothingChangesUnaudited: where the row cannot be written, the change is not made.
func TestNothingChangesUnaudited(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin := s.as("admin")
	if _, err := s.db.Bun().ExecContext(t.Context(), `alter table audit rename to audit_away`); err != nil {
		t.Fatal(err)
	}
	s.send(admin, "PATCH", "/api/limits/x", fields{"per_second": 1.0}).want(http.StatusInternalServerError)
	if keys := s.walk(admin, "/api/limits?limit=50", "key"); slices.Contains(keys, any("x")) {
		t.Error("a limit was changed without a row of it")
	}
}

func TestTheAuditLogOnlyGrows(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin := s.as("admin")
	s.send(admin, "PATCH", "/api/limits/x", fields{"per_second": 1.0}).want(http.StatusOK)
	for _, q := range []string{`delete from audit`, `update audit set status = 500`, `update audit set actor_id = actor_id, path = 'elsewhere'`} {
		if _, err := s.db.Bun().ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "only grows") {
			t.Errorf("%s: %v", q, err)
		}
	}
	for query, want := range map[string]int{"?action=PATCH+/api/limits/%7Bkey%7D": 1, "?action=DELETE+/api/x": 0, "?actor=999": 0, "?to=2020-01-01T00:00:00Z": 0, "?from=2020-01-01T00:00:00Z": 1} {
		if n := len(s.walk(admin, "/api/audit"+query+"&limit=10", "id")); n != want {
			t.Errorf("%s: %d rows, want %d", query, n, want)
		}
	}
	if field := s.get(admin, "/api/audit?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z").field(); field != "from" {
		t.Errorf("a period that ends before it begins: field %q", field)
	}
}

// TestCommandsStandInTheAuditLog: who works from the command line is no user.
func TestCommandsStandInTheAuditLog(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin := s.as("admin")
	id, err := s.db.BeginAudit(t.Context(), store.AuditEntry{Actor: "tickerctl:anna", Action: "tickerctl import", Path: "history", Address: "desk"})
	must(t, err)
	must(t, s.db.EndAudit(t.Context(), id, http.StatusOK))
	row := s.entry(admin, "tickerctl import")
	for key, want := range (fields{"actor": "tickerctl:anna", "actor_id": nil, "path": "history", "address": "desk", "status": 200.0, "request_id": ""}) {
		expect(t, row, want, key)
	}
	if n := len(s.walk(admin, "/api/audit?limit=10&action=tickerctl+import", "id")); n != 1 {
		t.Errorf("%d rows of the command", n)
	}
	for what, e := range map[string]store.AuditEntry{"nobody": {Action: "x"}, "no such user": {ActorID: 999, Action: "x"}} {
		if _, err := s.db.BeginAudit(t.Context(), e); err == nil {
			t.Errorf("a change by %s was written down", what)
		}
	}
	if _, err := s.db.Bun().ExecContext(t.Context(), `update audit set operator = 'tickerctl:bert'`); err == nil {
		t.Error("a row's operator was changed")
	}
}
