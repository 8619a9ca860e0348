package handlers_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"tickerwire/store"
)

// TestTheDashboardAsksForWhatIsExported reads Grafana's dashboard: every panel has a query, over metrics that exist.
func TestTheDashboardAsksForWhatIsExported(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../deploy/grafana/tickerwire.json")
	must(t, err)
	var dashboard struct {
		UID    string
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
		}
	}
	must(t, json.Unmarshal(raw, &dashboard))
	s := open(t)
	seed(t, s.db, 2)
	must(t, s.db.DeclareSchedules(t.Context(), []store.Schedule{{Name: store.CrawlSchedule("한빛신문"), Kind: "news:crawl", Payload: []byte(`{}`),
		Queue: "crawl", Cron: "@every 1m0s", Misfire: store.MisfireOnce, MaxLate: 3600e9}}))
	s.get("", "/health")
	families, err := s.registry.Gather()
	must(t, err)
	exported := map[string]bool{"tickerwire_task_duration_seconds": true} // by workers: see TestTasksAreMeasured
	for _, f := range families {
		exported[f.GetName()] = true
	}
	metric := regexp.MustCompile(`(?:tickerwire|http)_[a-z0-9_]+`)
	queries := 0
	for _, p := range dashboard.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			queries++
			names := metric.FindAllString(target.Expr, -1)
			if len(names) == 0 || strings.Count(target.Expr, "(") != strings.Count(target.Expr, ")") {
				t.Errorf("panel %q: %s", p.Title, target.Expr)
			}
			for _, name := range names {
				for _, part := range []string{"_count", "_bucket", "_sum"} {
					name = strings.TrimSuffix(name, part)
				}
				if !exported[name] {
					t.Errorf("panel %q asks for %s, which is not exported", p.Title, name)
				}
			}
		}
	}
	if queries < 10 || dashboard.UID == "" {
		t.Errorf("%d queries of dashboard %q", queries, dashboard.UID)
	}
}
