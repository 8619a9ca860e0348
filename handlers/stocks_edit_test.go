package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestStocksAreManaged(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 2)
	admin, doc := s.as("admin"), s.spec()
	made := s.send(admin, "POST", "/api/admin/stocks", fields{"code": "100009", "name": " 새벽해운 ", "aliases": []string{"SAEBYEOK", "새벽", "새벽"}}).want(http.StatusCreated)
	doc.check("POST", "/api/admin/stocks", made)
	for key, want := range (fields{"name": "새벽해운", "priority": 3.0, "active": true}) {
		expect(t, made.object(), want, key)
	}
	s.send(admin, "POST", "/api/admin/stocks", fields{"code": "100009", "name": "x"}).want(http.StatusConflict)
	doc.check("GET", "/api/admin/stocks", s.get(admin, "/api/admin/stocks").want(http.StatusOK))
	if codes := s.walk(admin, "/api/admin/stocks?limit=1", "code"); len(codes) != 4 {
		t.Errorf("in pages of one: %v", codes)
	}
	changed := s.send(admin, "PATCH", "/api/admin/stocks/100009", fields{"priority": 1, "active": false}).want(http.StatusOK)
	doc.check("PATCH", "/api/admin/stocks/{code}", changed)
	expect(t, s.row(admin, "/api/admin/stocks", "code", "100009"), "새벽", "aliases", 1)
	expect(t, s.row(admin, "/api/stocks", "code", "100009"), 1.0, "priority")
	gone := s.send(admin, "DELETE", "/api/admin/stocks/100009", nil).want(http.StatusOK)
	doc.check("DELETE", "/api/admin/stocks/{code}", gone)
	expect(t, gone.object(), "deleted", "result")
	expect(t, s.send(admin, "DELETE", "/api/admin/stocks/100001", nil).want(http.StatusOK).object(), "deactivated", "result")
	expect(t, s.row(admin, "/api/admin/stocks", "code", "100001"), false, "active")
	s.send(admin, "DELETE", "/api/admin/stocks/100009", nil).want(http.StatusNotFound)
	s.send(admin, "PATCH", "/api/admin/stocks/100009", fields{"priority": 1}).want(http.StatusNotFound)
	for body, field := range map[string]string{`{"code":"1","name":"x"}`: "code", `{"code":"100010"}`: "name", `{"code":"100010","name":"  "}`: "name",
		`{"code":"100010","name":"x","priority":6}`: "priority", `{"code":"100010","name":"x","aliases":[""]}`: "aliases"} {
		if got := s.send(admin, "POST", "/api/admin/stocks", body).field(); got != field {
			t.Errorf("%s: field %q", body, got)
		}
	}
	s.get(s.as("operator"), "/api/admin/stocks").want(http.StatusForbidden)
}

func TestStocksAreImported(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 2)
	admin, doc := s.as("admin"), s.spec()
	file := "\uFEFFcode, name ,priority\n100001,누리테크,2\n100002,한빛전자,2\n100020,\"새,벽\",\n100020,다시,1\nbad,x,1\n100021,x,9\n100022,x\n\"100023,x,1\n"
	imported := func(dry bool) map[string]any {
		t.Helper()
		got := s.send(admin, "POST", "/api/admin/stocks/import", fields{"csv": file, "dry_run": dry}).want(http.StatusOK)
		doc.check("POST", "/api/admin/stocks/import", got)
		return got.object()
	}
	for _, dry := range []bool{true, false} {
		body := imported(dry)
		for key, want := range (fields{"dry_run": dry, "added": 1.0, "changed": 1.0, "unchanged": 1.0, "refused_total": 5.0}) {
			expect(t, body, want, key)
		}
		expect(t, body, 5.0, "refused", 0, "line")
		for i, result := range []string{"changed", "unchanged", "added"} {
			expect(t, body, float64(i+2), "lines", i, "line")
			expect(t, body, result, "lines", i, "result")
		}
		expect(t, body, 2.0, "lines", 0, "after", "priority")
		if before := dig(t, body, "lines", 0, "before", "priority"); before == 2.0 {
			t.Errorf("before the change the priority was %v, as after it", before)
		}
		expect(t, body, nil, "lines", 2, "before")
		if why := dig(t, body, "refused", 0, "why").(string); !strings.Contains(why, "line 4") {
			t.Errorf("a code that stands twice: %s", why)
		}
		tracked := len(s.walk(admin, "/api/admin/stocks?limit=50", "code"))
		if want := map[bool]int{true: 3, false: 4}[dry]; tracked != want {
			t.Errorf("dry run %v: %d stocks, want %d", dry, tracked, want)
		}
	}
	first := s.row(admin, "/api/admin/stocks", "code", "100001")
	expect(t, first, 2.0, "priority")
	expect(t, first, "누리 테크", "aliases", 0) // no column: as it was
	expect(t, s.row(admin, "/api/admin/stocks", "code", "100020"), "새,벽", "name")
	expect(t, imported(false), 3.0, "unchanged")
	for _, csv := range []string{"name\nx", "code,name,code\n", "code,name,price\n", "\n"} {
		if field := s.send(admin, "POST", "/api/admin/stocks/import", fields{"csv": csv}).field(); field != "csv" {
			t.Errorf("%q: field %q", csv, field)
		}
	}
}
