package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/contest"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

const (
	analogue = int64(1) // the models that every schema has
	baseline = int64(2)
)

// judgedWorld is three stories of one stock: the second echoes the first, the third is a backtest's. Each has predictions
// of both models over one day.
func judgedWorld(t *testing.T, db *store.DB) []int64 {
	t.Helper()
	kept := save(t, db, article(0), article(1), article(2))
	joined := join(t, db, embedded(kept[0], 0, nuri), embedded(kept[1], 53, nuri), embedded(kept[2], 180, nuri))
	if joined[1].StoryID == joined[0].StoryID || count(t, db, `select count(*) from stories where echo_of is not null`) != 1 {
		t.Fatalf("the second does not echo the first: %+v", joined)
	}
	exec(t, db, `update model_calls set origin = 'backtest' where story_id = ?`, joined[2].StoryID)
	var ids []int64
	for i, j := range joined {
		ids = append(ids, j.StoryID)
		origin := forecast.Live
		if i == 2 {
			origin = forecast.Backtest
		}
		for _, c := range j.Calls {
			p := forecast.Prediction{StoryID: j.StoryID, Code: nuri, ModelID: c.ModelID, Horizon: 1, Generation: 1, AsOf: kept[i].AvailableAt,
				MadeAt: kept[i].AvailableAt, Probability: .5 + float64(c.ModelID)/100, BaseRate: .43, Origin: origin}
			if c.ModelID == analogue && i == 1 {
				p.Raw, p.Late = .57, true
			}
			if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: c.CallID}, []forecast.Prediction{p}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return ids
}

func outcomeOf(story int64, version int, excess float64, known time.Time) forecast.Outcome {
	day := market.DayOf(noon)
	return forecast.Outcome{StoryID: story, Code: nuri, Horizon: 1, Version: version, BaseDay: day, TargetDay: day + 1, ReturnPct: 1, ExcessPct: excess,
		SigmaPct: 2, KnownAt: known}
}

func TestJudgedKnowsNothingLater(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	ids := judgedWorld(t, db)
	known := noon.Add(30 * time.Hour)
	void := outcomeOf(ids[1], 1, 0, known)
	void.Void = forecast.VoidHalted
	if err := db.SaveOutcomes(t.Context(), []forecast.Outcome{outcomeOf(ids[0], 1, 1.5, known), void, outcomeOf(ids[2], 1, -2, known),
		outcomeOf(ids[0], 2, -9, known.Add(time.Second)), outcomeOf(ids[1], 2, -9, known.Add(time.Second))}); err != nil {
		t.Fatal(err)
	}
	read := func(modelID int64, origin forecast.Origin, at time.Time) []store.Judged {
		t.Helper()
		list, err := db.Judged(t.Context(), store.JudgedFilter{ModelID: modelID, Horizon: 1, Origin: origin, KnownBy: at, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	item := score.Item{StoryID: ids[0], Cluster: ids[0], Code: nuri, Day: market.DayOf(noon), Probability: .51, BaseRate: .43, ExcessPct: 1.5, SigmaPct: 2}
	echo := item
	echo.StoryID, echo.ExcessPct, echo.Void = ids[1], 0, true
	want := []store.Judged{{Item: echo, AsOf: noon.Add(time.Minute), KnownAt: known, Raw: .57, Late: true}, {Item: item, AsOf: noon, KnownAt: known, Raw: .51}}
	if diff := cmp.Diff(want, read(analogue, forecast.Live, known)); diff != "" {
		t.Error(diff)
	}
	if list := read(analogue, forecast.Live, known.Add(-time.Microsecond)); len(list) != 0 {
		t.Errorf("before anything was known: %+v", list)
	}
	if list := read(analogue, forecast.Live, known.Add(time.Second)); len(list) != 2 || list[0].ExcessPct != -9 || list[0].Void || list[1].ExcessPct != -9 {
		t.Errorf("after the correction: %+v", list)
	}
	if list := read(baseline, forecast.Backtest, known); len(list) != 1 || list[0].ExcessPct != -2 || list[0].Probability != .52 {
		t.Errorf("the walk: %+v", list)
	}
	for _, f := range []store.JudgedFilter{{ModelID: 1, Horizon: 1, Limit: 5}, {ModelID: 1, Horizon: 1, KnownBy: noon}} {
		if _, err := db.Judged(t.Context(), f); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", f, err)
		}
	}
	// The same predicate holds retrieval back.
	moves := func(at time.Time) []forecast.PastMove {
		t.Helper()
		first := count(t, db, `select first_article_id from stories where id = ?`, ids[0])
		list, err := db.PastMoves(t.Context(), store.PastFilter{Hits: []store.Hit{{ArticleID: int64(first), Cosine: .9}}, AsOf: at})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := moves(known); len(list) != 1 || list[0].Moves[1].ExcessPct != 1.5 {
		t.Errorf("retrieval: %+v", list)
	}
	if list := moves(known.Add(-time.Microsecond)); len(list) != 0 {
		t.Errorf("retrieval before anything was known: %+v", list)
	}
}

func TestScorecards(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	card := func(model int64, h int, origin forecast.Origin, revision string) store.Scorecard {
		return store.Scorecard{RecordOf: store.RecordOf{ModelID: model, Horizon: h, Origin: origin}, Revision: revision, JudgedAt: noon,
			Report: score.Report{Horizon: h, Verdict: score.NoSkill, StockDays: 300, From: 20000, Skill: score.Estimate{Value: .01, Low: -.02, High: .03, Known: true, Ranged: true},
				Reliability: score.Reliability{Bins: []score.Bin{{StockDays: 300, Mean: .43, Frequency: .44, Low: .4, High: .5}}},
				Drift:       []score.Flag{{Name: score.FlagLoss, Value: 5, Limit: 4}}}}
	}
	days := []score.Daily{{Day: 20000, Articles: 9, StockDays: 5, Void: 1, Said: 4, Right: 3, Ups: 2, Brier: .24, BaseBrier: .25, LogLoss: .68, BaseLogLoss: .69,
		IC: score.Estimate{Value: .2, Known: true}}, {Day: 20001, Void: 2}}
	want := []store.Scorecard{card(1, 1, forecast.Backtest, "5/a"), card(1, 1, forecast.Live, "7/b"), card(2, 3, forecast.Live, "7/b")}
	for _, c := range append([]store.Scorecard{card(1, 1, forecast.Live, "6/b")}, want...) {
		if err := db.SaveScorecard(t.Context(), c, days); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.Scorecards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if one, err := db.Scorecard(t.Context(), want[1].RecordOf); err != nil || !cmp.Equal(one, want[1]) {
		t.Errorf("one of them: %+v, %v", one, err)
	}
	if _, err := db.Scorecard(t.Context(), store.RecordOf{ModelID: 2, Horizon: 1, Origin: forecast.Live}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("one that was not judged: %v", err)
	}
	var all []store.DailyItem
	for after := (store.DailyPlace{}); ; {
		page, err := db.DailyPerformance(t.Context(), store.DailyFilter{After: after, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
		after = store.DailyPlace{Day: page[0].Day, RecordOf: page[0].RecordOf}
	}
	var wantDays []store.DailyItem
	for _, d := range []score.Daily{days[1], days[0]} {
		for _, c := range want {
			wantDays = append(wantDays, store.DailyItem{RecordOf: c.RecordOf, Daily: d})
		}
	}
	if diff := cmp.Diff(wantDays, all); diff != "" {
		t.Errorf("page by page: %s", diff)
	}
	some, err := db.DailyPerformance(t.Context(), store.DailyFilter{RecordOf: store.RecordOf{ModelID: 1, Horizon: 1, Origin: forecast.Live}, From: 20000, To: 20000, Limit: 9})
	if err != nil || len(some) != 1 || some[0] != wantDays[4] {
		t.Errorf("filtered: %+v, %v", some, err)
	}
}

func TestCalibrationsAreVersions(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	version := func(h int, known time.Time, slope float64) store.CalibrationOf {
		return store.CalibrationOf{ModelID: 1, Horizon: h, Origin: forecast.Live, KnownAt: known, Calibration: forecast.Calibration{Intercept: .01,
			Slope: slope, SlopeLow: slope - .1, SlopeHigh: slope + .1, StockDays: 700, Drifting: slope < 0}}
	}
	first, second, other := version(1, noon, .3), version(1, noon.Add(24*time.Hour), .4), version(3, noon, -.2)
	changed := version(1, noon, .9)
	for _, list := range [][]store.CalibrationOf{{second, first, other}, {changed}, nil} {
		if err := db.SaveCalibrations(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[time.Time]map[int]store.CalibrationOf{noon.Add(-1): {}, noon: {1: first, 3: other}, noon.Add(48 * time.Hour): {1: second, 3: other}} {
		got, err := db.Calibrations(t.Context(), 1, forecast.Live, at)
		if err != nil {
			t.Fatal(err)
		}
		for h, c := range got {
			if c.ID == 0 {
				t.Error("a version without an id")
			}
			c.ID = 0
			got[h] = c
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("known at %s: %s", at, diff)
		}
	}
}

func TestWhatAnExperimentRegistersDoesNotChange(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	user, err := db.CreateUser(t.Context(), store.User{Email: "a@example.com", PasswordHash: "x", Role: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, `insert into models (name, kind, role, version) values ('third', 'analogue', 'challenger', '1')`)
	ask := store.ABTest{Name: "첫 실험", ModelA: 1, ModelB: 2, Horizon: 3, Codes: []market.Code{nuri}, StartsOn: 20600, Comparisons: 1, OrderedBy: user, CreatedAt: noon}
	made, err := db.CreateABTest(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	want := ask
	want.ID, want.Metric, want.Verdict = made.ID, store.MetricBrier, contest.Collecting
	got, err := db.ABTest(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := db.CreateABTest(t.Context(), ask); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the same once more: %v", err)
	}
	ask.ModelB = 3
	if _, err := db.CreateABTest(t.Context(), ask); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a second comparison of the same model that says it is one: %v", err)
	}
	ask.Comparisons = 2
	second, err := db.CreateABTest(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{"starts_on = starts_on - 1", "comparisons = 2", "horizon = 1", "model_b = 3", "codes = '{}'", "created_at = now()", "metric = 'other'"} {
		if _, err := db.Bun().ExecContext(t.Context(), `update ab_tests set `+change+` where id = ?`, made.ID); err == nil {
			t.Errorf("it was changed: %s", change)
		}
	}
	days := []contest.Day{{Day: 20600, Diff: .01, Bound: .05, StockDays: 8}, {Day: 20601, Diff: -.01, Bound: .06, StockDays: 9}}
	other := contest.Day{Day: 20601, Diff: .5, Bound: .9, StockDays: 1}
	for _, list := range [][]contest.Day{days[:1], {days[1]}, {other}} {
		if err := db.AddABDays(t.Context(), made.ID, list, contest.Undecided, noon); err != nil {
			t.Fatal(err)
		}
	}
	stopped, err := db.StopABTest(t.Context(), made.ID, user, "the question has gone", noon.Add(time.Hour))
	if err != nil || stopped.Verdict != contest.Stopped || stopped.StoppedBy != user || !stopped.EndedAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("stopped: %+v, %v", stopped, err)
	}
	if err := db.AddABDays(t.Context(), made.ID, []contest.Day{{Day: 20602, StockDays: 1}}, contest.ABetter, noon); err != nil {
		t.Fatal(err)
	}
	kept, err := db.ABDays(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(days, kept); diff != "" {
		t.Error(diff)
	}
	if again, err := db.ABTest(t.Context(), made.ID); err != nil || again.Verdict != contest.Stopped {
		t.Errorf("after its end: %+v, %v", again, err)
	}
	if _, err := db.StopABTest(t.Context(), made.ID, user, "", noon); fault.KindOf(err) != fault.Conflict {
		t.Errorf("stopped twice: %v", err)
	}
	if _, err := db.StopABTest(t.Context(), 999, user, "", noon); fault.KindOf(err) != fault.NotFound {
		t.Errorf("nothing was stopped: %v", err)
	}
	list, err := db.ABTests(t.Context(), 0, 1)
	if err != nil || len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("the newest: %+v, %v", list, err)
	}
	if list, err = db.ABTests(t.Context(), second.ID, 5); err != nil || len(list) != 1 || list[0].ID != made.ID {
		t.Errorf("those before: %+v, %v", list, err)
	}
	if list, err = db.RunningABTests(t.Context(), 5); err != nil || len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("running: %+v, %v", list, err)
	}
	if n, err := db.CountABTests(t.Context()); err != nil || n != 2 {
		t.Errorf("%d were registered, %v", n, err)
	}
}
