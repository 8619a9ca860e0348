package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"tickerwire/handlers"
	"tickerwire/store"
)

func TestWhatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 2)
	admin := s.as("admin")
	for _, c := range []struct{ method, path, body, field string }{
		{"GET", "/api/news?limit=0", "", "limit"},
		{"GET", "/api/news?limit=201", "", "limit"},
		{"GET", "/api/news?limit=-1", "", "limit"},
		{"GET", "/api/news?limit=99999999999999999999", "", "limit"},
		{"GET", "/api/news?limit=ten", "", "limit"},
		{"GET", "/api/news?limit=1&limit=2", "", "limit"},
		{"GET", "/api/news?limits=1", "", "limits"},
		{"GET", "/api/news?fold=maybe", "", "fold"},
		{"GET", "/api/news?code=12345", "", "code"},
		{"GET", "/api/news?from=yesterday", "", "from"},
		{"GET", "/api/news?from=0000-01-01T00:00:00Z", "", "from"},
		{"GET", "/api/news?origin=dream", "", "origin"},
		{"GET", "/api/news?press=%00", "", "press"},
		{"GET", "/api/news?press=%ff%fe", "", "press"},
		{"GET", "/api/news?press=" + strings.Repeat("a", 101), "", "press"},
		{"GET", "/api/news?%zz", "", "query"},
		{"GET", "/api/news/0", "", "id"},
		{"GET", "/api/news/abc", "", "id"},
		{"GET", "/api/news/99999999999999999999", "", "id"},
		{"GET", "/api/stocks/5930", "", "code"},
		{"GET", "/api/stocks/%00%00%00%00%00%00", "", "code"},
		{"GET", "/api/stocks/100001/prices?interval=week", "", "interval"},
		{"GET", "/api/stocks/100001/prices?from=2026-13-01", "", "from"},
		{"GET", "/api/stocks/100001/prices?from=1999-01-01", "", "from"},
		{"GET", "/api/stocks/100001/prices?interval=minute&from=2026-01-01", "", "from"},
		{"GET", "/api/stocks/100001/prices?from=2026-03-03&to=2026-03-01", "", "from"},
		{"GET", "/api/predictions?horizon=0", "", "horizon"},
		{"GET", "/api/predictions?min_gap=NaN", "", "min_gap"},
		{"GET", "/api/predictions?min_gap=2", "", "min_gap"},
		{"GET", "/api/predictions?direction=up", "", "direction"},
		{"GET", "/api/predictions?direction=2", "", "direction"},
		{"GET", "/api/models?sort=name", "", "sort"},
		{"GET", "/api/statistics?horizon=2", "", "horizon"},
		{"GET", "/api/statistics?origin=both", "", "origin"},
		{"GET", "/api/statistics/calibration?model=0", "", "model"},
		{"GET", "/api/statistics/daily?from=2026-03-03&to=2026-03-01", "", "to"},
		{"GET", "/api/statistics/daily?day=2026-03-03", "", "day"},
		{"POST", "/api/ab-test", `{"name":"x","model_a":1,"model_b":1,"horizon":1}`, "model_b"},
		{"POST", "/api/ab-test", `{"name":"x","model_a":1,"model_b":99,"horizon":1}`, "model_b"},
		{"POST", "/api/ab-test", `{"name":"x","model_a":1,"model_b":2,"horizon":2}`, "horizon"},
		{"POST", "/api/ab-test", `{"name":"x","model_a":1,"model_b":2}`, "horizon"},
		{"POST", "/api/ab-test", `{"name":"","model_a":1,"model_b":2,"horizon":1}`, "name"},
		{"POST", "/api/ab-test", `{"name":"x","model_a":1,"model_b":2,"horizon":1,"metric":"accuracy"}`, "metric"},
		{"POST", "/api/ab-test", `{"name":"x","model_a":1,"model_b":2,"horizon":1,"starts_on":"2026-03-04"}`, "starts_on"},
		{"POST", "/api/ab-test", `{"name":"x","model_a":1,"model_b":2,"horizon":1,"starts_on":"2027-03-04"}`, "starts_on"},
		{"POST", "/api/ab-test", `{"name":"x","model_a":1,"model_b":2,"horizon":1,"comparisons":0}`, "comparisons"},
		{"POST", "/api/ab-test", `{"name":"x","model_a":1,"model_b":2,"horizon":1,"codes":["1"]}`, "codes[0]"},
		{"POST", "/api/ab-test/1/stop", `{}`, "reason"},
		{"PATCH", "/api/alerts/gate", `{"min_shift":0}`, "min_shift"},
		{"PATCH", "/api/alerts/gate", `{"min_score_pct":31}`, "min_score_pct"},
		{"PATCH", "/api/alerts/gate", `{"per_day":0}`, "per_day"},
		{"PATCH", "/api/alerts/gate", `{"require_proof":false}`, "require_proof"},
		{"PATCH", "/api/alerts/gate", `{"per_day":7.5}`, "per_day"},
		{"PATCH", "/api/alerts/gate", `{"per_day":1e300}`, "per_day"},
		{"PUT", "/api/watchlist", `{"all":null,"codes":[]}`, "all"},
		{"GET", "/api/tasks?state=lost", "", "state"},
		{"POST", "/api/auth/login", `{"email":"a@example.com"}`, "password"},
		{"POST", "/api/auth/login", `{"email":"a@example.com","password":"x","remember":true}`, "remember"},
		{"POST", "/api/auth/login", `{"email":1,"password":"x"}`, "email"},
		{"POST", "/api/auth/login", `{"email":"a\u0000","password":"x"}`, "email"},
		{"POST", "/api/auth/login", "{\"email\":\"\xff\",\"password\":\"x\"}", "body"},
		{"POST", "/api/auth/login", `{"email":"a@example.com","password":"x","session":"jar"}`, "session"},
		{"POST", "/api/auth/login", `[]`, "body"},
		{"POST", "/api/auth/login", `null`, "body"},
		{"POST", "/api/auth/login", `{"email"`, "body"},
		{"POST", "/api/auth/login", ``, "email"},
		{"POST", "/api/auth/login?next=/x", `{"email":"a@example.com","password":"x"}`, "next"},
		{"POST", "/api/tasks", `{"kind":"dance"}`, "kind"},
		{"POST", "/api/tasks", `{}`, "kind"},
		{"POST", "/api/tasks", `{"kind":"crawl"}`, "params.source"},
		{"POST", "/api/tasks", `{"kind":"crawl","params":{"source":"없는신문"}}`, "params.source"},
		{"POST", "/api/tasks", `{"kind":"crawl","params":{"source":"한빛신문","depth":3}}`, "params.depth"},
		{"POST", "/api/tasks", `{"kind":"crawl","params":[]}`, "params"},
		{"POST", "/api/tasks", `{"kind":"repredict","params":{}}`, "params.filter"},
		{"POST", "/api/tasks", `{"kind":"repredict","params":{"ids":[1],"dry_run":true}}`, "params.dry_run"},
		{"POST", "/api/tasks", `{"kind":"repredict","params":{"ids":[1],"model_ids":[99]}}`, "params.model_ids"},
		{"POST", "/api/predictions/repredict", `{}`, "filter"},
		{"POST", "/api/predictions/repredict", `{"filter":{"codes":["100001","bad"]}}`, "filter.codes[1]"},
		{"POST", "/api/predictions/repredict", `{"filter":{"since":"x"}}`, "filter.since"},
		{"POST", "/api/predictions/repredict", `{"filter":{"from":"2026-03-02T00:00:00Z","to":"2026-03-01T00:00:00Z"}}`, "filter.from"},
		{"POST", "/api/predictions/repredict", `{"ids":["1"]}`, "ids[0]"},
		{"POST", "/api/predictions/repredict", `{"ids":[1.5]}`, "ids[0]"},
		{"POST", "/api/predictions/repredict", `{"ids":[` + strings.Repeat("1,", 1000) + `1]}`, "ids"},
		{"POST", "/api/predictions/repredict", `{"ids":[1],"model_ids":[99]}`, "model_ids"},
		{"POST", "/api/predictions/repredict", `{"ids":[1],"dry_run":"yes"}`, "dry_run"},
		{"DELETE", "/api/tasks/1", `{}`, "reason"},
		{"DELETE", "/api/tasks/1", `{"reason":""}`, "reason"},
	} {
		r := request{method: c.method, path: c.path, token: admin}
		if c.method != "GET" {
			r.body = c.body
		}
		if got := s.do(r).field(); got != c.field {
			t.Errorf("%s %s %s: field %q, want %q", c.method, c.path, c.body, got, c.field)
		}
	}
}

func TestHostileInputIsNever500(t *testing.T) {
	t.Parallel()
	s := open(t, briefly, func(d *handlers.Deps) { d.TelegramSecret = telegramSecret })
	proof := map[string]string{headerSecret: telegramSecret} // else nothing is read of what Telegram is to post
	seed(t, s.db, 2)
	admin, session := s.session(s.user("admin@example.com", "admin"))
	token := s.mint(admin, session.ID, nil)
	deep := strings.Repeat("[", 200_000)
	bodies := map[string]string{"deep list": deep, "deep object": strings.Repeat(`{"a":`, 100_000), "huge": `{"email":"` + strings.Repeat("a", 10<<20) + `"}`,
		"huge number": `{"ids":[1e999],"limit":1e999}`, "NUL": "\x00", "latin": "\xe9", "deep params": `{"kind":"crawl","params":` + deep,
		"NUL params": `{"kind":"crawl","params":{"source":"\u0000"}}`, "lone surrogate": `{"kind":"crawl","params":{"source":"\ud800"}}`, "same key": `{"kind":1,"kind":"crawl"}`}
	tails := []string{"?limit=-9223372036854775808", "?cursor=" + strings.Repeat("A", 100_000), "?code=%F0%28%8C%28", "?q=%00", "?q=(((%5B", "?q=%5C",
		"?from=9999-12-31T23:59:59%2B99:99", "?=", "?%00=1", "/%2e%2e%2f", "/%ff", "/9223372036854775807"}
	for _, op := range s.operations() {
		if op.template == "/api/auth/logout" {
			continue // it would end the session that the others need
		}
		for name, body := range bodies {
			got := s.do(request{method: op.method, path: op.path, token: token, header: proof, body: body})
			if got.status >= 500 {
				t.Errorf("%s %s with body %s: %d %s", op.method, op.path, name, got.status, got.body)
			}
			if name == "huge" && got.status != http.StatusRequestEntityTooLarge && op.method != "GET" {
				t.Errorf("%s %s takes 10 MB: %d", op.method, op.path, got.status)
			}
		}
		for _, tail := range tails {
			if got := s.do(request{method: op.method, path: op.path + tail, token: token}); got.status >= 500 {
				t.Errorf("%s %s%s: %d %s", op.method, op.path, tail[:min(40, len(tail))], got.status, got.body)
			}
		}
	}
	s.do(request{method: "POST", path: "/api/auth/login", body: `{}`, header: map[string]string{"Content-Type": "text/plain"}}).want(http.StatusUnsupportedMediaType)
	s.do(request{method: "PUT", path: "/api/news", token: token}).want(http.StatusMethodNotAllowed)
	got := s.get(token, "/api/nowhere").want(http.StatusNotFound)
	if got.header.Get("Content-Type") != "application/problem+json" || got.object()["request_id"] == "" {
		t.Errorf("an unknown route answers %s %s", got.header.Get("Content-Type"), got.body)
	}
}

func TestSearchTakesAnyText(t *testing.T) {
	t.Parallel()
	s := open(t)
	seed(t, s.db, 2)
	for query, want := range map[string]string{"ㄴㄹㅌㅋ": "100001", "누리 테": "100001", "ㅎㅂ": "100002", "gaon": "100003", "100002": "100002", "한빛ㅈ": "100002"} {
		rows, err := s.db.StockList(t.Context(), store.StockFilter{Query: query, Now: now, Limit: 10})
		if err != nil || len(rows) != 1 || string(rows[0].Stock.Code) != want {
			t.Errorf("%q finds %v, %v", query, rows, err)
		}
	}
	for _, query := range []string{"***:", `\`, "[", "(?i)", "a{9999999}", "%", "_", "^", "ㅏ", "ㄱ-ㅎ]", strings.Repeat("ㄱ", 50)} {
		rows, err := s.db.StockList(t.Context(), store.StockFilter{Query: query, Now: now, Limit: 10})
		if err != nil || len(rows) != 0 {
			t.Errorf("%q finds %v, %v", query, rows, err)
		}
	}
}

func TestInternalErrorsStayInside(t *testing.T) {
	t.Parallel()
	s := open(t, func(d *handlers.Deps) { d.MonitorFull = panicker{} })
	admin, session := s.session(s.user("admin@example.com", "admin"))
	token := s.mint(admin, session.ID, nil)
	if _, err := s.db.Bun().ExecContext(t.Context(), `drop table alerts cascade`); err != nil {
		t.Fatal(err)
	}
	got := s.do(request{method: "GET", path: "/api/alerts", token: token, header: map[string]string{"X-Request-ID": "request-number-7"}}).want(http.StatusInternalServerError)
	if body := got.object(); body["detail"] != "internal error" || body["request_id"] != "request-number-7" {
		t.Errorf("body %s", got.body)
	}
	if n := strings.Count(s.log.String(), "request-number-7"); n != 1 || !strings.Contains(s.log.String(), "does not exist") {
		t.Errorf("the error is logged %d times: %s", n, s.log)
	}
	cookie := s.monitorSignIn("admin@example.com")
	if body := s.do(request{method: "GET", path: "/monitor", cookie: cookie}).want(http.StatusInternalServerError).object(); body["detail"] != "internal error" {
		t.Errorf("a panic answers %v", body)
	}
	if !strings.Contains(s.log.String(), "panic: on purpose") {
		t.Error("the panic is not in the log")
	}
}

type panicker struct{}

func (panicker) ServeHTTP(http.ResponseWriter, *http.Request) { panic("on purpose") }
