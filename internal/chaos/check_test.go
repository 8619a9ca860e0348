package chaos_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tickerwire/internal/chaos"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
	"tickerwire/internal/simulator"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// noon is a fixed instant in session.
var noon = time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)

const (
	code    = market.Code("123450")
	chatID  = 700001
	message = "누리테크, 신규 공장 착공"
)

// whole is a small database in which everything has happened exactly once, and what the outside saw of it.
func whole(t *testing.T) (*store.DB, chaos.Seen) {
	t.Helper()
	db := storetest.New(t)
	ctx := t.Context()
	article := news.Article{Source: "wire", ExternalID: "a-1", Press: "한빛신문", Title: message, Summary: "생산 능력이 두 배로 늘어난다.",
		PublishedAt: noon, TimeQuality: news.TimeExact, FirstSeenAt: noon, AvailableAt: noon, Kind: news.KindNews}
	ids, err := db.SaveArticles(ctx, []store.NewArticle{{Article: article, Origin: forecast.Live,
		Matches: []news.Match{{Code: code, Field: news.FieldTitle, End: 4, Text: "누리테크"}}}})
	must(t, err)
	article.ID = ids[0]
	joined, err := db.JoinStories(ctx, []store.Embedded{{Article: article, Codes: []market.Code{code}, Embedder: news.EmbedderVersion,
		Vector: news.Embed(article.Title, article.Summary), BaseDay: market.DayOf(noon)}}, news.Place)
	must(t, err)
	for _, call := range joined[0].Calls {
		_, err := db.SavePredictions(ctx, store.CallDone{CallID: call.CallID}, predictions(call))
		must(t, err)
	}
	tell(t, db, joined[0])
	must(t, db.DeclareSchedules(ctx, []store.Schedule{{Name: "s", Kind: "t:tick", Queue: "q", Payload: []byte(`{}`), Cron: "@every 60s",
		Misfire: store.MisfireAll, MaxLate: time.Hour}}))
	last := noon.Add(3 * time.Minute)
	ticks, err := db.AddTicks(ctx, "s", time.Time{}, last, []time.Time{noon.Add(time.Minute), noon.Add(2 * time.Minute), last}, "test")
	must(t, err)
	for _, tick := range ticks {
		must(t, db.FinishTick(ctx, tick, "done"))
	}
	return db, chaos.Seen{Messages: []simulator.Message{{ID: 1, ChatID: chatID, Text: message}}, Served: map[string][]string{"wire": {"a-1"}},
		Queues: []chaos.QueueState{{Name: "q"}}}
}

func predictions(call store.CallRef) []forecast.Prediction {
	var list []forecast.Prediction
	for _, horizon := range forecast.Horizons {
		list = append(list, forecast.Prediction{StoryID: call.StoryID, Code: code, ModelID: call.ModelID, CallID: call.CallID, Horizon: horizon,
			Generation: call.Generation, AsOf: noon, MadeAt: noon, Probability: 0.5, BaseRate: 0.5, Origin: forecast.Live})
	}
	return list
}

// tell decides on an alert and sends it.
func tell(t *testing.T, db *store.DB, joined store.Joined) {
	t.Helper()
	ctx := t.Context()
	_, err := db.SaveRecipient(ctx, notice.Recipient{ChatID: chatID, Language: "ko", Active: true, WatchAll: true, Rule: notice.DefaultRule()})
	must(t, err)
	var call int64
	must(t, db.Bun().NewRaw(`select c.id from model_calls c join models m on m.id = c.model_id where m.role = 'champion'`).Scan(ctx, &call))
	alerts, err := db.SaveDecisions(ctx, store.Decisions{CallID: call, Alerts: []notice.Alert{{Kind: notice.Signal, StoryID: joined.StoryID,
		ArticleID: joined.ArticleID, Code: code, Send: true, Reason: notice.ReasonPassed, DecidedAt: noon}}})
	must(t, err)
	must(t, db.DecideNotices(ctx, alerts[0], market.DayOf(noon), func(notice.Recipient, []notice.Told) (store.Decision, error) {
		return store.Decision{Verdict: notice.Verdict{State: notice.Due}, Text: message}, nil
	}))
	due, err := db.DueNotices(ctx, alerts[0].ID, 0, 1)
	must(t, err)
	claimed, err := db.ClaimNotices(ctx, []int64{due[0].NoticeID}, "nobody", "one")
	must(t, err)
	_, err = db.MarkNotices(ctx, []store.Mark{{ID: claimed[0].ID, Attempt: claimed[0].Attempt, State: notice.Sent, MessageID: 1}})
	must(t, err)
	must(t, db.MarkTold(ctx, alerts[0].ID))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, db *store.DB, seen chaos.Seen) (broken []string) {
	t.Helper()
	results, err := chaos.Check(t.Context(), db, seen)
	must(t, err)
	for _, r := range results {
		if !r.Holds {
			broken = append(broken, r.Name+": "+r.Found)
		}
	}
	return broken
}

func TestTheCheckerPassesAWholeRun(t *testing.T) {
	t.Parallel()
	db, seen := whole(t)
	if broken := check(t, db, seen); len(broken) > 0 {
		t.Errorf("a whole run is said to be broken: %v", broken)
	}
}

// TestTheCheckerCatches plants one loss or double each and wants it named.
func TestTheCheckerCatches(t *testing.T) {
	t.Parallel()
	again := func(table, columns string) string {
		return fmt.Sprintf(`insert into %s (%s) select %s from %s limit 1`, table, columns, columns, table)
	}
	const prediction = `call_id, story_id, code, model_id, horizon, generation, as_of, made_at, probability, base_rate, expected_pct, low_pct, high_pct, late, origin, evidence`
	for name, c := range map[string]struct {
		plant []string
		see   func(*chaos.Seen)
		want  string
	}{
		"a lost vector":       {[]string{`delete from vectors`}, nil, "one vector per article of a story"},
		"a vector twice":      {[]string{`alter table vectors drop constraint vectors_article_id_embedder_key`, again("vectors", "article_id, embedder, codes, available_at, floats")}, nil, "one vector per article and embedder"},
		"an article left":     {[]string{`update articles set embedded_at = null`}, nil, "every article is embedded"},
		"a lost prediction":   {[]string{`delete from predictions where id = (select max(id) from predictions)`}, nil, "a call that is done has three predictions per stock"},
		"a prediction twice":  {[]string{`alter table predictions drop constraint predictions_story_id_code_model_id_horizon_generation_key`, again("predictions", prediction)}, nil, "one prediction per story, stock, model, horizon, generation"},
		"a lost call":         {[]string{`delete from predictions`, `delete from model_calls where decided_at is not null and id = (select max(id) from model_calls)`}, nil, "every live story of a stock was put to every model"},
		"a call left":         {[]string{`update model_calls set state = 'due'`}, nil, "no call is due"},
		"a lost tick":         {[]string{`delete from ticks where tick = '2026-03-04 03:02:00+00'`}, nil, "no tick is missing where all are made up for"},
		"a tick twice":        {[]string{`alter table ticks drop constraint ticks_pkey`, again("ticks", "schedule, tick, rung_by, done_at")}, nil, "each tick was made once"},
		"a tick left":         {[]string{`update ticks set done_at = null`}, nil, "every tick that was made is done"},
		"an alert left":       {[]string{`update alerts set told_at = null`}, nil, "every alert was told"},
		"a lost notice":       {[]string{`delete from notices`}, nil, "one notice per alert and recipient"},
		"a notice left":       {[]string{`update notices set state = 'claimed'`}, nil, "every notice is final"},
		"a message twice":     {nil, func(s *chaos.Seen) { s.Messages = append(s.Messages, s.Messages[0]) }, "no message came twice, none that counts as sent is missing"},
		"a lost message":      {nil, func(s *chaos.Seen) { s.Messages = nil }, "no message came twice, none that counts as sent is missing"},
		"a lost article":      {nil, func(s *chaos.Seen) { s.Served["wire"] = append(s.Served["wire"], "a-2") }, "every article that a source showed is kept"},
		"a failure left":      {[]string{`insert into failures (kind, key, queue, payload, fingerprint, error) values ('k', 'k', 'q', '', 'f', 'bad')`}, nil, "no failure is open but the expected ones"},
		"a run left":          {[]string{`insert into runs (kind, key, params) values ('crawl', 'k', '{}')`}, nil, "no run is open"},
		"a ring left":         {nil, func(s *chaos.Seen) { s.Queues[0].Retry = 1 }, "the queues are empty"},
		"a task in hand left": {nil, func(s *chaos.Seen) { s.Queues[0].Active = 1 }, "the queues are empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, seen := whole(t)
			for _, statement := range c.plant {
				_, err := db.Bun().ExecContext(t.Context(), statement)
				must(t, err)
			}
			if c.see != nil {
				c.see(&seen)
			}
			broken := check(t, db, seen)
			if !slices.ContainsFunc(broken, func(b string) bool { return strings.HasPrefix(b, c.want+": ") }) {
				t.Errorf("not caught as %q; found %v", c.want, broken)
			}
		})
	}
}
