package handlers_test

import (
	"fmt"
	"testing"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

const embedder = news.EmbedderVersion // the one in use in a new schema

// world is what a seeded database holds.
type world struct {
	articles []int64 // one per story, newest first
	stories  []int64
	calls    [][]store.CallRef
}

var companies = []market.Stock{
	{Code: "100001", Name: "누리테크", Aliases: []string{"누리 테크"}, Priority: 1, Active: true},
	{Code: "100002", Name: "한빛전자", Priority: 2, Active: true},
	{Code: "100003", Name: "가온바이오", Aliases: []string{"GAON"}, Priority: 3, Active: false},
}

// seed writes so many stories with predictions of both models for every horizon. Two by two they share their time, so
// that order depends on the id; the first half of them has outcomes; the newest two have alerts.
func seed(t testing.TB, db *store.DB, stories int) world {
	t.Helper()
	ctx := t.Context()
	must(t, db.SaveStocks(ctx, companies))
	must(t, db.SaveListings(ctx, []market.Listing{{Code: "100001", Name: "누리테크", Market: "KOSPI"}}))
	var items []store.NewArticle
	for i := range stories {
		items = append(items, newArticle(i, companies[i%2]))
	}
	ids, err := db.SaveArticles(ctx, items)
	must(t, err)
	kept, err := db.ArticlesByID(ctx, ids)
	must(t, err)
	batch := make([]store.Embedded, len(kept))
	for i, x := range kept {
		code := companies[0].Code
		if x.Title[:len("누리테크")] != "누리테크" {
			code = companies[1].Code
		}
		batch[i] = store.Embedded{Article: x, Codes: []market.Code{code}, Embedder: embedder, Vector: []float32{1, 0},
			BaseDay: market.DayOf(x.AvailableAt)}
	}
	joined, err := db.JoinStories(ctx, batch, func(news.Article, []float32, []news.Candidate) news.Placement { return news.Placement{Cosine: 1} })
	must(t, err)
	w := world{}
	for i, j := range joined {
		w.articles, w.stories, w.calls = append(w.articles, j.ArticleID), append(w.stories, j.StoryID), append(w.calls, j.Calls)
		for _, c := range j.Calls {
			_, err := db.SavePredictions(ctx, store.CallDone{CallID: c.CallID, LatencyMS: 3}, predictions(c, batch[i], kept[0]))
			must(t, err)
		}
	}
	seedBars(t, db)
	seedOutcomes(t, db, batch, joined)
	seedAlerts(t, db, batch, joined)
	must(t, db.SaveCrawl(ctx, store.Crawl{Source: "한빛신문", Part: "all", At: now.Add(-time.Minute), New: stories}))
	must(t, db.SaveCrawl(ctx, store.Crawl{Source: "누리일보", Part: "all", At: now.Add(-time.Minute), Err: "no route to the host"}))
	must(t, db.RecordFailure(ctx, store.Failure{Kind: "story:predict", Key: "1", Queue: "local", Fingerprint: "f", Error: "it broke", State: "gave_up"}))
	return w
}

func newArticle(i int, s market.Stock) store.NewArticle {
	at := now.Add(-time.Duration(i/2) * 10 * time.Minute)
	return store.NewArticle{Origin: forecast.Live, Article: news.Article{Source: "한빛신문", ExternalID: fmt.Sprint(i),
		URL: fmt.Sprintf("https://news.example/%d", i), Press: "한빛신문", Title: fmt.Sprintf("%s, 새 공장 %d호를 연다", s.Name, i),
		Summary: "생산 능력이 늘어난다.", PublishedAt: at.Add(-time.Minute), TimeQuality: news.TimeExact, FirstSeenAt: at,
		AvailableAt: at, Kind: news.KindNews},
		Matches: []news.Match{{Code: s.Code, Field: news.FieldTitle, Start: 0, End: 4, Text: s.Name}}}
}

func predictions(c store.CallRef, e store.Embedded, past news.Article) []forecast.Prediction {
	var out []forecast.Prediction
	for _, h := range forecast.Horizons {
		out = append(out, forecast.Prediction{StoryID: c.StoryID, Code: e.Codes[0], ModelID: c.ModelID, CallID: c.CallID, Horizon: h,
			Generation: c.Generation, AsOf: e.Article.AvailableAt, MadeAt: e.Article.AvailableAt.Add(time.Second),
			Probability: .43 + float64(h)/100, BaseRate: .43, ExpectedPct: .2, LowPct: -2, HighPct: 2.5, Origin: c.Origin,
			Evidence: forecast.Evidence{Query: e.Article.ID, Embedder: embedder, Effective: 1, PanelDays: 40,
				Neighbours: []forecast.Neighbour{{ArticleID: past.ID, StoryID: 1, Code: e.Codes[0], Cosine: .7, Weight: 1,
					TargetDay: market.DayOf(now) - 1, ExcessPct: 1.5, KnownAt: now.Add(-24 * time.Hour)}}}})
	}
	return out
}

func seedBars(t testing.TB, db *store.DB) {
	t.Helper()
	today := market.DayOf(now)
	var bars []market.Bar
	for i, s := range companies {
		for back := range 3 {
			day := today - market.Day(back) - 1
			bars = append(bars, market.Bar{Code: s.Code, Day: day, Close: int64(10000 + 100*(3-back) + i), Volume: 5, AdjFactor: 1,
				Source: "krx", KnownAt: day.At(16, 5)})
		}
	}
	// A correction that is known only tomorrow must not be seen today.
	bars = append(bars, market.Bar{Code: companies[0].Code, Day: today - 1, Close: 99999, Volume: 5, AdjFactor: 1, Source: "krx", KnownAt: now.Add(24 * time.Hour)})
	_, err := db.SaveBars(t.Context(), bars)
	must(t, err)
}

func seedOutcomes(t testing.TB, db *store.DB, batch []store.Embedded, joined []store.Joined) {
	t.Helper()
	var out []forecast.Outcome
	for i, j := range joined[:len(joined)/2] {
		known := now.Add(-time.Minute)
		if i == 0 {
			known = now.Add(time.Hour) // not known yet
		}
		out = append(out, forecast.Outcome{StoryID: j.StoryID, Code: batch[i].Codes[0], Horizon: 1, Version: 1, BaseDay: batch[i].BaseDay,
			TargetDay: batch[i].BaseDay + 1, ReturnPct: 1.2, ExcessPct: .8, SigmaPct: 2, KnownAt: known})
	}
	must(t, db.SaveOutcomes(t.Context(), out))
}

func seedAlerts(t testing.TB, db *store.DB, batch []store.Embedded, joined []store.Joined) {
	t.Helper()
	for i := len(joined) - 2; i < len(joined); i++ {
		for _, c := range joined[i].Calls {
			if c.ModelKind != "analogue" {
				continue
			}
			made, err := db.PredictionsOfCall(t.Context(), c.CallID)
			must(t, err)
			_, err = db.SaveDecisions(t.Context(), store.Decisions{CallID: c.CallID, Alerts: []notice.Alert{{Kind: notice.Signal,
				StoryID: c.StoryID, ArticleID: joined[i].ArticleID, Code: batch[i].Codes[0], PredictionID: made[0].ID, Send: true,
				Reason: "above the gate", DecidedAt: batch[i].Article.AvailableAt}}})
			must(t, err)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
