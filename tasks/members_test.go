package tasks_test

import (
	"strings"
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/store"
	"tickerwire/tasks"
)

// local registers a challenger of a kind that needs nobody.
func (r *rig) local(kind string, members ...int64) int64 {
	r.t.Helper()
	m, err := r.db.CreateModel(r.t.Context(), forecast.Model{Name: kind, Kind: kind, Role: forecast.Challenger, Version: kind + "-1", Members: members})
	r.must(err)
	return m.ID
}

func TestAPoolWaitsForItsMembers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	pool := r.local(forecast.KindPool, 1, 2)
	calls := r.calls(r.open(story(0)), 1)
	w := r.worker(func(w *tasks.Worker) { w.Predictors["analogue"] = sure })
	mean := tasks.PredictStory{StoryID: calls[0].StoryID, ModelID: pool, ModelKind: forecast.KindPool, Generation: 1}
	for _, c := range calls {
		if err := w.Do(t.Context(), mean); fault.KindOf(err) != fault.Limited {
			t.Fatalf("before all have spoken: %v, want Limited", err)
		}
		r.must(w.Do(t.Context(), c))
	}
	r.must(w.Do(t.Context(), mean))
	made, one, two := r.made(mean), r.made(calls[0]), r.made(calls[1])
	if len(made) != 3 || made[0].Probability <= two[0].Probability || made[0].Probability >= one[0].Probability {
		t.Errorf("the mean is %+v of %+v and %+v", made, one, two)
	}
}

func TestAPoolOfWhichOneIsSilent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	pool := r.local(forecast.KindPool, 1, 2)
	calls := r.calls(r.open(story(0)), 1)
	w := r.worker(nil)
	r.must(w.Do(t.Context(), calls[0]))
	r.must(r.db.RecordFailure(t.Context(), store.Failure{Kind: calls[1].Kind(), Key: calls[1].Key(), Queue: calls[1].Queue(), Fingerprint: "f", Error: "x", State: store.FailureGaveUp}))
	r.must(w.Do(t.Context(), tasks.PredictStory{StoryID: calls[0].StoryID, ModelID: pool, ModelKind: forecast.KindPool, Generation: 1}))
	if n := r.number(`select count(*) from model_calls where model_id = ? and state = 'skipped' and note like '%baseline%'`, pool); n != 1 {
		t.Error("the pool's call does not say who was silent")
	}
	if n := r.number(`select count(*) from predictions where model_id = ?`, pool); n != 0 {
		t.Errorf("%d predictions without a member", n)
	}
}

// wordy opens past stories of good and bad words, each followed by what it says, known the day after.
func (r *rig) wordy() {
	r.t.Helper()
	var outcomes []forecast.Outcome
	for i := range 60 {
		a := story(0)
		at := noon.Add(time.Duration(-70+i) * 24 * time.Hour)
		up := i%2 == 0
		a.Title = "누리테크 " + map[bool]string{true: "대규모 수주 ", false: "영업손실 "}[up] + strings.Repeat("가나다라마바사"[i%7*3:i%7*3+3], 1+i)
		a.ExternalID, a.URL = a.Title, "https://news.example/wordy/"+at.Format(time.DateOnly)
		a.AvailableAt, a.FirstSeenAt, a.PublishedAt = at, at, at.Add(-time.Minute)
		id := r.open(a)
		for _, h := range forecast.Horizons {
			o := forecast.Outcome{StoryID: id, Code: nuri, Horizon: h, Version: 1, BaseDay: dayOf(at), TargetDay: dayOf(at) + 1, ExcessPct: -1, SigmaPct: 2, KnownAt: at.Add(24 * time.Hour)}
			if up {
				o.ExcessPct = 1
			}
			outcomes = append(outcomes, o)
		}
	}
	r.must(r.db.SaveOutcomes(r.t.Context(), outcomes))
}

func TestTheLexiconLearnsFromThePastOnly(t *testing.T) {
	t.Parallel()
	predicted := func(plant bool) (forecast.Prediction, int) {
		r := newRig(t)
		r.panel()
		lexicon := r.local(forecast.KindLexicon)
		r.wordy()
		if plant { // outcomes that say the contrary, known a moment too late
			r.exec(`insert into outcomes (story_id, code, horizon, version, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, void, known_at)
				select story_id, code, horizon, 2, base_day, target_day, 0, -excess_pct, 2, false, '', ? from outcomes where version = 1`, dayOf(noon).At(0, 0))
		}
		a := story(1)
		a.Title = "누리테크 해외 대규모 수주"
		call := tasks.PredictStory{StoryID: r.open(a), ModelID: lexicon, ModelKind: forecast.KindLexicon, Generation: 1}
		r.must(r.worker(nil).Do(t.Context(), call))
		return r.made(call)[0], r.number(`select stock_days from lexicon_fits where horizon = 1`)
	}
	p, days := predicted(false)
	if p.Probability <= p.BaseRate || days < 40 {
		t.Fatalf("it learned nothing of %d stock-days: %+v", days, p)
	}
	if q, _ := predicted(true); q.Probability != p.Probability {
		t.Errorf("the future changed what it said: %g, was %g", q.Probability, p.Probability)
	}
}
