package store_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/jackc/pgx/v5"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// bulk writes so many stories of 40 stocks over the minutes before noon, each with two calls, six predictions, three
// outcomes and, for one in ten, an alert.
func bulk(t testing.TB, db *store.DB, stories int) {
	t.Helper()
	for _, q := range []string{
		`insert into stocks (code, name) select lpad(i::text, 6, '0'), '누리 ' || i from generate_series(0, 39) i`,
		`insert into articles (source, external_id, press, title, published_at, time_quality, first_seen_at, available_at, kind, embedded_at)
			select 's' || i % 3, i::text, 'p' || i % 5, '누리테크, 새 공장 ' || i, at, 'exact', at, at, 'news', now()
			from generate_series(1, ?0) i, lateral (select ?1::timestamptz - make_interval(mins => i) as at) t`,
		`insert into stories (first_article_id, codes, available_at) select id, array[lpad((id % 40)::text, 6, '0')], available_at from articles order by id`,
		`update articles a set story_id = s.id, cosine = 1 from stories s where s.first_article_id = a.id`,
		`insert into matches (article_id, code, field, start_rune, end_rune, text) select first_article_id, codes[1], 'title', 0, 2, '누리' from stories`,
		`insert into story_codes (story_id, code, available_at, base_day) select id, codes[1], available_at, (available_at at time zone 'Asia/Seoul')::date from stories`,
		`insert into model_calls (story_id, model_id, state, decided_at) select s.id, m.id, 'done', now() from stories s, models m`,
		`insert into predictions (call_id, story_id, code, model_id, horizon, generation, as_of, made_at, probability, base_rate, expected_pct,
				low_pct, high_pct, late, origin, evidence)
			select c.id, s.id, s.codes[1], c.model_id, h, 1, s.available_at, s.available_at, .4 + (s.id % 10) / 100.0, .43, 0, -1, 1, false, 'live',
				'{"query": 1, "embedder": "e", "effective": 1.5, "panel_days": 9, "neighbours": [{"article_id": 1}, {"article_id": 2}]}'
			from model_calls c join stories s on s.id = c.story_id, unnest(array[1, 3, 5]) h`,
		`insert into outcomes (story_id, code, horizon, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, known_at)
			select story_id, code, h, base_day, base_day + h, 1, 1, 2, false, available_at + interval '1 hour'
			from story_codes, unnest(array[1, 3, 5]) h`,
		`analyze predictions`, // else the next one reads it whole for each story
		`insert into alerts (kind, story_id, article_id, code, prediction_id, send, reason, decided_at, told_at)
			select 'signal', s.id, s.first_article_id, s.codes[1], (select min(p.id) from predictions p where p.story_id = s.id), true, 'r', s.available_at, now()
			from stories s where s.id % 10 = 0`,
		`insert into bars (code, day, close, source, known_at)
			select code, d::date, 10000, 'krx', d::date + interval '7 hours 5 minutes' from stocks, generate_series('2025-03-01'::date, '2026-03-03', '1 day') d`,
		`insert into daily_performance (model_id, horizon, origin, day, articles, stock_days, void, said, hits, ups, brier, base_brier, log_loss, base_log_loss, judged_at)
			select m.id, h, 'live', '2026-03-04'::date - i, 9, 9, 0, 9, 5, 4, .25, .25, .69, .69, now() from models m, unnest(array[1, 3, 5]) h, generate_series(0, 700) i`,
		`insert into recipients (chat_id) select generate_series(1, 20)`,
		`insert into notices (alert_id, recipient_id, state, day) select a.id, r.id, 'sent', '2026-03-04' from alerts a, recipients r`,
		`insert into failures (kind, key, queue, payload, fingerprint, error, state)
			select 'k', i::text, 'q', '', 'f', 'e', case when i % 100 = 0 then 'gave_up' else 'resolved' end from generate_series(1, ?0) i`,
		`analyze`,
	} {
		exec(t, db, q, stories, noon)
	}
}

// recorder keeps the text of every statement.
type recorder struct {
	mu    sync.Mutex
	texts []string
}

func (r *recorder) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (r *recorder) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts = append(r.texts, e.Query)
}

func TestListsUseIndexes(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	bulk(t, db, 16000)
	session, err := db.OpenSession(t.Context(), store.Session{UserID: user(t, db, "a@example.com").ID}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, `insert into sessions (user_id, expires_at) select 1, now() from generate_series(1, 5000)`)
	exec(t, db, `analyze sessions`)
	r := &recorder{}
	//lint:ignore SA1019 the copy with a hook would not be the one that the store uses
	db.Bun().AddQueryHook(r)
	var reads []observed
	db.ObserveReads(func(text string, args []any) { reads = append(reads, observed{text, args}) })
	code := market.Code("000007")
	ids := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	position := store.Position{At: noon.Add(-5 * time.Hour), ID: 300}
	yes, no, up := true, false, 1
	exec(t, db, `update articles set press = 'rare' where id % 4000 = 0`)
	exec(t, db, `update articles set source = 'rare' where id % 4000 = 1`)
	exec(t, db, `update articles set title = '기준금리를 올린다' where id % 4000 = 2`)
	for n := 1; n > 0; {
		if n, err = db.IndexWords(t.Context(), 4000); err != nil {
			t.Fatal(err)
		}
	}
	exec(t, db, `insert into predictions (call_id, story_id, code, model_id, horizon, generation, as_of, made_at, probability, base_rate, expected_pct,
			low_pct, high_pct, late, origin, evidence)
		select call_id, story_id, code, model_id, horizon, 2, as_of, made_at, probability, base_rate, 0, -1, 1, false, origin, evidence
		from predictions where id % 5000 = 0`)
	exec(t, db, `insert into models (name, kind, role, version) values ('rare', 'lexicon', 'challenger', 'lexicon-1')`)
	exec(t, db, `update predictions set model_id = (select id from models where name = 'rare') where id % 3000 = 1`)
	exec(t, db, `update outcomes set void = 'halted' where id % 3000 = 2`)
	exec(t, db, `analyze`)
	// What is rare is found by an index of its own: in that of the whole list it would be looked for to the end.
	indexes := map[string]string{"stories of a rare press": "articles_press", "stories of a rare source": "articles_source",
		"articles of a rare press": "articles_press", "articles of a rare source": "articles_source",
		"stories found by words": "articles_words", "articles found by words": "articles_words",
		"predictions of a rare model": "predictions_model", "predictions of a rare generation": "predictions_again", "predictions whose outcome is void": "outcomes_void"}
	for name, read := range map[string]func(ctx context.Context) error{
		"stories of a rare press": func(ctx context.Context) error {
			_, err := db.StoryList(ctx, store.StoryFilter{Press: "rare", Limit: 51})
			return err
		},
		"stories of a rare source": func(ctx context.Context) error {
			_, err := db.StoryList(ctx, store.StoryFilter{Source: "rare", Limit: 51})
			return err
		},
		"articles of a rare press": func(ctx context.Context) error {
			_, err := db.ArticleList(ctx, store.StoryFilter{Press: "rare", After: position, Limit: 51})
			return err
		},
		"articles of a rare source": func(ctx context.Context) error {
			_, err := db.ArticleList(ctx, store.StoryFilter{Source: "rare", Limit: 51})
			return err
		},
		"stories found by words": func(ctx context.Context) error {
			_, err := db.StoryList(ctx, store.StoryFilter{Query: "금리", Origin: forecast.Live, Limit: 51})
			return err
		},
		"articles found by words": func(ctx context.Context) error {
			_, err := db.ArticleList(ctx, store.StoryFilter{Query: "금리 올린", After: position, Limit: 51})
			return err
		},
		"predictions of a rare model": func(ctx context.Context) error {
			_, err := db.PredictionList(ctx, store.PredictionFilter{ModelID: 3, Horizon: 3, MinGap: .02, Resolved: &yes, KnownBy: noon, Limit: 51})
			return err
		},
		"predictions of a rare generation": func(ctx context.Context) error {
			_, err := db.PredictionList(ctx, store.PredictionFilter{Generation: 2, KnownBy: noon, Limit: 51})
			return err
		},
		"predictions whose outcome is void": func(ctx context.Context) error {
			_, err := db.PredictionList(ctx, store.PredictionFilter{Origin: forecast.Live, Void: &yes, KnownBy: noon, Limit: 51})
			return err
		},
		"predictions whose outcome counts": func(ctx context.Context) error {
			_, err := db.PredictionList(ctx, store.PredictionFilter{Origin: forecast.Live, Void: &no, KnownBy: noon, Limit: 51})
			return err
		},
		"stories": func(ctx context.Context) error {
			_, err := db.StoryList(ctx, store.StoryFilter{Origin: forecast.Live, After: position, Limit: 51})
			return err
		},
		"stories of a stock": func(ctx context.Context) error {
			_, err := db.StoryList(ctx, store.StoryFilter{Code: code, Origin: forecast.Live, Limit: 51})
			return err
		},
		"stories of a source": func(ctx context.Context) error {
			_, err := db.StoryList(ctx, store.StoryFilter{Source: "s1", Press: "p2", Kind: news.KindNews, Limit: 51})
			return err
		},
		"articles": func(ctx context.Context) error {
			_, err := db.ArticleList(ctx, store.StoryFilter{After: position, Limit: 51})
			return err
		},
		"articles of a stock": func(ctx context.Context) error {
			_, err := db.ArticleList(ctx, store.StoryFilter{Code: code, Limit: 51})
			return err
		},
		"article": func(ctx context.Context) error {
			_, err := db.ArticleList(ctx, store.StoryFilter{ArticleID: 77, Limit: 1})
			return err
		},
		"tellings": func(ctx context.Context) error { _, err := db.ArticlesOfStory(ctx, 5, 50); return err },
		"echoes": func(ctx context.Context) error {
			_, err := db.EchoesOf(ctx, news.Story{ID: 5, Codes: []market.Code{code}, AvailableAt: noon}, 50)
			return err
		},
		"predictions": func(ctx context.Context) error {
			_, err := db.PredictionList(ctx, store.PredictionFilter{Origin: forecast.Live, KnownBy: noon, After: position, Limit: 51})
			return err
		},
		"predictions of a stock": func(ctx context.Context) error {
			_, err := db.PredictionList(ctx, store.PredictionFilter{Code: code, KnownBy: noon, Limit: 51})
			return err
		},
		"predictions, narrowed": func(ctx context.Context) error {
			_, err := db.PredictionList(ctx, store.PredictionFilter{ModelID: 1, Horizon: 3, Direction: &up, MinGap: .01, Resolved: &yes, KnownBy: noon, Limit: 51})
			return err
		},
		"predictions of a story": func(ctx context.Context) error {
			_, err := db.PredictionList(ctx, store.PredictionFilter{StoryID: 9, KnownBy: noon, Limit: 51})
			return err
		},
		"signals":       func(ctx context.Context) error { _, err := db.Signals(ctx, ids); return err },
		"stock signals": func(ctx context.Context) error { _, err := db.StockSignals(ctx, []market.Code{code}, noon); return err },
		"top signals": func(ctx context.Context) error {
			_, err := db.TopSignals(ctx, noon.Add(-2*time.Hour), noon, 5)
			return err
		},
		"alerts": func(ctx context.Context) error {
			_, err := db.AlertList(ctx, store.AlertFilter{KnownBy: noon, After: position, Limit: 20})
			return err
		},
		"alerts of a stock": func(ctx context.Context) error {
			_, err := db.AlertList(ctx, store.AlertFilter{Code: "000010", KnownBy: noon, Limit: 20})
			return err
		},
		"day":       func(ctx context.Context) error { _, err := db.DayCounts(ctx, noon.Add(-2*time.Hour), noon); return err },
		"model day": func(ctx context.Context) error { _, err := db.ModelDays(ctx, noon.Add(-2*time.Hour), noon); return err },
		"stocks": func(ctx context.Context) error {
			_, err := db.StockList(ctx, store.StockFilter{Now: noon, Limit: 51})
			return err
		},
		"markers": func(ctx context.Context) error {
			day := market.DayOf(noon)
			_, err := db.NewsMarkers(ctx, code, day-3, day, 100)
			return err
		},
		"judged": func(ctx context.Context) error {
			_, err := db.Judged(ctx, store.JudgedFilter{ModelID: 1, Horizon: 3, Origin: forecast.Live, From: noon.Add(-3 * time.Hour), KnownBy: noon, Limit: 500})
			return err
		},
		"newest judged": func(ctx context.Context) error {
			_, err := db.Judged(ctx, store.JudgedFilter{ModelID: 1, Horizon: 3, Origin: forecast.Live, KnownBy: noon, Limit: 100})
			return err
		},
		"pairs": func(ctx context.Context) error {
			_, err := db.ABPairs(ctx, store.ABTest{ModelA: 3, ModelB: 1, Horizon: 3}, market.DayOf(noon), noon, 500)
			return err
		},
		"outcome revision": func(ctx context.Context) error { _, err := db.OutcomeRevision(ctx); return err },
		"candidates": func(ctx context.Context) error {
			_, err := db.CandidatesBefore(ctx, market.DayOf(noon))
			return err
		},
		"picks": func(ctx context.Context) error {
			_, err := db.Picks(ctx, market.DayOf(noon), noon, 500)
			return err
		},
		"big moves": func(ctx context.Context) error {
			_, err := db.BigMoves(ctx, market.DayOf(noon)-10, noon, 500)
			return err
		},
		"mixes":    func(ctx context.Context) error { _, err := db.Mixes(ctx, noon.Add(-2*time.Hour), noon); return err },
		"plumbing": func(ctx context.Context) error { _, err := db.Plumbing(ctx, noon.Add(-2*time.Hour), noon); return err },
		"daily performance": func(ctx context.Context) error {
			_, err := db.DailyPerformance(ctx, store.DailyFilter{Limit: 51})
			return err
		},
		"chart": func(ctx context.Context) error {
			day := market.DayOf(noon)
			_, err := db.Chart(ctx, store.ChartFilter{Code: code, From: day - 180, To: day, KnownBy: noon, Days: 1100, Markers: 200})
			return err
		},
		"call":         func(ctx context.Context) error { _, err := db.CallInfo(ctx, 9); return err },
		"session user": func(ctx context.Context) error { _, err := db.SessionUser(ctx, session.ID); return err },
	} {
		t.Run(name, func(t *testing.T) {
			seen, read0 := len(r.texts), len(reads)
			start := time.Now()
			if err := read(t.Context()); err != nil {
				t.Fatal(err)
			}
			took := time.Since(start)
			statements := r.texts[seen:]
			if len(statements)+len(reads)-read0 == 0 {
				t.Fatal("no statement was recorded")
			}
			for i, q := range reads[read0:] {
				index := indexes[name]
				if i < len(reads)-read0-1 { // a search begins with the list's first
					index = ""
				}
				q.explain(t, db, index)
			}
			for _, q := range statements {
				explain(t, db, q, indexes[name])
			}
			t.Logf("%d statements, %.1f ms", len(statements)+len(reads)-read0, float64(took.Microseconds())/1000)
		})
	}
}

// big are the tables that grow without end: no list may read one of them whole.
var big = regexp.MustCompile(`Seq Scan on (articles|stories|story_codes|matches|predictions|model_calls|outcomes|alerts|notices|bars|sessions|failures|daily_performance)\b`)

// explain fails the test when a query reads a big table whole, or does not use the named index; "" is any.
func explain(t *testing.T, db *store.DB, query, index string) {
	t.Helper()
	var lines []string
	if err := db.Bun().NewRaw("explain "+strings.ReplaceAll(query, "?", `\?`)).Scan(t.Context(), &lines); err != nil {
		t.Fatal(err)
	}
	checkPlan(t, strings.Join(lines, "\n"), query, index)
}

func checkPlan(t *testing.T, plan, query, index string) {
	t.Helper()
	if found := big.FindString(plan); found != "" {
		t.Errorf("%s in\n%s\n%s", found, query, plan)
	}
	if !strings.Contains(plan, index) {
		t.Errorf("%s is not used in\n%s\n%s", index, query, plan)
	}
}

// observed is a statement of those that are prepared, with its arguments.
type observed struct {
	text string
	args []any
}

// explain looks at the plan that every call of a prepared statement has, whatever its arguments, or where an index is named at
// the one for just these.
func (o observed) explain(t *testing.T, db *store.DB, index string) {
	t.Helper()
	conn, err := db.ReadPool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	statement, args := "explain "+o.text, append([]any{pgx.QueryExecModeSimpleProtocol}, o.args...)
	if index == "" {
		if _, err := conn.Exec(t.Context(), "prepare looked_at as "+o.text); err != nil {
			t.Fatal(err)
		}
		statement, args = "explain execute looked_at", nil
		if n := len(o.args); n > 0 {
			statement += "(null" + strings.Repeat(", null", n-1) + ")"
		}
	}
	rows, err := conn.Query(t.Context(), statement, append([]any{pgx.QueryExecModeSimpleProtocol}, args[min(1, len(args)):]...)...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if index == "" {
		if _, err := conn.Exec(t.Context(), "deallocate looked_at"); err != nil {
			t.Fatal(err)
		}
	}
	checkPlan(t, strings.Join(lines, "\n"), o.text, index)
}

func TestOutcomesAreShownWhenKnown(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	bulk(t, db, 20)
	exec(t, db, `insert into outcomes (story_id, code, horizon, version, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, known_at)
		select story_id, code, horizon, 2, base_day, target_day, 9, 9, 2, false, ?::timestamptz from outcomes`, noon.Add(2*time.Hour))
	at := func(knownBy time.Time) []store.PredictionItem {
		t.Helper()
		items, err := db.PredictionList(t.Context(), store.PredictionFilter{StoryID: 1, Horizon: 3, KnownBy: knownBy, Limit: 10})
		if err != nil || len(items) != 2 {
			t.Fatalf("%d predictions, %v", len(items), err)
		}
		return items
	}
	early := noon.Add(-time.Hour)
	if item := at(early)[0]; item.Outcome != nil {
		t.Errorf("an outcome before it is known: %+v", item.Outcome)
	}
	if item := at(noon.Add(time.Hour))[0]; item.Outcome == nil || item.Outcome.ExcessPct != 1 || item.Outcome.Version != 1 {
		t.Errorf("the first version: %+v", item.Outcome)
	}
	item := at(noon.Add(3 * time.Hour))[0]
	if item.Outcome == nil || item.Outcome.ExcessPct != 9 || item.Outcome.TargetDay != item.BaseDay+3 {
		t.Errorf("the correction: %+v", item.Outcome)
	}
	if item.Neighbours != 2 || item.Effective != 1.5 || item.BaseDay != market.DayOf(item.Prediction.AsOf) || item.StockName != "누리 1" || item.Model.Kind == "" {
		t.Errorf("item %+v", item)
	}
}

// TestPredictionsByVoid: the newest version that is known counts, and what has none is neither.
func TestPredictionsByVoid(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	bulk(t, db, 6)
	exec(t, db, `update outcomes set void = 'halted' where story_id in (1, 2)`)
	exec(t, db, `delete from outcomes where story_id = 3`)
	// What was void for want of a price counts once that has come, and the other way round.
	exec(t, db, `insert into outcomes (story_id, code, horizon, version, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, void, known_at)
		select story_id, code, horizon, 2, base_day, target_day, 9, 9, 2, false, case story_id when 4 then 'halted' else '' end, ?::timestamptz
		from outcomes where story_id in (2, 4)`, noon.Add(3*time.Hour))
	stories := func(void bool, knownBy time.Time) string {
		t.Helper()
		items, err := db.PredictionList(t.Context(), store.PredictionFilter{Horizon: 3, ModelID: 1, Void: &void, KnownBy: knownBy, Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for _, i := range items {
			ids = append(ids, i.Prediction.StoryID)
		}
		return fmt.Sprint(ids)
	}
	before, after := noon.Add(2*time.Hour), noon.Add(4*time.Hour)
	for _, c := range []struct {
		void bool
		at   time.Time
		want string
	}{{true, before, "[1 2]"}, {false, before, "[4 5 6]"}, {true, after, "[1 4]"}, {false, after, "[2 5 6]"}, {true, noon.Add(-24 * time.Hour), "[]"}, {false, noon.Add(-24 * time.Hour), "[]"}} {
		if got := stories(c.void, c.at); got != c.want {
			t.Errorf("void %v, known by %s: stories %s, want %s", c.void, c.at, got, c.want)
		}
	}
}

func TestSignalsAreTheNewestGeneration(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	bulk(t, db, 20)
	exec(t, db, `insert into predictions (call_id, story_id, code, model_id, horizon, generation, as_of, made_at, probability, base_rate, expected_pct,
			low_pct, high_pct, late, origin, evidence)
		select call_id, story_id, code, model_id, horizon, 2, as_of, made_at, .99, base_rate, 0, -1, 1, false, origin, evidence
		from predictions where story_id = 1 and horizon = 3`)
	items, err := db.Signals(t.Context(), []int64{1, 2})
	if err != nil || len(items) != 6 {
		t.Fatalf("%d signals, %v", len(items), err)
	}
	var got []string
	for _, i := range items {
		if i.Prediction.ModelID != 1 {
			t.Errorf("a signal of model %d", i.Prediction.ModelID)
		}
		got = append(got, fmt.Sprint(i.Prediction.StoryID, i.Prediction.Horizon, i.Prediction.Generation))
	}
	if want := "1 1 1,1 3 2,1 5 1,2 1 1,2 3 1,2 5 1"; strings.Join(got, ",") != want {
		t.Errorf("signals %v", got)
	}
	top, err := db.TopSignals(t.Context(), noon.Add(-time.Hour), noon, 3)
	if err != nil || len(top) != 3 || top[0].Prediction.Generation != 2 || top[0].Prediction.StoryID != 1 {
		t.Errorf("top %+v, %v", top, err)
	}
	none, err := db.Signals(t.Context(), nil)
	if err != nil || none != nil {
		t.Errorf("no stories: %v, %v", none, err)
	}
}

func TestAlertListCountsNotices(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	bulk(t, db, 20)
	exec(t, db, `delete from notices where alert_id <> 1 or recipient_id > 3`)
	exec(t, db, `update notices set state = 'refused' where recipient_id = 3`)
	items, err := db.AlertList(t.Context(), store.AlertFilter{KnownBy: noon.Add(2 * time.Hour), Limit: 10})
	if err != nil || len(items) != 2 || items[0].Alert.ID != 1 {
		t.Fatalf("%+v, %v", items, err)
	}
	first := items[0]
	if first.Notices[notice.Sent] != 2 || first.Notices[notice.Refused] != 1 || len(first.Outcomes) != 3 || first.Prediction == nil || first.Title == "" {
		t.Errorf("first %+v", first)
	}
	if len(items[1].Notices) != 0 {
		t.Errorf("second %+v", items[1].Notices)
	}
}
