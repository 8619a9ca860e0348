package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/store"
)

func (s *site) fail(list ...store.Failure) {
	s.Helper()
	for _, f := range list {
		must(s, s.db.RecordFailure(s.Context(), f))
	}
}

func TestFailuresAreGroupedByCause(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.fail(store.Failure{Kind: "story:predict", Key: "1", Queue: "predict-llm", Fingerprint: "a", Error: "model 1 is away", State: store.FailureGaveUp},
		store.Failure{Kind: "story:predict", Key: "2", Queue: "predict-pool", Fingerprint: "a", Error: "model 2 is away", State: store.FailureQuarantined},
		store.Failure{Kind: "news:crawl", Key: "dart", Queue: "crawl", Fingerprint: "b", Error: "timeout", State: store.FailureRetrying},
		store.Failure{Kind: "news:crawl", Key: "krx", Queue: "crawl", Fingerprint: "c", Error: "gone", State: store.FailureResolved})
	operator, doc := s.as("operator"), s.spec()
	list := s.get(operator, "/api/failures").want(http.StatusOK)
	doc.check("GET", "/api/failures", list)
	if got := s.walk(operator, "/api/failures?limit=1", "fingerprint"); !cmp.Equal(got, []any{"b", "a"}) {
		t.Errorf("causes %v, want the one that failed last first, and no resolved one", got)
	}
	cause := s.row(operator, "/api/failures", "fingerprint", "a")
	for key, want := range (fields{"count": 2.0, "gave_up": 1.0, "quarantined": 1.0, "retrying": 0.0, "attempts": 2.0, "error": "model 2 is away", "kind": "story:predict"}) {
		expect(t, cause, want, key)
	}
	expect(t, cause, "predict-pool", "queues", 1)
	for query, want := range map[string][]any{"?state=resolved": {"c"}, "?state=quarantined": {"a"}, "?kind=news:crawl": {"b"}, "?queue=predict-llm": {"a"},
		"?error=IS+AWAY": {"a"}, "?error=%25": nil, "?from=2100-01-01T00:00:00Z": nil, "?to=2100-01-01T00:00:00Z&kind=news:crawl": {"b"}} {
		if got := s.walk(operator, "/api/failures"+query+"&limit=10", "fingerprint"); !cmp.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	one := s.get(operator, "/api/failures/a?limit=1").want(http.StatusOK)
	doc.check("GET", "/api/failures/{fingerprint}", one)
	expect(t, one.object(), 2.0, "cause", "count")
	if keys := s.walk(operator, "/api/failures/a?limit=1", "key"); !cmp.Equal(keys, []any{"2", "1"}) {
		t.Errorf("failures of a cause: %v", keys)
	}
	done := s.get(operator, "/api/failures/c").want(http.StatusOK).object() // whoever follows it sees that all of it is done
	expect(t, done, 1.0, "cause", "resolved")
	if rows := s.walk(operator, "/api/failures/c", "key"); len(rows) != 0 {
		t.Errorf("open failures of a cause that is done: %v", rows)
	}
	s.get(operator, "/api/failures/nothing").want(http.StatusNotFound)
	s.get(operator, "/api/failures/c?state=resolved").want(http.StatusOK)
}

func TestOperatorsNoteAndIgnoreACause(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.fail(store.Failure{Kind: "story:predict", Key: "1", Queue: "q", Fingerprint: "a", Error: "it broke", State: store.FailureGaveUp},
		store.Failure{Kind: "news:crawl", Key: "2", Queue: "q", Fingerprint: "b", Error: "timeout"})
	operator, viewer, doc := s.as("operator"), s.as("user"), s.spec()
	patch := func(body any) answer {
		t.Helper()
		got := s.send(operator, "PATCH", "/api/failures/a", body)
		doc.check("PATCH", "/api/failures/{fingerprint}", got)
		return got
	}
	listed := func(query string) []any {
		t.Helper()
		return s.walk(operator, "/api/failures?limit=10"+query, "fingerprint")
	}
	fresh := s.row(operator, "/api/failures", "fingerprint", "a")
	for _, key := range []string{"note", "ignored", "came_back_at"} {
		expect(t, fresh, nil, key)
	}
	if hours := dig(t, fresh, "per_hour").([]any); len(hours) != 24 || hours[23] != 1.0 && hours[22] != 1.0 {
		t.Errorf("failures per hour: %v", hours)
	}
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	done := patch(fields{"note": "the model is away", "ignore_until": until}).want(http.StatusOK).object()
	expect(t, done, "the model is away", "note", "text")
	if by := dig(t, done, "ignored", "by"); by == nil || by != dig(t, done, "note", "by") {
		t.Errorf("who ignored it: %v", by)
	}
	if at, err := time.Parse(time.RFC3339, dig(t, done, "ignored", "until").(string)); err != nil || !at.Equal(until) {
		t.Errorf("ignored until %v, want %s", dig(t, done, "ignored", "until"), until)
	}
	if a, b, all := listed("&ignored=true"), listed("&ignored=false"), listed(""); !cmp.Equal(a, []any{"a"}) || !cmp.Equal(b, []any{"b"}) || len(all) != 2 {
		t.Errorf("ignored %v, others %v, all %v", a, b, all)
	}
	expect(t, s.get(viewer, "/api/dashboard").want(http.StatusOK).object(), 1.0, "pipeline", "gave_up") // what waits, waits
	expect(t, patch(fields{"watch_again": true}).want(http.StatusOK).object(), nil, "ignored")
	expect(t, patch(fields{"note": ""}).want(http.StatusOK).object(), nil, "note")
	for field, body := range map[string]fields{"ignore_until": {"ignore_until": time.Now().Add(-time.Second)}, "watch_again": {"ignore_until": until, "watch_again": true},
		"note": {"note": strings.Repeat("가", 2001)}} {
		if got := patch(body).field(); got != field {
			t.Errorf("%v: field %q", body, got)
		}
	}
	if got := patch(fields{"ignore_until": time.Now().AddDate(2, 0, 0)}).field(); got != "ignore_until" {
		t.Errorf("two years ahead: field %q", got)
	}
	s.send(operator, "PATCH", "/api/failures/nothing", fields{"note": "x"}).want(http.StatusNotFound)
	s.send(viewer, "PATCH", "/api/failures/a", fields{"note": "x"}).want(http.StatusForbidden)
	entry := s.row(s.as("admin"), "/api/audit", "action", "PATCH /api/failures/{fingerprint}")
	expect(t, entry, "/api/failures/nothing", "path")
	expect(t, entry, "x", "input", "note")
}

func TestABulkRetryIsOrdered(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.fail(store.Failure{Kind: "story:predict", Key: "1", Queue: "q", Fingerprint: "a", Error: "it broke", State: store.FailureGaveUp},
		store.Failure{Kind: "story:predict", Key: "2", Queue: "q", Fingerprint: "b", Error: "it broke", State: store.FailureQuarantined},
		store.Failure{Kind: "news:crawl", Key: "3", Queue: "q", Fingerprint: "c", Error: "it broke", State: store.FailureRetrying})
	operator, doc := s.as("operator"), s.spec()
	retry := func(body any) answer {
		t.Helper()
		got := s.send(operator, "POST", "/api/failures/retry", body)
		doc.check("POST", "/api/failures/retry", got)
		return got
	}
	dry := retry(fields{"dry_run": true}).want(http.StatusOK).object()
	expect(t, dry, 2.0, "count")
	expect(t, dry, "a", "causes", 0, "fingerprint")
	expect(t, dry, nil, "run")
	// What fails after the dry run is none of it.
	s.fail(store.Failure{Kind: "story:predict", Key: "4", Queue: "q", Fingerprint: "a", Error: "it broke", State: store.FailureGaveUp})
	order := fields{"snapshot": dry["snapshot"], "per_second": 5.0}
	done := retry(order).want(http.StatusAccepted).object()
	expect(t, done, 2.0, "count")
	expect(t, done, "retry", "run", "kind")
	expect(t, done, 5.0, "run", "params", "per_second")
	if again := retry(order).want(http.StatusAccepted).object(); dig(t, again, "run", "id") != dig(t, done, "run", "id") {
		t.Errorf("ordered twice, it is two runs: %v and %v", done, again)
	}
	if diff := cmp.Diff([]int64{1}, s.queue.runs); diff != "" {
		t.Errorf("rung for (-want +got):\n%s", diff)
	}
	expect(t, retry(fields{"filter": fields{"kind": "nothing"}}).want(http.StatusOK).object(), 0.0, "count")
	for body, field := range map[string]string{`{"filter":{"state":"resolved"}}`: "filter.state", `{"snapshot":99}`: "snapshot", `{"snapshot":1,"filter":{}}`: "filter",
		`{"per_second":0.001}`: "per_second", `{"filter":{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}}`: "filter.from"} {
		if got := s.send(operator, "POST", "/api/failures/retry", body).field(); got != field {
			t.Errorf("%s: field %q", body, got)
		}
	}
	s.send(s.as("user"), "POST", "/api/failures/retry", fields{}).want(http.StatusForbidden)
}

func TestSourcesComeFromTheStore(t *testing.T) {
	t.Parallel()
	s := open(t)
	must(t, s.db.SaveCrawl(t.Context(), store.Crawl{Source: "옛신문", Part: "all", At: now}))
	operator := s.as("operator")
	body := s.get(operator, "/api/sources").want(http.StatusOK).object()
	expect(t, body, "누리일보", "items", 0, "name")
	expect(t, body, "waiting", "items", 0, "state") // declared, and never crawled
	expect(t, body, true, "items", 0, "configured")
	expect(t, body, false, "items", 1, "configured")
	crawl := func(source string) answer {
		t.Helper()
		return s.do(request{method: "POST", path: "/api/tasks", token: operator,
			body: map[string]any{"kind": "crawl", "params": map[string]string{"source": source}}})
	}
	crawl("누리일보").want(http.StatusAccepted)
	must(t, s.db.DeclareSources(t.Context(), []string{"누리일보", "kis"}))
	for _, gone := range []string{"옛신문", "nowhere", "kis"} { // prices are asked for when they are due
		if field := crawl(gone).field(); field != "params.source" {
			t.Errorf("%s: field %q", gone, field)
		}
	}
}
