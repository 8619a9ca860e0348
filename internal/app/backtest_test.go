package app_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/backtest"
	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/prompt"
	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
)

// serveSimulator serves an invented outside world and returns its address.
func serveSimulator(t *testing.T) string {
	t.Helper()
	world, err := simulator.NewMarket(simulator.MarketOptions{})
	fatal(t, err)
	server := httptest.NewServer(simulator.New(world, simulator.Options{}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestABacktestOfLanguageModels walks language models of the registry through generated news, by the program as it is run:
// what one may have read in its training stands apart as no evidence on the terminal, in the JSON and on the page, whoever
// says it, and nothing is kept of the walk where the registry is.
func TestABacktestOfLanguageModels(t *testing.T) {
	t.Parallel()
	db, dir := newDatabase(t), openDir(t)
	fatal(t, simulator.WriteGenerated(dir, simulator.ArchiveOptions{Seed: 5, Articles: 60})) // from October 26 to November 2, 2026
	env, tickerctl := errands(t, db)
	env = append(env, "SIMULATOR_URL="+serveSimulator(t))
	tickerctl("migrate")
	ids := make(map[string]int64)
	for _, m := range []struct {
		name   string
		cutoff market.Day
		budget int64
	}{
		{"honest", market.NewDay(2025, time.June, 1), 1_000_000},
		{"half", market.NewDay(2026, time.October, 28), 1_000_000},
		{"read", market.NewDay(2026, time.December, 1), 1_000_000},
		{"unsaid", 0, 1_000_000},
		{"poor", market.NewDay(2025, time.June, 1), 0},
	} {
		l := forecast.Model{Name: m.name, Kind: forecast.KindLLM, Role: forecast.Challenger, Language: forecast.LanguageModel{Name: "gpt-4.1-mini",
			PromptVersion: prompt.Newest(), TrainingCutoff: m.cutoff, InputPrice: 200, OutputPrice: 900, DailyBudget: m.budget, MaxTokens: 500}}
		l.Version = forecast.VersionOf(l)
		made, err := db.CreateModel(t.Context(), l)
		fatal(t, err)
		ids[m.name] = made.ID
	}
	models, err := db.Models(t.Context())
	fatal(t, err)
	mixed := forecast.Model{Name: "mixed", Kind: forecast.KindPool, Role: forecast.Challenger, Members: []int64{models[0].ID, ids["read"]}}
	mixed.Version = forecast.VersionOf(mixed)
	_, err = db.CreateModel(t.Context(), mixed)
	fatal(t, err)

	asJSON, asHTML := filepath.Join(openDir(t), "report.json"), filepath.Join(openDir(t), "report.html")
	p := command{name: "tickerctl", env: env, args: []string{"backtest", dir, "--models", "honest,half,read,unsaid,poor,mixed", "--json", asJSON, "--html", asHTML}}.run(t)
	if err := p.ends(t, patience); err != nil {
		t.Fatalf("%v\n%s", err, p.out)
	}
	var r backtest.Report
	raw, err := os.ReadFile(asJSON)
	fatal(t, err)
	fatal(t, json.Unmarshal(raw, &r))
	evidence, none := articlesOf(r.Records), articlesOf(r.NotEvidence)
	all := evidence["honest"]
	if all == 0 || none["honest"] != 0 || evidence["half"] == 0 || none["half"] == 0 || evidence["half"]+none["half"] != all {
		t.Errorf("evidence %v, none %v: want all of honest's, and of half's what lies behind its training", evidence, none)
	}
	for _, name := range []string{"read", "unsaid", "mixed"} {
		if _, counts := evidence[name]; counts || none[name] != all {
			t.Errorf("%d articles of %s are evidence, %d are none; want %d that are none", evidence[name], name, none[name], all)
		}
	}
	if evidence["poor"]+none["poor"] != 0 || r.Archive.Unasked < r.Archive.Stories || r.Archive.Failed != 0 {
		t.Errorf("without a budget %d articles were predicted; %+v", evidence["poor"]+none["poor"], r.Archive)
	}
	page, err := os.ReadFile(asHTML)
	fatal(t, err)
	for what, text := range map[string][2]string{"terminal": {p.out.String(), "NOT EVIDENCE"}, "page": {string(page), "증거가 아닌 것"}} {
		scored, apart, said := strings.Cut(text[0], text[1])
		apart, _, _ = strings.Cut(apart, map[string]string{"terminal": "\nalerts, ", "page": "<footer"}[what])
		for _, name := range []string{"read", "unsaid", "mixed", "half"} {
			row := map[string]string{"terminal": "\n" + name + " ", "page": "<td>" + name + "<"}[what]
			if !said || !strings.Contains(apart, row) || strings.Contains(scored, row) != (name == "half") {
				t.Errorf("the %s does not set %s apart:\n%s", what, name, text[0])
			}
		}
	}
	if !strings.Contains(p.out.String(), "the day's budget had no room") || !strings.Contains(string(page), "calls that no budget had room for") {
		t.Errorf("it is not said what was not asked:\n%s", p.out)
	}
	if n := db.number(t, `select (select count(*) from model_requests) + (select count(*) from predictions) + (select count(*) from stories)`); n != 0 {
		t.Errorf("the walk left %d rows where the registry is", n)
	}
}

// articlesOf is how many articles of the next day's horizon each model was judged on, by its name.
func articlesOf(records []backtest.Record) map[string]int {
	by := make(map[string]int)
	for _, r := range records {
		if r.Horizon == 1 {
			by[r.Model] = r.Articles
		}
	}
	return by
}
