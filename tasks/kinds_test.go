package tasks_test

import (
	"testing"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/tasks"
)

// TestAKindIsServedOnceItIsUsed: the queue of a kind that nobody uses has no fetch loop, until somebody does.
func TestAKindIsServedOnceItIsUsed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	calls := r.calls(r.open(story(0)), 1)
	r.exec(`update model_calls set state = 'skipped' where model_id = ?`, calls[1].ModelID)
	r.exec(`update models set role = 'retired' where id = ?`, calls[1].ModelID)
	r.must(r.queue.Ring(t.Context(), calls[1]))
	r.serve(r.worker(nil))
	r.must(r.queue.Ring(t.Context(), calls[0]))
	poll(t, "the champion's call", func() bool { return len(r.made(calls[0])) == 3 })
	if r.count(calls[1].Queue(), "pending") != 1 {
		t.Error("a queue of a kind that nobody uses was looked at")
	}
	r.exec(`update models set role = 'challenger' where id = ?`, calls[1].ModelID)
	r.exec(`update model_calls set state = 'due' where model_id = ?`, calls[1].ModelID)
	poll(t, "the other kind's call", func() bool { return len(r.made(calls[1])) == 3 })
}

// TestEachHorizonsChampionDecides: of a call only the horizons of which its model is the champion are looked at, and what
// one champion does not think worth an alert another may.
func TestEachHorizonsChampionDecides(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	calls := r.calls(r.open(story(0)), 1)
	challenger := calls[1].ModelID
	r.prove(challenger)
	_, err := r.db.UpdateModel(t.Context(), challenger, func(m *forecast.Model) error {
		m.Role, m.Horizons = forecast.Champion, []int{5}
		return nil
	})
	r.must(err)
	w := r.worker(func(w *tasks.Worker) { w.Predictors["baseline"] = sure })
	for i, c := range calls {
		r.must(w.Do(t.Context(), c))
		r.must(w.Do(t.Context(), tasks.NotifyPrediction{StoryID: c.StoryID, ModelID: c.ModelID, Generation: 1}))
		if n := r.number(`select count(*) from alerts where send`); n != i {
			t.Errorf("after %d champions %d alerts are to be sent", i+1, n)
		}
	}
	if h := r.number(`select p.horizon from alerts a join predictions p on p.id = a.prediction_id`); h != 5 {
		t.Errorf("the alert is of horizon %d, want that of the model that was sure", h)
	}
	if n := r.number(`select count(*) from alerts where code = ?`, string(market.Code(nuri))); n != 1 {
		t.Errorf("%d decisions, want one", n)
	}
}
