package handlers_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"tickerwire/handlers"
	"tickerwire/store"
)

const hanbit = "/api/sources/%ED%95%9C%EB%B9%9B%EC%8B%A0%EB%AC%B8"

// counted opens an API that knows how many calls were made today.
func counted(t *testing.T, used map[string]int64) *site {
	t.Helper()
	return open(t, func(d *handlers.Deps) {
		d.UsedToday = func(_ context.Context, key string) (int64, error) { return used[key], nil }
	})
}

func TestSourcesSayHowTheyAre(t *testing.T) {
	t.Parallel()
	s := counted(t, map[string]int64{"한빛신문": 70})
	seed(t, s.db, 6)
	must(t, s.db.DeclareLimits(t.Context(), []store.Limit{{Key: "한빛신문", PerSecond: 1, PerDay: 100}, {Key: "*", PerMinute: 30, PerDay: 9}}))
	must(t, s.db.DeclareSchedules(t.Context(), []store.Schedule{{Name: store.CrawlSchedule("한빛신문"), Kind: "news:crawl", Payload: []byte(`{}`),
		Queue: "crawl", Cron: "@every 1m30s", Misfire: store.MisfireOnce, MaxLate: time.Hour}}))
	user := s.as("user")
	read := func(i int) map[string]any {
		t.Helper()
		return dig(t, s.get(user, "/api/sources").want(http.StatusOK).object(), "items", i).(map[string]any)
	}
	well := read(1)
	for key, want := range map[string]any{"name": "한빛신문", "on": true, "state": "ok", "age_seconds": 60.0, "period_seconds": 90.0, "items": 6.0,
		"yield": "learning", "lag_p50_seconds": 60.0, "lag_p95_seconds": 60.0, "error_rate": 0.0, "quota_left": 30.0} {
		expect(t, well, want, key)
	}
	expect(t, well, "closed", "breaker", "state")
	expect(t, well, nil, "breaker", "open_until")
	failing := read(0)
	for key, want := range map[string]any{"state": "failing", "yield": nil, "lag_p50_seconds": nil, "error_rate": 1.0, "quota_left": nil,
		"age_seconds": nil, "period_seconds": nil, "last_error": nil} {
		expect(t, failing, want, key)
	}
	for range 4 {
		must(t, s.db.SaveCrawl(t.Context(), store.Crawl{Source: "누리일보", Part: "all", At: now, Err: "no route to the host"}))
	}
	expect(t, read(0), "open", "breaker", "state")
	if _, err := s.db.Bun().ExecContext(t.Context(), `update sources set open_until = now() - interval '1 second' where open_until is not null`); err != nil {
		t.Fatal(err)
	}
	expect(t, read(0), "half_open", "breaker", "state")
	must(t, s.db.SaveCrawl(t.Context(), store.Crawl{Source: "누리일보", Part: "all", At: now}))
	expect(t, read(0), "closed", "breaker", "state")
	expect(t, s.get(user, "/api/dashboard").want(http.StatusOK).object(), 30.0, "sources", 1, "quota_left")
}

// TestASourceRunsDry keeps weeks of silences of at most ten minutes, then one that is longer.
func TestASourceRunsDry(t *testing.T) {
	t.Parallel()
	clock := now
	s := open(t, func(d *handlers.Deps) { d.Now = func() time.Time { return clock } })
	token := s.as("user")
	crawl := func(at time.Time, fresh int) {
		t.Helper()
		must(t, s.db.SaveCrawl(t.Context(), store.Crawl{Source: "한빛신문", At: at, New: fresh}))
	}
	yield := func(at time.Time) any {
		t.Helper()
		clock = at
		return dig(t, s.get(token, "/api/sources").want(http.StatusOK).object(), "items", 1, "yield")
	}
	for week := 6; week > 0; week-- { // one of them is a holiday
		at := now.AddDate(0, 0, -7*week)
		for _, minutes := range []int{-5, 0, 10} { // the first one ends a week of silence, in the hour before
			crawl(at.Add(time.Duration(minutes)*time.Minute), 1)
		}
	}
	crawl(now.Add(-5*time.Minute), 1)
	crawl(now, 2)
	for _, minutes := range []int{5, 10} {
		crawl(now.Add(time.Duration(minutes)*time.Minute), 0)
		if got := yield(now.Add(time.Duration(minutes) * time.Minute)); got != "normal" {
			t.Errorf("after %d minutes: %v", minutes, got)
		}
	}
	crawl(now.Add(11*time.Minute), 0)
	if got := yield(now.Add(30 * time.Minute)); got != "dry" {
		t.Errorf("after eleven minutes: %v", got)
	}
	text := string(call(t, handlers.Metrics(s.registry), request{method: "GET", path: "/metrics"}).want(http.StatusOK).body)
	if !strings.Contains(text, `tickerwire_source_dry{source="한빛신문"} 1`) {
		t.Errorf("the metrics do not say so:\n%s", text)
	}
	must(t, s.db.SaveCrawl(t.Context(), store.Crawl{Source: "한빛신문", At: now.Add(12 * time.Minute), Err: "status 503"}))
	if got := yield(now.Add(30 * time.Minute)); got != nil {
		t.Errorf("who does not answer is %v", got)
	}
	crawl(now.Add(13*time.Minute), 1)
	if got := yield(now.Add(14 * time.Minute)); got != "normal" {
		t.Errorf("when it shows something again: %v", got)
	}
}

func TestPatchSource(t *testing.T) {
	t.Parallel()
	s := open(t)
	must(t, s.db.DeclareSchedules(t.Context(), []store.Schedule{{Name: store.CrawlSchedule("한빛신문"), Kind: "news:crawl", Payload: []byte(`{}`),
		Queue: "crawl", Cron: "@every 1m0s", Misfire: store.MisfireOnce, MaxLate: time.Hour}}))
	admin := s.as("admin")
	patch := func(path, body string) answer {
		return s.do(request{method: "PATCH", path: path, token: admin, body: body})
	}
	got := patch(hanbit, `{"on": false}`).want(http.StatusOK).object()
	expect(t, got, "off", "state")
	expect(t, got, false, "on")
	order := request{method: "POST", path: "/api/tasks", token: admin, body: map[string]any{"kind": "crawl", "params": map[string]string{"source": "한빛신문"}}}
	if field := s.do(order).field(); field != "params.source" {
		t.Errorf("a crawl of a source that is off: field %q", field)
	}
	got = patch(hanbit, `{"on": true, "period_seconds": 45}`).want(http.StatusOK).object()
	expect(t, got, "waiting", "state")
	expect(t, got, 45.0, "period_seconds")
	schedule, err := s.db.Schedule(t.Context(), store.CrawlSchedule("한빛신문"))
	if err != nil || schedule.Cron != "@every 45s" {
		t.Errorf("%+v, %v", schedule, err)
	}
	expect(t, patch(hanbit, `{}`).want(http.StatusOK).object(), 45.0, "period_seconds")
	patch("/api/sources/nowhere", `{"on": true}`).want(http.StatusNotFound)
	patch("/api/sources/"+url.PathEscape("누리일보"), `{"period_seconds": 45}`).want(http.StatusConflict)
	for body, field := range map[string]string{`{"period_seconds": 0}`: "period_seconds", `{"period_seconds": 86401}`: "period_seconds",
		`{"on": "yes"}`: "on", `{"off": true}`: "off"} {
		if got := patch(hanbit, body).field(); got != field {
			t.Errorf("%s: field %q, want %q", body, got, field)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := counted(t, map[string]int64{"kis": 12})
	must(t, s.db.DeclareLimits(t.Context(), []store.Limit{{Key: "kis", PerSecond: 18}, {Key: "telegram:*", PerSecond: 1}, {Key: "telegram:-*", PerSecond: 1, PerMinute: 20}}))
	admin := s.as("admin")
	if keys := s.walk(admin, "/api/limits?", "key"); !slices.Equal(keys, []any{"kis", "telegram:*", "telegram:-*"}) {
		t.Errorf("limits of %v", keys)
	}
	list := s.get(admin, "/api/limits").want(http.StatusOK).object()
	expect(t, list, 12.0, "items", 0, "used_today")
	expect(t, list, nil, "items", 1, "used_today")
	expect(t, list, nil, "items", 0, "changed_at")
	patch := func(key, body string) answer {
		return s.do(request{method: "PATCH", path: "/api/limits/" + key, token: admin, body: body})
	}
	got := patch("kis", `{"per_second": 9.5, "per_day": 1000}`).want(http.StatusOK).object()
	for key, want := range map[string]any{"key": "kis", "per_second": 9.5, "per_minute": 0.0, "per_day": 1000.0, "used_today": 12.0, "changed_by": 1.0} {
		expect(t, got, want, key)
	}
	got = patch("telegram%3A-100", `{"per_minute": 10}`).want(http.StatusOK).object() // starts from what a group may do
	for key, want := range map[string]any{"key": "telegram:-100", "per_second": 1.0, "per_minute": 10.0} {
		expect(t, got, want, key)
	}
	expect(t, patch("telegram:*", `{"per_second": 0.5}`).want(http.StatusOK).object(), "telegram:*", "key")
	rows, err := s.db.Limits(t.Context())
	if err != nil || len(rows) != 4 || rows[1].PerSecond != .5 || rows[0].ChangedAt.IsZero() {
		t.Errorf("%+v, %v", rows, err)
	}
	for _, c := range []struct{ key, body, field string }{
		{"kis", `{"per_second": 0}`, "per_second"},
		{"kis", `{"per_second": -1}`, "per_second"},
		{"kis", `{"per_second": 1e-9}`, "per_second"},
		{"kis", `{"per_minute": 1e-9}`, "per_minute"},
		{"kis", `{"burst": 1.5}`, "burst"},
		{"kis", `{"per_hour": 5}`, "per_hour"},
		{"nobody", `{}`, "per_second"},
		{"a*b", `{"per_second": 1}`, "key"},
		{"a%20b", `{"per_second": 1}`, "key"},
		{"%00", `{"per_second": 1}`, "key"},
	} {
		if got := patch(c.key, c.body).field(); got != c.field {
			t.Errorf("%s %s: field %q, want %q", c.key, c.body, got, c.field)
		}
	}
}

func TestWithoutRedisNoQuotaIsInvented(t *testing.T) {
	t.Parallel()
	s := open(t, func(d *handlers.Deps) {
		d.UsedToday = func(context.Context, string) (int64, error) { return 0, errors.New("redis is away") }
	})
	must(t, s.db.DeclareLimits(t.Context(), []store.Limit{{Key: "한빛신문", PerSecond: 1, PerDay: 100}}))
	expect(t, s.get(s.as("admin"), "/api/sources").want(http.StatusOK).object(), nil, "items", 1, "quota_left")
	if !strings.Contains(s.log.String(), "redis is away") {
		t.Error("the log does not say why")
	}
}

func TestWithoutPostgresNothingIsMeasured(t *testing.T) {
	t.Parallel()
	s := open(t)
	if _, err := s.db.Bun().ExecContext(t.Context(), `drop table source_hours`); err != nil {
		t.Fatal(err)
	}
	text := string(call(t, handlers.Metrics(s.registry), request{method: "GET", path: "/metrics"}).want(http.StatusOK).body)
	if !strings.Contains(text, "tickerwire_sources_readable 0") || strings.Contains(text, "tickerwire_source_on") {
		t.Errorf("the metrics show what is not known:\n%s", text)
	}
}

// ruleFile is all of a file of alert rules; a field that it does not name is an error.
type ruleFile struct {
	Groups []struct {
		Name     string
		Interval string
		Rules    []struct {
			Alert       string
			Expr        string
			For         string
			Labels      map[string]string
			Annotations map[string]string
		}
	}
}

// TestAlertRules reads the rules strictly: each is complete, and asks only for metrics that are exported.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../deploy/prometheus/alerts.yml")
	must(t, err)
	defer file.Close()
	var rules ruleFile
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	must(t, decoder.Decode(&rules))
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		t.Errorf("something stands behind the rules: %v", err)
	}

	s := counted(t, map[string]int64{})
	seed(t, s.db, 2)
	must(t, s.db.DeclareLimits(t.Context(), []store.Limit{{Key: "한빛신문", PerSecond: 1, PerDay: 100}}))
	must(t, s.db.DeclareSchedules(t.Context(), []store.Schedule{{Name: store.CrawlSchedule("한빛신문"), Kind: "news:crawl", Payload: []byte(`{}`),
		Queue: "crawl", Cron: "@every 1m0s", Misfire: store.MisfireOnce, MaxLate: time.Hour}}))
	families, err := s.registry.Gather()
	must(t, err)
	exported := map[string]bool{}
	for _, f := range families {
		exported[f.GetName()] = true
	}
	metric := regexp.MustCompile(`tickerwire_\w+`)
	seen := map[string]bool{}
	for _, g := range rules.Groups {
		if _, err := time.ParseDuration(g.Interval); err != nil || g.Name == "" {
			t.Errorf("group %q: %v", g.Name, err)
		}
		for _, r := range g.Rules {
			if _, err := time.ParseDuration(r.For); err != nil || seen[r.Alert] || r.Alert == "" {
				t.Errorf("alert %q: its name is empty or taken, or %v", r.Alert, err)
			}
			seen[r.Alert] = true
			if !slices.Contains([]string{"page", "ticket"}, r.Labels["severity"]) || r.Annotations["summary"] == "" || r.Annotations["runbook"] == "" {
				t.Errorf("alert %s: severity %q, annotations %v", r.Alert, r.Labels["severity"], r.Annotations)
			}
			names := metric.FindAllString(r.Expr, -1)
			if strings.HasPrefix(r.Alert, "Source") && r.Alert != "SourcesUnreadable" && !slices.Contains(names, "tickerwire_source_on") {
				t.Errorf("alert %s fires for sources that are not set up: %s", r.Alert, r.Expr)
			}
			if shown := strings.Contains(r.Annotations["summary"], "$value"); shown && names[0] == "tickerwire_source_on" {
				t.Errorf("alert %s shows the value of another metric than it speaks of: %s", r.Alert, r.Expr)
			}
			if len(names) == 0 || strings.Count(r.Expr, "(") != strings.Count(r.Expr, ")") {
				t.Errorf("alert %s asks for nothing: %s", r.Alert, r.Expr)
			}
			for _, name := range names {
				if !exported[name] {
					t.Errorf("alert %s asks for %s, which is not exported", r.Alert, name)
				}
			}
		}
	}
	if len(seen) < 5 {
		t.Errorf("%d alerts only", len(seen))
	}
}
