package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tickerwire/handlers"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// dig follows keys and indices into a decoded body.
func dig(t *testing.T, v any, keys ...any) any {
	t.Helper()
	for _, k := range keys {
		switch k := k.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				t.Fatalf("no object to take %q from: %v", k, v)
			}
			if v, ok = m[k]; !ok {
				t.Fatalf("no %q in %v", k, m)
			}
		case int:
			l, ok := v.([]any)
			if !ok || k >= len(l) {
				t.Fatalf("no item %d in %v", k, v)
			}
			v = l[k]
		}
	}
	return v
}

func expect(t *testing.T, body any, want any, keys ...any) {
	t.Helper()
	if got := dig(t, body, keys...); got != want {
		t.Errorf("%v = %v (%T), want %v (%T)", keys, got, got, want, want)
	}
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 6)
	body := s.get(s.as("user"), "/api/dashboard").want(http.StatusOK).object()
	expect(t, body, "in_session", "session", "phase")
	expect(t, body, "2026-03-04T13:00:00+09:00", "session", "now")
	expect(t, body, "2026-03-04T15:30:00+09:00", "session", "closes_at")
	expect(t, body, 6.0, "today", "stories")
	expect(t, body, 36.0, "today", "predictions")
	expect(t, body, 2.0, "today", "alerts")
	expect(t, body, 1.0, "pipeline", "gave_up")
	expect(t, body, 2.0, "pipeline", "to_send")
	expect(t, body, "champion", "signals", 0, "model", "role")
	expect(t, body, 5.0, "signals", 0, "horizon")  // the farthest from its base rate
	if n := len(body["signals"].([]any)); n != 2 { // one per stock
		t.Errorf("%d signals", n)
	}
	expect(t, body, false, "watchlist", "all")
	expect(t, body, 0.0, "watchlist", "total")
	expect(t, body, "failing", "sources", 0, "state")
	expect(t, body, nil, "sources", 0, "last_error") // a user may not see failures
	expect(t, body, 18.0, "models", 0, "predictions_today")
	expect(t, body, 2.0, "models", 0, "judged_today")
	if text := dig(t, body, "models", 0, "sentence").(string); !strings.Contains(text, "18건") {
		t.Errorf("sentence %q", text)
	}
}

func TestDashboardHasTheCallersWatchlist(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 6)
	user := s.as("user")
	s.send(user, "PUT", "/api/watchlist", fields{"all": false, "codes": []string{"100002", "100001"}}).want(http.StatusOK)
	body := s.get(user, "/api/dashboard").want(http.StatusOK).object()
	expect(t, body, 2.0, "watchlist", "total")
	expect(t, body, "100002", "watchlist", "stocks", 0, "code") // in its order, which is not the code's
	expect(t, body, "100001", "watchlist", "stocks", 1, "code")
	expect(t, body, 3.0, "watchlist", "stocks", 1, "news_24h")
	if n := len(dig(t, body, "watchlist", "stocks", 1, "signals").([]any)); n == 0 {
		t.Error("no signal of a stock that has predictions")
	}
	other := s.get(s.as("operator"), "/api/dashboard").want(http.StatusOK).object()
	expect(t, other, 0.0, "watchlist", "total")
}

func TestSessionOfADayWithoutTrading(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at           time.Time
		phase, opens string
	}{
		{time.Date(2026, 3, 7, 12, 0, 0, 0, market.KST), "closed_day", "2026-03-09T09:00:00+09:00"},
		{time.Date(2026, 3, 4, 8, 0, 0, 0, market.KST), "before_open", "2026-03-04T09:00:00+09:00"},
		{time.Date(2026, 3, 6, 16, 0, 0, 0, market.KST), "after_close", "2026-03-09T09:00:00+09:00"},
		{time.Date(2026, 11, 18, 16, 0, 0, 0, market.KST), "after_close", "2026-11-19T10:00:00+09:00"},
	} {
		s := open(t, func(d *handlers.Deps) { d.Now = func() time.Time { return c.at } })
		body := s.get(s.as("user"), "/api/dashboard").want(http.StatusOK).object()
		expect(t, body, c.phase, "session", "phase")
		expect(t, body, c.opens, "session", "opens_at")
	}
	s := open(t, func(d *handlers.Deps) {
		d.Now = func() time.Time { return time.Date(2027, 12, 31, 18, 0, 0, 0, market.KST) }
	})
	body := s.get(s.as("user"), "/api/dashboard").want(http.StatusOK).object()
	expect(t, body, nil, "session", "opens_at")
	s = open(t, func(d *handlers.Deps) {
		d.Now = func() time.Time { return time.Date(2031, 1, 1, 0, 0, 0, 0, market.KST) }
	})
	s.get(s.as("user"), "/api/dashboard").want(http.StatusServiceUnavailable)
}

func TestAnEchoNamesWhatItEchoes(t *testing.T) {
	t.Parallel()
	s := open(t)
	w := seed(t, s.db, 2)
	later := newArticle(9, companies[0])
	later.Article.AvailableAt = now.Add(-time.Second)
	ids, err := s.db.SaveArticles(t.Context(), []store.NewArticle{later})
	must(t, err)
	kept, err := s.db.ArticlesByID(t.Context(), ids)
	must(t, err)
	_, err = s.db.JoinStories(t.Context(), []store.Embedded{{Article: kept[0], Codes: []market.Code{companies[0].Code}, Embedder: embedder,
		Vector: []float32{1, 0}, BaseDay: market.DayOf(now)}},
		func(news.Article, []float32, []news.Candidate) news.Placement {
			return news.Placement{EchoOf: w.stories[0], Cosine: .6}
		})
	must(t, err)
	user := s.as("user")
	got := s.get(user, fmt.Sprintf("/api/news/%d", kept[0].ID)).want(http.StatusOK)
	s.spec().check("GET", "/api/news/{id}", got)
	expect(t, got.object(), float64(w.stories[0]), "echo_of")
	expect(t, got.object(), float64(w.articles[0]), "echo_article_id")
	first := s.get(user, fmt.Sprintf("/api/news/%d", w.articles[0])).want(http.StatusOK).object()
	expect(t, first, nil, "echo_article_id")
	expect(t, first, float64(kept[0].ID), "echoes", 0, "id")
}

func TestMinutesOfAStock(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 2)
	var minutes []market.Minute
	for _, m := range []struct {
		at    time.Time
		venue market.Venue
	}{
		{now.Add(-8 * 24 * time.Hour), market.KRX}, // longer ago than minutes are given
		{now.Add(-3 * time.Minute), market.KRX},
		{now.Add(-3 * time.Minute), market.NXT}, // another venue's price
		{now.Add(-2 * time.Minute), market.KRX},
		{now, market.KRX}, // not over yet
	} {
		minutes = append(minutes, market.Minute{Code: "100001", Venue: m.venue, At: m.at, Open: 10000, High: 10200, Low: 9900, Close: 10100,
			Volume: 7, Source: "kis", KnownAt: m.at.Add(time.Minute)})
	}
	_, err := s.db.SaveMinutes(t.Context(), minutes, store.MinuteDay{Code: "100001", Venue: market.KRX, Day: market.DayOf(now), To: now})
	must(t, err)
	got := s.get(s.as("user"), "/api/stocks/100001/prices?interval=minute").want(http.StatusOK)
	s.spec().check("GET", "/api/stocks/{code}/prices", got)
	body := got.object()
	if n := len(body["minutes"].([]any)); n != 2 {
		t.Errorf("%d minutes", n)
	}
	expect(t, body, "2026-03-04T12:57:00+09:00", "minutes", 0, "at")
	expect(t, body, 10100.0, "minutes", 1, "close")
	if n := len(body["bars"].([]any)); n != 0 {
		t.Errorf("%d days among the minutes", n)
	}
	expect(t, body, 1.0, "news", 0, "stories")
}

func TestStocks(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 6)
	user := s.as("user")
	body := s.get(user, "/api/stocks/100001").want(http.StatusOK).object()
	expect(t, body, "누리테크", "name")
	expect(t, body, "KOSPI", "market")
	expect(t, body, 10300.0, "last_close") // not the correction of tomorrow
	expect(t, body, "2026-03-03", "last_day")
	expect(t, body, 3.0, "news_24h")
	expect(t, body, 1.0, "signals", 0, "horizon")
	expect(t, body, 1.0, "signals", 0, "direction")
	prices := s.get(user, "/api/stocks/100001/prices?from=2026-03-02").want(http.StatusOK).object()
	expect(t, prices, 10200.0, "bars", 0, "close")
	expect(t, prices, "2026-03-04", "news", 0, "day")
	expect(t, prices, 3.0, "news", 0, "stories")
	expect(t, prices, "2026-03-04", "predictions", 0, "base_day")
	expect(t, prices, "live", "predictions", 0, "origin")
	found := s.get(user, "/api/stocks?q="+url.QueryEscape("ㄴㄹ")).want(http.StatusOK).object()
	expect(t, found, "100001", "items", 0, "code")
	expect(t, s.get(user, "/api/stocks?active=false").object(), "100003", "items", 0, "code")
	s.get(user, "/api/stocks/999999").want(http.StatusNotFound)
	s.get(user, "/api/stocks/999999/prices").want(http.StatusNotFound)
	s.get(user, "/api/stocks/999999/prices?interval=minute").want(http.StatusNotFound)
	s.get(user, "/api/stocks/999999/news").want(http.StatusNotFound)
	s.get(user, "/api/stocks/999999/predictions").want(http.StatusNotFound)
}

func TestNewsAndPredictions(t *testing.T) {
	t.Parallel()
	s := open(t)
	w := seed(t, s.db, 6)
	user := s.as("user")
	news := s.get(user, "/api/news").want(http.StatusOK).object()
	expect(t, news, "누리테크", "items", 1, "stocks", 0, "name")
	expect(t, news, 5.0, "items", 1, "signals", 2, "horizon")
	article := s.get(user, "/api/news/1").want(http.StatusOK).object()
	expect(t, article, "in_session", "phase")
	expect(t, article, "2026-03-04", "base_day")
	expect(t, article, "2026-03-04", "trades_day")
	expect(t, article, "title", "companies", 0, "field")
	expect(t, article, 1.0, "tellings", 0, "id")
	expect(t, article, "누리테크, 새 공장 4호를 연다", "similar", 0, "title")
	expect(t, article, 1.5, "similar", 0, "moves", 2, "excess_pct")
	expect(t, article, nil, "predictions", 0, "outcome")
	list := s.get(user, "/api/predictions?resolved=true&model=1").want(http.StatusOK).object()
	expect(t, list, true, "items", 0, "outcome", "right")
	expect(t, list, .8, "items", 0, "outcome", "excess_pct")
	expect(t, list, "2026-03-05", "items", 0, "target_day")
	if n := len(list["items"].([]any)); n != 2 { // the third outcome is known only in an hour
		t.Errorf("%d resolved predictions", n)
	}
	expect(t, s.get(user, "/api/predictions?min_gap=0.045").object(), 5.0, "items", 0, "horizon")
	for path, want := range map[string]int{"direction=-1": 0, "direction=1": 36, "generation=2": 0, "origin=backtest": 0, "min_gap=0.045": 12,
		"from=2026-03-04T12:55:00%2B09:00": 12, "to=2026-03-04T12:45:00%2B09:00": 12} {
		if n := len(s.walk(user, "/api/predictions?"+path, "id")); n != want {
			t.Errorf("%s: %d predictions, want %d", path, n, want)
		}
	}
	one := s.get(user, "/api/predictions/1").want(http.StatusOK).object()
	expect(t, one, embedder, "evidence", "embedder")
	expect(t, one, .7, "evidence", "neighbours", 0, "cosine")
	expect(t, one, 3.0, "call", "latency_ms")
	expect(t, one, 1.0, "generations", 0, "generation")
	s.get(user, "/api/news/999").want(http.StatusNotFound)
	s.get(user, "/api/predictions/999").want(http.StatusNotFound)
	if len(w.calls) != 6 {
		t.Fatalf("%d calls", len(w.calls))
	}
}

func TestAlertsShowDelivery(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 4)
	for _, q := range []string{`insert into recipients (chat_id) values (1), (2)`,
		`insert into notices (alert_id, recipient_id, state, day) values (1, 1, 'sent', '2026-03-04'), (1, 2, 'ambiguous', '2026-03-04')`,
		`insert into outcomes (story_id, code, horizon, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, known_at)
			select story_id, code, 3, '2026-03-04', '2026-03-09', -1, -1, 2, false, '2026-03-04 00:00+09' from alerts`} {
		if _, err := s.db.Bun().ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	body := s.get(s.as("user"), "/api/alerts").want(http.StatusOK).object()
	first := dig(t, body, "items", 1)
	expect(t, first, 1.0, "id")
	expect(t, first, "above the gate", "reason")
	expect(t, first, 1.0, "delivery", "sent")
	expect(t, first, 1.0, "delivery", "ambiguous")
	expect(t, first, .44, "signal", "probability")
	expect(t, first, false, "outcomes", 0, "right")
	expect(t, first, 3.0, "outcomes", 0, "horizon")
}

func TestOrders(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 6)
	operator := s.as("operator")
	post := func(path string, body any) answer {
		return s.do(request{method: "POST", path: path, token: operator, body: body})
	}
	order := map[string]any{"filter": map[string]any{"codes": []string{"100001"}}}
	dry := map[string]any{"filter": map[string]any{"codes": []string{"100001"}}, "dry_run": true}
	counted := post("/api/predictions/repredict", dry).want(http.StatusOK).object()
	expect(t, counted, 3.0, "stories")
	expect(t, counted, 6.0, "calls")
	expect(t, counted, 0.0, "cost_micro_won")
	expect(t, counted, nil, "run")
	first := post("/api/predictions/repredict", order).want(http.StatusAccepted).object()
	expect(t, first, "queued", "run", "state")
	again := post("/api/tasks", map[string]any{"kind": "repredict", "params": order}).want(http.StatusAccepted).object()
	if again["id"] != dig(t, first, "run", "id") {
		t.Errorf("the same order is two runs: %v and %v", first, again)
	}
	s.queue.down = true
	crawl := post("/api/tasks", map[string]any{"kind": "crawl", "params": map[string]string{"source": "한빛신문"}}).want(http.StatusAccepted).object()
	expect(t, crawl, "한빛신문", "params", "source")
	if len(s.queue.runs) != 2 {
		t.Errorf("rung for %v", s.queue.runs)
	}
	s.get(operator, "/api/tasks/999").want(http.StatusNotFound)
	remove := request{method: "DELETE", path: "/api/tasks/1", token: operator, body: map[string]string{"reason": "잘못 주문함"}}
	cancelled := s.do(remove).want(http.StatusOK).object()
	expect(t, cancelled, "cancelled", "state")
	expect(t, cancelled, "잘못 주문함", "reason")
	if n := len(s.walk(operator, "/api/tasks?state=cancelled", "id")); n != 1 {
		t.Errorf("%d cancelled runs", n)
	}
	if next := post("/api/predictions/repredict", order).want(http.StatusAccepted).object(); dig(t, next, "run", "id") == dig(t, first, "run", "id") {
		t.Error("a cancelled run was ordered again under its number")
	}
	must(t, s.db.FinishRun(t.Context(), int64(crawl["id"].(float64)), "done", "", nil))
	s.do(request{method: "DELETE", path: fmt.Sprintf("/api/tasks/%v", crawl["id"]), token: operator, body: map[string]string{"reason": "late"}}).want(http.StatusConflict)
}

func TestALanguageModelsPriceIsEstimated(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 2)
	if _, err := s.db.Bun().ExecContext(t.Context(), `insert into models (name, kind, role, version, input_price, output_price, max_output_tokens) values ('far', 'llm', 'challenger', 'llm-1', 200, 800, 500)`); err != nil {
		t.Fatal(err)
	}
	body := s.do(request{method: "POST", path: "/api/predictions/repredict", token: s.as("operator"), body: map[string]any{"ids": []int{1}, "dry_run": true}}).
		want(http.StatusOK).object()
	expect(t, body, "upper bound", "estimated_by")
	expect(t, body, 6000.0*200+500*800, "cost_micro_won")
	expect(t, body, 3.0, "calls")
	if _, err := s.db.Bun().ExecContext(t.Context(), `insert into model_calls (story_id, model_id, generation, state, input_tokens, output_tokens, cost_micro_won)
		select 1, 3, g, 'done', 900 + 100 * g, 40, 0 from generate_series(1, 2) g`); err != nil {
		t.Fatal(err)
	}
	body = s.do(request{method: "POST", path: "/api/predictions/repredict", token: s.login("operator@example.com").Access, body: map[string]any{"ids": []int{1, 2}, "dry_run": true}}).
		want(http.StatusOK).object()
	expect(t, body, "past calls", "estimated_by")
	expect(t, body, 2*1050.0, "input_tokens")
	expect(t, body, 2*(1050.0*200+40*800), "cost_micro_won")
}
