package tasks_test

import (
	"testing"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/tasks"
)

// TestARecordOpensTheGate decides on strong predictions of a champion whose record says nothing, of one whose record is
// fitted only after the story, of one that is proven, and where there were better candidates lately.
func TestARecordOpensTheGate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	w := r.worker(nil)
	n := 0
	decide := func() notice.Alert {
		t.Helper()
		id := r.open(story(n))
		n++
		call, made := r.strong(id, forecast.Evidence{})
		_, err := r.db.SavePredictions(t.Context(), store.CallDone{CallID: call.CallID}, made)
		r.must(err)
		r.must(w.Do(t.Context(), tasks.NotifyPrediction{StoryID: id, ModelID: call.ModelID, Generation: 1}))
		a, err := r.db.Alert(t.Context(), int64(r.number(`select id from alerts where story_id = ?`, id)))
		r.must(err)
		return a
	}
	first := decide()
	if first.Send || first.Reason != notice.ReasonUnproven || !first.Candidate || first.ScorePct <= 0.3 || first.SigmaPct <= 0 {
		t.Errorf("without a record: %+v", first)
	}
	calibration := func(at time.Time, low float64) {
		r.must(r.db.SaveCalibrations(t.Context(), []store.CalibrationOf{{ModelID: analogue, Horizon: 5, Origin: forecast.Live, KnownAt: at,
			Calibration: forecast.Calibration{Slope: 0.5, SlopeLow: low, SlopeHigh: 1, StockDays: 600}}}))
	}
	calibration(noon.Add(-time.Hour), -0.1)
	calibration(noon.Add(time.Hour), 0.1)
	if got := decide(); got.Reason != notice.ReasonUnproven {
		t.Errorf("known to be worth something only an hour later: %q", got.Reason)
	}
	calibration(noon.Add(-time.Minute), 0.1)
	if got := decide(); !got.Send || got.Reason != notice.ReasonPassed {
		t.Errorf("a proven record: %+v", got)
	}
	// Twenty days with five better candidates each leave no room below them.
	r.exec(`insert into alerts (kind, story_id, article_id, code, send, reason, decided_at, score_pct, candidate)
		select 'signal', s.id, s.first_article_id, '8' || lpad((d * 10 + i)::text, 5, '0'), false, 'unproven', ?::timestamptz - make_interval(days => d), 90 + i, true
		from (select id, first_article_id from stories order by id limit 1) s, generate_series(1, 20) d, generate_series(1, 5) i`, noon)
	if got := decide(); got.Send || got.Reason != notice.ReasonBelowFloor {
		t.Errorf("below what the last days' best reached: %+v", got)
	}
	r.must(r.db.SaveAlertGate(t.Context(), notice.GateConfig{MinShift: 0.05, MinScorePct: 30, PerDay: 3}, 0))
	if got := decide(); got.Reason != notice.ReasonBelowCost {
		t.Errorf("with a gate of 30 %%: %q", got.Reason)
	}
}

func TestControlsAreKeptWhenTheDayIsOver(t *testing.T) {
	t.Parallel()
	r := openRecorded(t, 6)
	r.exec(`insert into alerts (kind, story_id, article_id, code, prediction_id, send, reason, decided_at, score_pct, sigma_pct, candidate)
		select 'signal', s.id, s.first_article_id, s.codes[1], p.id, s.id % 7 = 0, 'x', s.available_at, s.id % 10, s.id % 13, s.id % 2 = 0
		from stories s join predictions p on p.story_id = s.id and p.model_id = 1 and p.horizon = 1`)
	controls := func() int { return r.number(`select count(*) from alert_controls`) }
	r.now = (storyDay - 3).At(12, 0) // the day before, three are over
	for range 2 {
		r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
		if n := controls(); n != 3*2*notice.ControlPicks {
			t.Errorf("%d picks of three days and two controls", n)
		}
	}
	r.now = noon
	r.must(r.worker.Do(t.Context(), tasks.UpdatePerformance{}))
	if n := controls(); n != 6*2*notice.ControlPicks {
		t.Errorf("%d picks of six days", n)
	}
	if n := r.number(`select count(*) from alert_controls k join alerts a on a.id = k.alert_id
		where not a.candidate or (a.decided_at at time zone 'Asia/Seoul')::date <> k.day`); n != 0 {
		t.Errorf("%d picks are no candidates of their day", n)
	}
	picks, err := r.db.Picks(t.Context(), storyDay-10, noon, 1000)
	r.must(err)
	// The outcome of the last day is not known at noon.
	if len(picks[store.PickedRandom]) != 5*notice.ControlPicks || len(picks[store.PickedSigma]) != 5*notice.ControlPicks || len(picks[store.PickedSent]) == 0 {
		t.Errorf("%d at random, %d by sigma, %d sent", len(picks[store.PickedRandom]), len(picks[store.PickedSigma]), len(picks[store.PickedSent]))
	}
	first := map[market.Day]int{}
	for _, p := range picks[store.PickedSent] {
		if p.Rank == 1 {
			first[p.Day]++
		}
		if p.Direction == 0 || p.BaseRate != 0.43 || p.ExcessPct != 1.5 && p.ExcessPct != -1.5 {
			t.Errorf("pick %+v", p)
		}
	}
	for day, n := range first {
		if n != 1 {
			t.Errorf("%d first picks on %s", n, day)
		}
	}
}
