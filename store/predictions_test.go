package store_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// predictionsOf makes a prediction per horizon for a call.
func predictionsOf(c store.CallRef, code market.Code) []forecast.Prediction {
	var list []forecast.Prediction
	for _, h := range forecast.Horizons {
		list = append(list, forecast.Prediction{StoryID: c.StoryID, Code: code, ModelID: c.ModelID, CallID: c.CallID, Horizon: h, Generation: c.Generation,
			AsOf: noon, MadeAt: noon.Add(time.Minute), Probability: .51, BaseRate: .43, ExpectedPct: .8, LowPct: -3.1, HighPct: 4.25, Origin: forecast.Live,
			Note: "이웃 1건", Evidence: forecast.Evidence{Query: 1, Embedder: embedder, Effective: 1.5, PanelDays: 40, Neighbours: []forecast.Neighbour{
				{ArticleID: 2, StoryID: 3, Code: garam, Cosine: .41, Weight: .168, TargetDay: barDay, ExcessPct: -1.25, KnownAt: noon.Add(-time.Hour)}}}})
	}
	return list
}

// championCall opens a story of nuri and returns the champion's call and the challenger's.
func championCall(t *testing.T, db *store.DB, n int) (champion, challenger store.CallRef) {
	t.Helper()
	a := save(t, db, article(n))
	joined := join(t, db, embedded(a[0], float64(n*90), nuri))
	if len(joined[0].Calls) < 2 {
		t.Fatalf("got %+v, want two calls or more", joined)
	}
	return joined[0].Calls[0], joined[0].Calls[1]
}

func TestSavePredictionsTwice(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	champion, challenger := championCall(t, db, 0)
	want := predictionsOf(champion, nuri)
	ids, err := db.SavePredictions(t.Context(), store.CallDone{CallID: champion.CallID, Note: "ok", LatencyMS: 12}, want)
	if err != nil || len(ids) != 3 {
		t.Fatalf("got %v, %v; want three ids", ids, err)
	}
	other := predictionsOf(champion, nuri)
	other[0].Probability = .99
	again, err := db.SavePredictions(t.Context(), store.CallDone{CallID: champion.CallID, Skipped: true}, other)
	if diff := cmp.Diff(ids, again); err != nil || diff != "" {
		t.Fatalf("the second time: %v %s", err, diff)
	}
	got, err := db.PredictionsOfCall(t.Context(), champion.CallID)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(forecast.Prediction{}, "ID")); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if one, err := db.Prediction(t.Context(), ids[1]); err != nil || one.Horizon != 3 || one.ID != ids[1] {
		t.Errorf("got %+v, %v", one, err)
	}
	call, err := db.Call(t.Context(), champion.StoryID, champion.ModelID, 1)
	if err != nil || call.State != "done" {
		t.Errorf("call %+v, %v; want done", call, err)
	}
	if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: challenger.CallID}, predictionsOf(challenger, nuri)); err != nil {
		t.Fatal(err)
	}
	undecided, err := db.UndecidedCalls(t.Context(), 0, 10)
	if diff := cmp.Diff([]store.CallRef{champion}, undecided); err != nil || diff != "" {
		t.Errorf("undecided: %v %s", err, diff)
	}
}

func TestSavePredictionsRefuses(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	champion, challenger := championCall(t, db, 0)
	if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: champion.CallID}, predictionsOf(challenger, nuri)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("another call's predictions: %v, want Invalid", err)
	}
	if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: 9999}, nil); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no such call: %v, want NotFound", err)
	}
	if call, err := db.Call(t.Context(), champion.StoryID, champion.ModelID, 1); err != nil || call.State != "due" {
		t.Errorf("call %+v, %v; want it still due", call, err)
	}
	if ids, err := db.SavePredictions(t.Context(), store.CallDone{CallID: champion.CallID, Skipped: true, Note: "no price"}, nil); err != nil || len(ids) != 0 {
		t.Errorf("skipped: %v, %v", ids, err)
	}
	if due, err := db.UndecidedCalls(t.Context(), 0, 10); err != nil || len(due) != 0 {
		t.Errorf("a skipped call is decided: %v, %v", due, err)
	}
	if _, err := db.Prediction(t.Context(), 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v, want NotFound", err)
	}
}

// outcome makes an outcome of a pair that became known so many hours after noon.
func outcome(story int64, code market.Code, horizon int, excess float64, hours int) forecast.Outcome {
	return forecast.Outcome{StoryID: story, Code: code, Horizon: horizon, Version: 1, BaseDay: barDay, TargetDay: barDay + market.Day(horizon),
		ReturnPct: excess + .5, ExcessPct: excess, SigmaPct: 2, KnownAt: noon.Add(time.Duration(hours) * time.Hour)}
}

func saveOutcomes(t *testing.T, db *store.DB, outcomes ...forecast.Outcome) {
	t.Helper()
	if err := db.SaveOutcomes(t.Context(), outcomes); err != nil {
		t.Fatal(err)
	}
}

func TestPastMoves(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	past, member, echo, query, far, future := article(0), article(1), article(2), article(3), article(4), article(600)
	a := save(t, db, past, member, echo, query, far, future)
	joined := join(t, db, embedded(a[0], 0, nuri, garam), embedded(a[1], 5, nuri, garam), embedded(a[2], 53, nuri, garam))
	joined = append(joined, join(t, db, embedded(a[3], 90, nuri), embedded(a[4], 270, garam), embedded(a[5], 180, nuri))...)
	s := make([]int64, len(joined))
	for i, j := range joined {
		s[i] = j.StoryID
	}
	void := outcome(s[0], garam, 3, 9, 3)
	void.Void = "halted"
	unknown := outcome(s[4], garam, 1, -1, 2)
	unknown.SigmaPct = 0
	saveOutcomes(t, db, outcome(s[0], nuri, 1, 1.5, 1), outcome(s[0], nuri, 3, -2, 3), void, outcome(s[2], nuri, 1, 4, 2), outcome(s[3], nuri, 1, 5, 2), unknown)
	hits := []store.Hit{{ArticleID: a[4].ID, Cosine: .3}, {ArticleID: a[1].ID, Cosine: .9}, {ArticleID: a[3].ID, Cosine: .99}, {ArticleID: a[2].ID, Cosine: .8}, {ArticleID: a[5].ID, Cosine: .7}}
	filter := store.PastFilter{Hits: hits, Embedder: embedder, AsOf: noon.Add(4 * time.Hour), ExceptStory: s[3]}
	want := []forecast.PastMove{
		{ArticleID: a[1].ID, StoryID: s[0], Cluster: s[0], Code: nuri, Embedder: embedder, Cosine: .9, At: a[0].AvailableAt, Moves: map[int]forecast.Move{
			1: {TargetDay: barDay + 1, ExcessPct: 1.5, SigmaUnits: .75, KnownAt: noon.Add(time.Hour)},
			3: {TargetDay: barDay + 3, ExcessPct: -2, SigmaUnits: -1 / math.Sqrt(3), KnownAt: noon.Add(3 * time.Hour)}}},
		{ArticleID: a[2].ID, StoryID: s[2], Cluster: s[0], Code: nuri, Embedder: embedder, Cosine: .8, At: a[2].AvailableAt, Moves: map[int]forecast.Move{
			1: {TargetDay: barDay + 1, ExcessPct: 4, SigmaUnits: 2, KnownAt: noon.Add(2 * time.Hour)}}},
		{ArticleID: a[4].ID, StoryID: s[4], Cluster: s[4], Code: garam, Embedder: embedder, Cosine: .3, At: a[4].AvailableAt, Moves: map[int]forecast.Move{
			1: {TargetDay: barDay + 1, ExcessPct: -1, KnownAt: noon.Add(2 * time.Hour)}}},
	}
	check := func(what string, f store.PastFilter, want []forecast.PastMove) {
		t.Helper()
		got, err := db.PastMoves(t.Context(), f)
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); err != nil || diff != "" {
			t.Errorf("%s: %v %s", what, err, diff)
		}
	}
	check("as of the afternoon", filter, want)

	// Whatever becomes known later must not change the answer.
	correction := outcome(s[0], nuri, 1, -9, 5)
	correction.Version = 2
	saveOutcomes(t, db, correction, outcome(s[2], nuri, 3, 7, 5), outcome(s[5], nuri, 1, 8, 2))
	exec(t, db, `update articles set available_at = ?, first_seen_at = ? where id = ?`, noon.Add(6*time.Hour), noon.Add(6*time.Hour), a[5].ID)
	check("after planting the future", filter, want)
	late := filter
	late.AsOf = noon.Add(5 * time.Hour)
	got, err := db.PastMoves(t.Context(), late)
	if err != nil || len(got) != 3 || got[0].Moves[1].ExcessPct != -9 || got[1].Moves[3].ExcessPct != 7 {
		t.Errorf("an hour later: %+v, %v; want the correction and the new horizon", got, err)
	}

	own := filter
	own.ExceptStory = s[2]
	got, err = db.PastMoves(t.Context(), own)
	if err != nil || len(got) != 2 || got[0].StoryID != s[3] || got[1].StoryID != s[4] {
		t.Errorf("for the echo: %+v, %v; want neither itself nor what it echoes", got, err)
	}
	own.ExceptStory = s[0]
	got, err = db.PastMoves(t.Context(), own)
	if err != nil || len(got) != 2 || got[0].StoryID != s[3] {
		t.Errorf("for the first: %+v, %v; want neither itself nor its echo", got, err)
	}
	if _, err := db.PastMoves(t.Context(), store.PastFilter{Hits: hits}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without as_of: %v, want Invalid", err)
	}
}

func TestPastMovesLateMember(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := save(t, db, article(0), article(120))
	joined := join(t, db, embedded(a[0], 0, nuri), embedded(a[1], 0, nuri))
	saveOutcomes(t, db, outcome(joined[0].StoryID, nuri, 1, 1, -1))
	got, err := db.PastMoves(t.Context(), store.PastFilter{Hits: []store.Hit{{ArticleID: a[1].ID, Cosine: .9}}, AsOf: noon.Add(time.Hour)})
	if err != nil || len(got) != 0 {
		t.Errorf("got %+v, %v: an article that comes later must not be a neighbour, though its story is older", got, err)
	}
}

func TestOutcomesDue(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	older := article(1)
	older.FirstSeenAt, older.AvailableAt = noon.Add(-48*time.Hour), noon.Add(-48*time.Hour)
	a := save(t, db, article(0), older)
	joined := join(t, db, embedded(a[1], 0, nuri), embedded(a[0], 90, garam))
	young, old := joined[1], joined[0]
	today := market.DayOf(noon)
	due, err := db.DueOutcomes(t.Context(), map[int]market.Day{1: today, 3: today - 2, 5: today - 4}, 10)
	want := []store.DueOutcome{
		{StoryID: old.StoryID, Code: garam, Horizon: 1, BaseDay: today - 2, AvailableAt: a[0].AvailableAt},
		{StoryID: old.StoryID, Code: garam, Horizon: 3, BaseDay: today - 2, AvailableAt: a[0].AvailableAt},
		{StoryID: young.StoryID, Code: nuri, Horizon: 1, BaseDay: today, AvailableAt: a[1].AvailableAt}}
	if diff := cmp.Diff(want, due); err != nil || diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	for range 2 {
		saveOutcomes(t, db, outcome(old.StoryID, garam, 1, 1, 0), outcome(old.StoryID, garam, 3, 1, 0))
	}
	due, err = db.DueOutcomes(t.Context(), map[int]market.Day{1: today, 3: today, 5: today}, 10)
	if err != nil || len(due) != 4 || due[0].Horizon != 5 || due[0].StoryID != old.StoryID {
		t.Errorf("got %+v, %v; want the last horizon of the old story and three of the young", due, err)
	}
	if n := count(t, db, `select resolved from story_codes where story_id = ?`, old.StoryID); n != 2 {
		t.Errorf("resolved = %d, want 2", n)
	}
	saveOutcomes(t, db, outcome(old.StoryID, garam, 5, 1, 0))
	if n := count(t, db, `select resolved from story_codes where story_id = ?`, old.StoryID); n != 3 {
		t.Errorf("resolved = %d, want 3", n)
	}
	if n := count(t, db, `select count(*) from outcomes`); n != 3 {
		t.Errorf("%d outcomes, want 3", n)
	}
}

func TestModels(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	list, err := db.Models(t.Context())
	if err != nil || len(list) != 2 || list[0].Role != forecast.Champion {
		t.Fatalf("got %+v, %v", list, err)
	}
	if m, err := db.Model(t.Context(), list[1].ID); err != nil || !cmp.Equal(m, list[1]) {
		t.Errorf("got %+v, %v", m, err)
	}
	if _, err := db.Model(t.Context(), 99); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v, want NotFound", err)
	}
}
