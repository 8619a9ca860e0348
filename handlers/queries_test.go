package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/store"
)

// counter counts statements.
type counter struct{ n atomic.Int64 }

func (c *counter) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	c.n.Add(1)
	return ctx
}
func (c *counter) AfterQuery(context.Context, *bun.QueryEvent) {}

// mostQueries is how many statements an answer may take, the one that finds out who asks included.
const mostQueries = 16

// queries returns how many statements each GET route takes where there are so many rows of everything.
func queries(t *testing.T, rows int) map[string]int64 {
	t.Helper()
	s := open(t, briefly)
	seed(t, s.db, rows)
	for i := range rows {
		name := fmt.Sprint(i)
		s.fail(store.Failure{Kind: "k", Key: name, Queue: "q", Fingerprint: "f" + name, Error: "e"}, store.Failure{Kind: "k", Key: "f" + name, Queue: "q", Fingerprint: "f", Error: "e"})
		_, _, err := s.db.OrderRun(t.Context(), store.Run{Kind: "crawl", Key: name})
		must(t, err)
		_, _, err = s.db.Beat(t.Context(), store.Worker{ID: name, Role: "worker", State: store.WorkerRunning, InFlight: []store.Flight{{TaskID: name, Since: now}}})
		must(t, err)
		must(t, s.db.DeclareSchedules(t.Context(), []store.Schedule{{Name: name, Kind: "k", Payload: []byte(`{}`), Queue: "q", Cron: "@daily", Misfire: store.MisfireOnce, MaxLate: time.Hour}}))
		_, err = s.db.AddTick(t.Context(), store.Tick{Schedule: name, At: now}, "me")
		must(t, err)
		must(t, s.db.SaveLimit(t.Context(), store.Limit{Key: name, PerSecond: 1}, 0))
	}
	admin, session := s.session(s.user("admin@example.com", "admin"))
	token := s.mint(admin, session.ID, nil)
	for i := range rows {
		s.send(token, "PATCH", "/api/limits/x", fields{"burst": i + 1, "per_second": 1.0}).want(http.StatusOK)
	}
	c := &counter{}
	//lint:ignore SA1019 the copy with a hook would not be the one that the API uses
	s.db.Bun().AddQueryHook(c)
	s.db.ObserveReads(func(string, []any) { c.n.Add(1) })
	out := map[string]int64{}
	for _, op := range s.operations() {
		if op.method != http.MethodGet {
			continue
		}
		path := op.path + map[string]string{"/api/alerts/why": "?story=1", "/api/news": "?q=%EA%B3%B5%EC%9E%A5"}[op.path]
		before := c.n.Load()
		if got := s.get(token, path); got.status >= 400 && !got.leaves() && !strings.HasPrefix(op.path, "/api/ab-test/") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		out[op.template] = c.n.Load() - before
	}
	return out
}

// TestNoRouteAsksRowByRow: an answer takes as many statements of five rows as of twenty.
func TestNoRouteAsksRowByRow(t *testing.T) {
	t.Parallel()
	few, many := queries(t, 5), queries(t, 20)
	var lines []string
	for template, n := range many {
		if n != few[template] {
			t.Errorf("%s: %d statements of few rows, %d of many", template, few[template], n)
		}
		if n > mostQueries {
			t.Errorf("%s: %d statements", template, n)
		}
		lines = append(lines, fmt.Sprintf("%2d %s", n, template))
	}
	slices.Sort(lines)
	t.Logf("statements per route:\n%s", strings.Join(lines, "\n"))
}
