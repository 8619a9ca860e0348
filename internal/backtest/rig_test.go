package backtest_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/backtest"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
	"tickerwire/store"
	"tickerwire/store/storetest"
	"tickerwire/store/vectors"
	"tickerwire/tasks"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newWorker is a worker without a queue, on a database of its own.
func newWorker(db *store.DB) *tasks.Worker {
	predictors := make(map[string]tasks.Predictor)
	for _, kind := range forecast.Kinds() {
		if p, ok := forecast.Local(kind); ok {
			predictors[kind] = p
		}
	}
	return &tasks.Worker{DB: db, Index: vectors.NewExact(db), Predictors: predictors, Calendar: market.NewCalendar(), Log: slog.New(slog.DiscardHandler)}
}

// enlist adds a lexicon and a pool to the models that a schema is made with, and returns all.
func enlist(t testing.TB, db *store.DB) []forecast.Model {
	t.Helper()
	for _, m := range []forecast.Model{{Name: "lexicon", Kind: forecast.KindLexicon}, {Name: "pool", Kind: forecast.KindPool, Members: []int64{1, 3}}} {
		m.Version, m.Role = forecast.VersionOf(m), forecast.Challenger
		_, err := db.CreateModel(t.Context(), m)
		must(t, err)
	}
	models, err := db.Models(t.Context())
	must(t, err)
	return models
}

// generated is a small archive that is made here.
func generated(t testing.TB, articles int) backtest.History {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "archive")
	must(t, simulator.WriteGenerated(dir, simulator.ArchiveOptions{Seed: 11, Articles: articles}))
	folder, err := archive.Open(dir)
	must(t, err)
	h, err := backtest.ReadHistory(folder, market.NewCalendar(), func(e *archive.LineError) { t.Error(e) })
	must(t, err)
	return h
}

// walked is what a walk left: its report, and its predictions by what the world calls their story's first article.
type walked struct {
	json, html []byte
	rows       []string
	seen       []string
	sum        backtest.Walked
}

// all asks every model.
func all(forecast.Model) bool { return true }

// walk has those of all models that are asked walk through a history on a new schema.
func walk(t testing.TB, h backtest.History, whole bool, asked func(forecast.Model) bool) walked {
	t.Helper()
	db := storetest.New(t)
	models := slices.DeleteFunc(enlist(t, db), func(m forecast.Model) bool { return !asked(m) })
	var out walked
	w := backtest.Walk{Worker: newWorker(db), Models: models, Whole: whole, Watch: func(s tasks.Seen) {
		out.seen = append(out.seen, fmt.Sprintf("%s %s %s: %d past moves, %.6f", s.Query.AsOf.Format(time.RFC3339), s.Call.Model.Name, s.Query.Code,
			len(s.Query.Past), s.Made[0].Probability))
	}}
	var err error
	out.sum, err = w.Run(t.Context(), h)
	must(t, err)
	report, err := backtest.Judge(t.Context(), db, models, h, out.sum)
	must(t, err)
	var json, html, text bytes.Buffer
	must(t, errors.Join(report.WriteJSON(&json), report.WriteHTML(&html), report.WriteText(&text)))
	t.Logf("whole %v:\n%s", whole, text.String())
	out.json, out.html, out.rows = json.Bytes(), html.Bytes(), rows(t, db, forecast.Backtest)
	return out
}

// rows returns everything that an origin's predictions say, but for the numbers that the database gave: stories and
// articles are named by the sources' own names.
func rows(t testing.TB, db *store.DB, origin forecast.Origin) []string {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var calls []struct {
		ID    int64
		Model string
	}
	must(t, db.Bun().NewRaw(`
		select c.id, m.name as model from model_calls c join models m on m.id = c.model_id where c.origin = ? and c.generation = 1`, string(origin)).Scan(ctx, &calls))
	var articles []struct {
		ID      int64
		StoryID int64
		Name    string
	}
	must(t, db.Bun().NewRaw(`
		select a.id, s.id as story_id, a.source || '/' || a.external_id as name from articles a left join stories s on s.first_article_id = a.id`).Scan(ctx, &articles))
	byID, byStory := make(map[int64]string), make(map[int64]string)
	for _, a := range articles {
		byID[a.ID], byStory[a.StoryID] = a.Name, a.Name
	}
	var out []string
	for _, c := range calls {
		made, err := db.PredictionsOfCall(ctx, c.ID)
		must(t, err)
		for _, p := range made {
			line := fmt.Sprintf("%s %s %s %d as of %s: %v %v %v %v %v %v %q, %s by %s on %d days, %v:", byStory[p.StoryID], c.Model, p.Code, p.Horizon,
				p.AsOf.UTC().Format(time.RFC3339Nano), p.Probability, p.Raw, p.BaseRate, p.ExpectedPct, p.LowPct, p.HighPct, p.Note,
				byID[p.Evidence.Query], p.Evidence.Embedder, p.Evidence.PanelDays, p.Evidence.Effective)
			for _, n := range p.Evidence.Neighbours {
				line += fmt.Sprintf(" %s of %s %s %v %v %s %v %s", byID[n.ArticleID], byStory[n.StoryID], n.Code, n.Cosine, n.Weight, n.TargetDay, n.ExcessPct,
					n.KnownAt.UTC().Format(time.RFC3339Nano))
			}
			out = append(out, line)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(a, b) })
	return out
}

// neighbours counts the rows that rest on past news.
func neighbours(list []string) int {
	n := 0
	for _, line := range list {
		if !strings.HasSuffix(line, ":") {
			n++
		}
	}
	return n
}
