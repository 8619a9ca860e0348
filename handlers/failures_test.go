package handlers_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/store"
)

func TestFailuresAreRetried(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, f := range []store.Failure{
		{Kind: "story:predict", Key: "1/1/1", Queue: "predict-analogue", Payload: []byte(`{"story_id":1}`), Fingerprint: "a", Error: "it broke", State: store.FailureGaveUp},
		{Kind: "story:predict", Key: "2/1/1", Queue: "predict-analogue", Fingerprint: "b", Error: "it broke", State: store.FailureQuarantined},
		{Kind: "news:crawl", Key: "dart", Queue: "crawl", Fingerprint: "a", Error: "timeout", State: store.FailureRetrying},
	} {
		must(t, s.db.RecordFailure(t.Context(), f))
	}
	if _, err := s.db.Bun().ExecContext(t.Context(), `update failures set crashes = 4 where state = 'quarantined'`); err != nil {
		t.Fatal(err)
	}
	operator := s.as("operator")
	retry := func(body any) answer {
		t.Helper()
		return s.do(request{method: "POST", path: "/api/failures/retry", token: operator, body: body})
	}
	listed := s.get(operator, "/api/failures?state=quarantined").want(http.StatusOK).object()
	expect(t, listed, 4.0, "items", 0, "crashes")
	expect(t, listed, "quarantined", "items", 0, "state")

	dry := retry(map[string]any{"dry_run": true}).want(http.StatusOK).object()
	expect(t, dry, 2.0, "count")
	expect(t, dry, 1.0, "ids", 0)
	if len(s.queue.raw) != 0 {
		t.Errorf("a dry run rang for %v", s.queue.raw)
	}
	s.queue.down = true
	retry(map[string]any{"filter": map[string]any{"fingerprint": "a"}}).want(http.StatusServiceUnavailable)
	if n := len(s.walk(operator, "/api/failures?state=gave_up", "id")); n != 1 {
		t.Errorf("%d failures are given up after a ring that failed, want 1", n)
	}
	s.queue.down = false
	done := retry(map[string]any{"filter": map[string]any{"ids": dry["ids"]}}).want(http.StatusOK).object()
	expect(t, done, 2.0, "count")
	expect(t, done, false, "dry_run")
	want := []string{`story:predict 1/1/1 predict-analogue {"story_id":1}`, "story:predict 2/1/1 predict-analogue "}
	if diff := cmp.Diff(want, s.queue.raw); diff != "" {
		t.Error(diff)
	}
	expect(t, retry(nil).want(http.StatusOK).object(), 0.0, "count")
	if field := retry(map[string]any{"filter": map[string]any{"state": "resolved"}}).field(); field != "filter.state" {
		t.Errorf("a state that is never retried: field %q", field)
	}
	s.do(request{method: "POST", path: "/api/failures/retry", token: s.as("user"), body: map[string]any{}}).want(http.StatusForbidden)
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
