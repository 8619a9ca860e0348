package app_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// TestNoLookAhead predicts stories on a live program with history, plants what will only be known later, and predicts
// them again: not a bit may differ. The same plants, made known in time, must make a difference.
func TestNoLookAhead(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	env := append(settings(openDir(t)), "DATABASE_URL="+db.url, "REDIS_URL="+newRedis(t), "BARS_DAYS=30")
	p := command{name: "standalone", env: env}.run(t)
	welcomed(t, p)
	password := p.says(t, `password (\S+) `)[0]
	var stories []news.Story
	until(t, patience, func() error {
		stories = predictedStories(t, db)
		if len(stories) < 4 {
			return fmt.Errorf("%d stories are predicted from neighbours", len(stories))
		}
		return nil
	})
	p.stops(t) // what it holds in memory must not keep the plants from it

	first, last := stories[0].AvailableAt, stories[0].AvailableAt
	var ids []int64
	for _, s := range stories {
		ids = append(ids, s.ID)
		if s.AvailableAt.Before(first) {
			first = s.AvailableAt
		}
		if s.AvailableAt.After(last) {
			last = s.AvailableAt
		}
	}
	before := predictionsOf(t, db, ids, 1)
	plantFuture(t, db, stories, before, last)

	p = command{name: "standalone", env: env}.run(t)
	api := signIn(t, welcomed(t, p).url, "admin@example.com", password)
	repredict(t, api, map[string]any{"ids": ids})
	after := predictionsOf(t, db, ids, 2)
	same := cmp.Options{cmpopts.IgnoreFields(forecast.Prediction{}, "ID", "CallID", "Generation", "MadeAt", "Late")}
	if diff := cmp.Diff(before, after, same); diff != "" {
		t.Errorf("predicted before (-) and after (+) the future was known:\n%s", diff)
	}
	t.Logf("%d predictions of %d stories are the same to the last bit", len(after), len(stories))

	planted := plantPast(t, db, stories, first)
	repredict(t, api, map[string]any{"ids": ids})
	informed := predictionsOf(t, db, ids, 3)
	moved := 0
	for i, now := range informed {
		if len(before[i].Evidence.Neighbours) == 0 || now.Horizon != 1 {
			continue // a model without retrieval, or a horizon whose outcome was not planted
		}
		if !rests(now, planted) {
			t.Errorf("%s of story %d: what was planted in the past is not among the neighbours", now.Code, now.StoryID)
		}
		if now.Probability != before[i].Probability { // a rise at cosine 1 also lowers the effective number of neighbours
			moved++
		}
	}
	if moved == 0 {
		t.Error("what was planted in the past moves no probability: it could not have been seen in the future either")
	}
	p.stops(t)
}

// predictedStories returns the stories that every model has predicted, one of them from five neighbours at least.
func predictedStories(t *testing.T, db database) []news.Story {
	t.Helper()
	var ids []int64
	fatal(t, db.Bun().NewRaw(`
		select p.story_id from predictions p where p.generation = 1 and p.origin = 'live'
		group by p.story_id
		having count(distinct p.model_id) = (select count(*) from models where role <> 'retired')
			and max(coalesce(jsonb_array_length(p.evidence->'neighbours'), 0)) >= 5
		order by 1`).Scan(t.Context(), &ids))
	stories, err := db.Stories(t.Context(), ids)
	fatal(t, err)
	return stories
}

// predictionsOf returns one generation's predictions of stories, in the order of (story, code, model, horizon).
func predictionsOf(t *testing.T, db database, stories []int64, generation int) []forecast.Prediction {
	t.Helper()
	var ids []int64
	fatal(t, db.Bun().NewRaw(`
		select id from predictions where story_id = any(?) and generation = ? order by story_id, code, model_id, horizon`,
		pgdialect.Array(stories), generation).Scan(t.Context(), &ids))
	if len(ids) < 6*len(stories) {
		t.Fatalf("%d predictions of %d stories in generation %d: want two models and three horizons", len(ids), len(stories), generation)
	}
	list := make([]forecast.Prediction, len(ids))
	for i, id := range ids {
		p, err := db.Prediction(t.Context(), id)
		fatal(t, err)
		list[i] = p
	}
	return list
}

// rests reports whether a prediction's evidence has one of the articles.
func rests(p forecast.Prediction, articles map[int64]bool) bool {
	for _, n := range p.Evidence.Neighbours {
		if articles[n.ArticleID] {
			return true
		}
	}
	return false
}

// plantFuture writes what is not to be looked at by stories up to the instant last: articles of their very words from
// that instant on, though with outcomes known before it; an earlier article whose outcome is known a moment after it;
// new versions of the outcomes that they rest on; and corrected closes, of days past and to come.
func plantFuture(t *testing.T, db database, stories []news.Story, made []forecast.Prediction, last time.Time) {
	t.Helper()
	for i, s := range stories {
		for k, available := range []time.Time{last, last.Add(time.Second), last.Add(time.Hour)} {
			plant(t, db, s, fmt.Sprintf("future/%d/%d", i, k), available, last.Add(-time.Minute))
		}
		plant(t, db, s, fmt.Sprintf("unknown/%d", i), last.Add(-time.Hour), last.Add(time.Microsecond))
	}
	var outcomes []forecast.Outcome
	for _, p := range made {
		for _, n := range p.Evidence.Neighbours {
			outcomes = append(outcomes, forecast.Outcome{StoryID: n.StoryID, Code: n.Code, Horizon: p.Horizon, Version: 2, BaseDay: n.TargetDay - 1,
				TargetDay: n.TargetDay, ReturnPct: 29, ExcessPct: 29, SigmaPct: 1, KnownAt: last.Add(time.Microsecond)})
		}
	}
	fatal(t, db.SaveOutcomes(t.Context(), outcomes))
	stocks, err := db.Stocks(t.Context(), true)
	fatal(t, err)
	var bars []market.Bar
	for i, stock := range stocks {
		for day := market.DayOf(last) - 12; day <= market.DayOf(last)+3; day++ {
			bars = append(bars, market.Bar{Code: stock.Code, Day: day, Close: int64(1000 * (i + 1) * int(1+day%3)), AdjFactor: 1, Source: "import",
				KnownAt: last.Add(time.Microsecond)})
		}
	}
	saved, err := db.SaveBars(t.Context(), bars)
	if fatal(t, err); saved != len(bars) {
		t.Fatalf("%d of %d corrected closes are new", saved, len(bars))
	}
}

// plantPast writes articles of the stories' very words that they may look at, and returns them.
func plantPast(t *testing.T, db database, stories []news.Story, first time.Time) map[int64]bool {
	t.Helper()
	planted := map[int64]bool{}
	for i, s := range stories {
		planted[plant(t, db, s, fmt.Sprintf("past/%d", i), first.Add(-time.Hour), first)] = true
	}
	return planted
}

// plant saves an article with a story's words and companies as a story of its own, with a rise on the next day that is
// known from a given instant on.
func plant(t *testing.T, db database, like news.Story, id string, available, known time.Time) int64 {
	t.Helper()
	model, err := db.Article(t.Context(), like.FirstID)
	fatal(t, err)
	matches, err := db.Matches(t.Context(), []int64{like.FirstID})
	fatal(t, err)
	copied := news.Article{Source: "planted", ExternalID: id, URL: "https://planted.example.kr/" + id, Title: model.Title, Summary: model.Summary,
		PublishedAt: available, TimeQuality: news.TimeExact, FirstSeenAt: available, AvailableAt: available, Kind: news.KindNews}
	ids, err := db.SaveArticles(t.Context(), []store.NewArticle{{Article: copied, Matches: matches[like.FirstID], Origin: forecast.Backtest}})
	fatal(t, err)
	articles, err := db.ArticlesByID(t.Context(), ids)
	fatal(t, err)
	alone := func(news.Article, []float32, []news.Candidate) news.Placement { return news.Placement{Cosine: 1} }
	joined, err := db.JoinStories(t.Context(), []store.Embedded{{Article: articles[0], Codes: like.Codes, Embedder: news.EmbedderVersion,
		Vector: news.Embed(copied.Title, copied.Summary), BaseDay: market.DayOf(available)}}, alone)
	fatal(t, err)
	for _, code := range like.Codes {
		fatal(t, db.SaveOutcomes(t.Context(), []forecast.Outcome{{StoryID: joined[0].StoryID, Code: code, Horizon: 1, BaseDay: market.DayOf(available),
			TargetDay: market.DayOf(available) + 1, ReturnPct: 29, ExcessPct: 29, SigmaPct: 1, KnownAt: known}}))
	}
	return ids[0]
}
