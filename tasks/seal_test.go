package tasks_test

import "testing"

// TestTheLeaderSealsWhatIsPredicted: soon after, each once, whatever runs meanwhile.
func TestTheLeaderSealsWhatIsPredicted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	r.keep(r.clock.Now)
	made := 0
	for n := range 3 {
		for _, call := range r.calls(r.open(story(n)), 1) {
			r.must(r.worker(nil).Do(t.Context(), call))
			made += len(r.made(call))
		}
	}
	poll(t, "every prediction's seal", func() bool { return r.number(`select count(*) from sealed_predictions`) == made })
	v, err := r.db.VerifySeals(t.Context(), func(int64) {})
	if err != nil || v.Predictions != made {
		t.Errorf("%+v, %v; want %d predictions", v, err, made)
	}
}
