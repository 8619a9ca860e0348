package handlers_test

import (
	"net/http"
	"testing"
)

func TestOrdersWaitForTheDrain(t *testing.T) {
	t.Parallel()
	s := open(t)
	operator := s.as("operator")
	crawl := func(source string) answer {
		t.Helper()
		return s.send(operator, "POST", "/api/tasks", fields{"kind": "crawl", "params": fields{"source": source}})
	}
	crawl("한빛신문").want(http.StatusAccepted)
	for _, q := range []string{`insert into runs (kind, key, params) select 'repredict', i::text, '{}' from generate_series(1, 99) i`,
		`insert into runs (kind, key, params, state, finished_at) select 'repredict', i::text, '{}', 'done', now() from generate_series(1, 60) i`} {
		if _, err := s.db.Bun().ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	got := crawl("누리일보").want(http.StatusTooManyRequests)
	if wait := got.header.Get("Retry-After"); wait != "10" { // one too many, at a tenth of a run a second
		t.Errorf("Retry-After %q, want 10: %s", wait, got.body)
	}
	crawl("한빛신문").want(http.StatusAccepted) // is one run already
	if _, err := s.db.Bun().ExecContext(t.Context(), `update runs set state = 'done', finished_at = now() where key = '7'`); err != nil {
		t.Fatal(err)
	}
	crawl("누리일보").want(http.StatusAccepted)
}
