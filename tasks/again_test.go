package tasks_test

import (
	"slices"
	"sync"
	"testing"

	"tickerwire/internal/forecast"
	"tickerwire/tasks"
)

// TestOrderedPredictionsDoNotDelayANewStory has a new story come when many predictions of another were ordered before.
func TestOrderedPredictionsDoNotDelayANewStory(t *testing.T) {
	t.Parallel()
	const ordered, soon = 300, 80 // what the fetch loops may have in hand already is among the latter
	r := newRig(t)
	r.panel()
	old, fresh := r.calls(r.open(story(0)), 1)[0], r.calls(r.open(story(50)), 1)[0]
	for generation := 2; generation <= ordered+1; generation++ {
		r.exec(`insert into model_calls (story_id, model_id, generation) values (?, ?, ?)`, old.StoryID, old.ModelID, generation)
		again := old
		again.Generation = generation
		r.must(r.queue.Ring(t.Context(), again))
	}
	r.must(r.queue.Ring(t.Context(), fresh))
	if n := r.count(tasks.AgainQueue(old.ModelKind), "pending"); n != ordered {
		t.Fatalf("%d ordered predictions wait", n)
	}
	var mu sync.Mutex
	var asked []int64
	r.serve(r.worker(func(w *tasks.Worker) {
		w.Predictors = map[string]tasks.Predictor{old.ModelKind: func(q forecast.Query) ([]forecast.Prediction, error) {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, q.StoryID)
			return forecast.Baseline(q)
		}}
	}))
	poll(t, "everything to be predicted", func() bool {
		return r.number(`select count(*) from model_calls where state = 'due' and model_id = ?`, old.ModelID) == 0
	})
	mu.Lock()
	defer mu.Unlock()
	if at := slices.Index(asked, fresh.StoryID); at < 0 || at > soon {
		t.Errorf("the new story was predicted as number %d of %d", at, len(asked))
	}
}
