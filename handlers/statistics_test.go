package handlers_test

import (
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/contest"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// seedRecords keeps a long record of model 1 over one day, live, a short one of its walk, and a calibration.
func seedRecords(t *testing.T, db *store.DB) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	var items []score.Item
	for n := range 600 {
		up := r.Float64() < .43
		p := .38
		if up == (r.Float64() < .7) {
			p = .48
		}
		items = append(items, score.Item{StoryID: int64(n), Cluster: int64(n), Code: market.Code([]string{"100001", "100002", "100003"}[n%3]),
			Day: market.DayOf(now) - 250 + market.Day(n/3), Probability: p, BaseRate: .43, ExcessPct: map[bool]float64{true: 1.5, false: -1.5}[up], SigmaPct: 2})
	}
	for origin, list := range map[forecast.Origin][]score.Item{forecast.Live: items, forecast.Backtest: items[:60]} {
		rec := score.Record{Horizon: 1, Items: list, Late: 4}
		must(t, db.SaveScorecard(t.Context(), store.Scorecard{RecordOf: store.RecordOf{ModelID: 1, Horizon: 1, Origin: origin}, Revision: "1", JudgedAt: now,
			Report: score.Judge(rec)}, score.JudgeDays(list)))
	}
	must(t, db.SaveCalibrations(t.Context(), []store.CalibrationOf{
		{ModelID: 1, Horizon: 1, Origin: forecast.Live, KnownAt: now.Add(-time.Hour), Calibration: forecast.Calibration{Slope: .5, SlopeLow: .2, SlopeHigh: .8, StockDays: 600}},
		{ModelID: 1, Horizon: 1, Origin: forecast.Live, KnownAt: now.Add(time.Hour), Calibration: forecast.Calibration{Slope: .9, SlopeLow: .8, SlopeHigh: 1, StockDays: 601}}}))
}

func TestStatistics(t *testing.T) {
	t.Parallel()
	s := open(t)
	token := s.as("user")
	var before listBody
	s.get(token, "/api/statistics").want(http.StatusOK).into(&before)
	if len(before.Items) != 6 {
		t.Fatalf("%d records of two models that said nothing yet, want one per horizon", len(before.Items))
	}
	for _, item := range before.Items {
		needs := item["needs"].(map[string]any)
		if item["verdict"] != "collecting" || item["skill"] != nil || item["brier"] != nil || item["judged_at"] != nil || needs["stock_days"] != 100.0 || needs["days"] != 20.0 || item["origin"] != "live" {
			t.Errorf("an empty record: %v", item)
		}
	}
	seedRecords(t, s.db)
	d := s.spec()
	var all listBody
	got := s.get(token, "/api/statistics").want(http.StatusOK)
	d.check("GET", "/api/statistics", got)
	got.into(&all)
	if len(all.Items) != 7 || all.Items[0]["origin"] != "backtest" || all.Items[1]["origin"] != "live" {
		t.Fatalf("%d records, the first two %v", len(all.Items), all.Items[:2])
	}
	walk, live := all.Items[0], all.Items[1]
	if walk["verdict"] != "collecting" || walk["stock_days"] != 60.0 || walk["skill"] != nil || walk["accuracy_if_independent"] != nil {
		t.Errorf("the walk: %v", walk)
	}
	skill := live["skill"].(map[string]any)
	if live["stock_days"] != 600.0 || live["days"] != 200.0 || live["late"] != 4.0 || live["threshold"] != 40.0 || skill["low"].(float64) >= skill["value"].(float64) ||
		skill["high"].(float64) <= skill["value"].(float64) || live["verdict"] == "collecting" || live["three_way"] == nil {
		t.Errorf("live: %v", live)
	}
	var models listBody
	s.get(token, "/api/models").want(http.StatusOK).into(&models)
	if models.Items[0]["verdict"] != live["verdict"] || models.Items[1]["verdict"] != "none" {
		t.Errorf("the models' verdicts: %v, %v", models.Items[0], models.Items[1])
	}
	for filter, want := range map[string]int{"origin=live": 6, "origin=backtest": 1, "model=1": 4, "model=1&horizon=1&origin=live": 1, "horizon=3": 2, "model=77": 0} {
		var page listBody
		s.get(token, "/api/statistics?"+filter).want(http.StatusOK).into(&page)
		if len(page.Items) != want {
			t.Errorf("%s: %d records, want %d", filter, len(page.Items), want)
		}
	}
	if n := len(s.walk(token, "/api/statistics?limit=2", "horizon")); n != 7 {
		t.Errorf("page by page %d records", n)
	}
}

func TestCalibrationStatistics(t *testing.T) {
	t.Parallel()
	s := open(t)
	token := s.as("user")
	seedRecords(t, s.db)
	got := s.get(token, "/api/statistics/calibration?model=1&horizon=1").want(http.StatusOK)
	s.spec().check("GET", "/api/statistics/calibration", got)
	var page listBody
	got.into(&page)
	if len(page.Items) != 2 {
		t.Fatalf("%d items", len(page.Items))
	}
	walk, live := page.Items[0], page.Items[1]
	if len(walk["bins"].([]any)) != 0 || walk["ece"] != nil || walk["murphy"] != nil || walk["recalibration"] != nil {
		t.Errorf("the walk is collecting: %v", walk)
	}
	n := 0.0
	for _, b := range live["bins"].([]any) {
		n += b.(map[string]any)["stock_days"].(float64)
	}
	now := live["recalibration"].(map[string]any)
	if n != 600 || live["ece"] == nil || live["ece_null95"] == nil || now["slope"] != .5 || now["proven"] != true || now["stock_days"] != 600.0 {
		t.Errorf("live: %v of bins, %v", n, live)
	}
}

func TestDailyStatistics(t *testing.T) {
	t.Parallel()
	s := open(t)
	token := s.as("user")
	seedRecords(t, s.db)
	s.spec().check("GET", "/api/statistics/daily", s.get(token, "/api/statistics/daily?limit=3"))
	if n := len(s.walk(token, "/api/statistics/daily?limit=7", "day")); n != 220 {
		t.Errorf("page by page %d days", n)
	}
	from := market.DayOf(now) - 250
	days := s.walk(token, "/api/statistics/daily?limit=3&model=1&horizon=1&origin=live&from="+from.String()+"&to="+(from+9).String(), "day")
	var want []any
	for day := from + 9; day >= from; day-- {
		want = append(want, day.String())
	}
	if diff := cmp.Diff(want, days); diff != "" {
		t.Error(diff)
	}
	var page listBody
	s.get(token, "/api/statistics/daily?origin=live&limit=2").want(http.StatusOK).into(&page)
	s.do(request{method: "GET", path: "/api/statistics/daily?origin=backtest&cursor=" + url.QueryEscape(*page.Next), token: token}).want(http.StatusBadRequest)
}

func TestExperiments(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin := s.as("admin")
	ask := map[string]any{"name": "유사 기사와 기본 확률", "model_a": 1, "model_b": 2, "horizon": 1, "codes": []string{"100002", "100001", "100002"}}
	made := s.do(request{method: "POST", path: "/api/ab-test", token: admin, body: ask}).want(http.StatusCreated).object()
	if made["starts_on"] != "2026-03-05" || made["verdict"] != "collecting" || made["threshold"] != 40.0 || made["metric"] != "brier" || !cmp.Equal(made["codes"], []any{"100001", "100002"}) {
		t.Errorf("registered: %v", made)
	}
	s.do(request{method: "POST", path: "/api/ab-test", token: admin, body: ask}).want(http.StatusConflict)
	var days []contest.Day
	for d := range market.Day(30) {
		days = append(days, contest.NewDay(market.DayOf(now)+1+d, []contest.Pair{{A: .5, B: .43, Up: true}, {A: .38, B: .43}, {A: .38, B: .43}}))
	}
	must(t, s.db.AddABDays(t.Context(), 1, days, contest.Collecting, now))
	got := s.get(admin, "/api/ab-test/1").want(http.StatusOK).object()
	evidence := got["evidence"].([]any)
	last := evidence[len(evidence)-1].(map[string]any)
	if len(evidence) != 30 || got["verdict"] != "collecting" || got["days"] != 30.0 || got["stock_days"] != 90.0 || got["ever_tried"] != 1.0 ||
		last["for_a"].(float64) <= 1 || last["for_b"].(float64) != 1 || last["low"].(float64) > last["mean"].(float64) || math.IsNaN(last["high"].(float64)) {
		t.Errorf("%d points, the last %v; %v", len(evidence), last, got["verdict"])
	}
	stopped := s.do(request{method: "POST", path: "/api/ab-test/1/stop", token: admin, body: map[string]string{"reason": "the question has gone"}}).want(http.StatusOK).object()
	if stopped["verdict"] != "stopped" || stopped["reason"] != "the question has gone" || stopped["ended_at"] == nil || stopped["stopped_by"] == nil {
		t.Errorf("stopped: %v", stopped)
	}
	s.do(request{method: "POST", path: "/api/ab-test/1/stop", token: admin, body: map[string]string{"reason": "again"}}).want(http.StatusConflict)
	s.get(admin, "/api/ab-test/2").want(http.StatusNotFound)
	s.do(request{method: "POST", path: "/api/ab-test", token: admin, body: ask}).want(http.StatusCreated)
	ask["model_a"], ask["model_b"], ask["horizon"] = 2, 1, 5
	s.do(request{method: "POST", path: "/api/ab-test", token: admin, body: ask}).want(http.StatusCreated)
	if ids := s.walk(admin, "/api/ab-test?limit=2", "id"); !cmp.Equal(ids, []any{3.0, 2.0, 1.0}) {
		t.Errorf("page by page: %v", ids)
	}
}

func TestTheAlertGate(t *testing.T) {
	t.Parallel()
	s := open(t)
	admin := s.as("admin")
	seedRecords(t, s.db)
	got := s.get(admin, "/api/alerts/gate").want(http.StatusOK)
	s.spec().check("GET", "/api/alerts/gate", got)
	gate := got.object()
	horizons := gate["horizons"].([]any)
	if gate["min_shift"] != .05 || gate["min_score_pct"] != .3 || gate["per_day"] != 3.0 || gate["floor_pct"] != 0.0 || gate["edited_by"] != nil ||
		horizons[0].(map[string]any)["open"] != true || horizons[1].(map[string]any)["open"] != false || horizons[1].(map[string]any)["recalibration"] != nil {
		t.Errorf("the gate: %v", gate)
	}
	changed := s.do(request{method: "PATCH", path: "/api/alerts/gate", token: admin, body: map[string]any{"min_shift": .08, "per_day": 5}}).want(http.StatusOK).object()
	if changed["min_shift"] != .08 || changed["min_score_pct"] != .3 || changed["per_day"] != 5.0 || changed["edited_by"] == nil || changed["edited_at"] == nil {
		t.Errorf("changed: %v", changed)
	}
}

func TestAlertsStandBesideTheirControls(t *testing.T) {
	t.Parallel()
	s := open(t)
	token := s.as("user")
	seed(t, s.db, 6)
	if _, err := s.db.Bun().ExecContext(t.Context(), `insert into outcomes (story_id, code, horizon, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, known_at)
		select a.story_id, a.code, 1, '2026-03-04', '2026-03-05', 1, 1.3, 2, false, ?0 from alerts a
		on conflict (story_id, code, horizon, version) do update set excess_pct = 1.3, known_at = excluded.known_at`, now.Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	var body struct {
		Alerts []map[string]any
		Recall struct {
			Moves, Alerted, Right int
			Recall                map[string]any
		}
	}
	s.get(token, "/api/statistics").want(http.StatusOK).into(&body)
	if len(body.Alerts) != 9 {
		t.Fatalf("%d choosers and sizes", len(body.Alerts))
	}
	sent := body.Alerts[1]
	if sent["chooser"] != "sent" || sent["k"] != 3.0 || sent["picks"] != 2.0 || sent["right"] != 2.0 || sent["base_rate"] != .43 ||
		sent["net_mean_pct"].(map[string]any)["value"] != 1.0 || sent["net_mean_pct"].(map[string]any)["low"] != nil || sent["precision"].(map[string]any)["low"].(float64) > .4 {
		t.Errorf("sent: %v", sent)
	}
	if body.Recall.Moves != 0 || body.Recall.Recall != nil {
		t.Errorf("recall of moves within two sigmas: %+v", body.Recall)
	}
	if _, err := s.db.Bun().ExecContext(t.Context(), `update outcomes set excess_pct = -4.1 where horizon = 1`); err != nil {
		t.Fatal(err)
	}
	s.get(token, "/api/statistics").want(http.StatusOK).into(&body)
	if r := body.Recall; r.Moves == 0 || r.Alerted == 0 || r.Alerted > r.Moves || r.Right > r.Alerted || r.Recall["value"] != float64(r.Alerted)/float64(r.Moves) {
		t.Errorf("recall %+v", r)
	}
	if random := body.Alerts[3]; random["chooser"] != "random" || random["precision"] != nil || random["base_rate"] != nil {
		t.Errorf("random: %v", random)
	}
}

func TestAPredictionShowsWhatTheModelItselfSaid(t *testing.T) {
	t.Parallel()
	s := open(t)
	token := s.as("user")
	seed(t, s.db, 2)
	raw := func() any {
		return s.get(token, "/api/predictions/1").want(http.StatusOK).object()["evidence"].(map[string]any)["raw_probability"]
	}
	if got := raw(); got != nil {
		t.Errorf("not recalibrated, but %v", got)
	}
	if _, err := s.db.Bun().ExecContext(t.Context(), `update predictions set raw = .61 where id = 1`); err != nil {
		t.Fatal(err)
	}
	if got := raw(); got != .61 {
		t.Errorf("it said %v", got)
	}
}
