package tasks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/tasks"
)

// made returns what a story's call predicted.
func (r *rig) made(j tasks.PredictStory) []forecast.Prediction {
	r.t.Helper()
	call, err := r.db.Call(r.t.Context(), j.StoryID, j.ModelID, j.Generation)
	r.must(err)
	list, err := r.db.PredictionsOfCall(r.t.Context(), call.CallID)
	r.must(err)
	return list
}

func TestPredictionThroughTheQueueWaitsForItsBars(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must(r.db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}}))
	w := r.worker(func(w *tasks.Worker) { w.Stocks = &exchange{} })
	champion := r.calls(r.open(story(0)), 1)[0]
	err := w.Do(t.Context(), champion)
	if fault.KindOf(err) != fault.Limited || fault.RetryAfterOf(err) <= 0 {
		t.Fatalf("without bars: %v, want Limited and when to come again", err)
	}
	r.must(r.queue.Ring(t.Context(), champion))
	r.serve(w)
	poll(t, "the task to be put back", func() bool { return r.count(champion.Queue(), "retry") == 1 })
	r.panel()
	r.awaitEmpty(champion.Queue())
	if list := r.made(champion); len(list) != len(forecast.Horizons) || list[0].Late || !list[0].AsOf.Equal(noon) || list[0].Evidence.PanelDays < 30 {
		t.Errorf("made %+v", list)
	}
	if f := r.failure(champion.Kind(), champion.Key()); f != nil {
		t.Errorf("waiting counts as a failure: %+v", f)
	}
	poll(t, "the decision", func() bool { return r.number(`select count(*) from alerts`) == 1 })
}

func TestPredictingTwiceIsOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	calls := r.calls(r.open(story(0)), 1)
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			if err := r.worker(nil).Do(t.Context(), calls[i%2]); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := r.number(`select count(*) from predictions`); n != 2*len(forecast.Horizons) {
		t.Errorf("%d predictions, want one per model and horizon", n)
	}
	notify := tasks.NotifyPrediction{StoryID: calls[0].StoryID, ModelID: calls[0].ModelID, Generation: 1}
	if !r.holds(tasks.QueueNotify, tasks.TaskID(notify, 1)) || r.count(tasks.QueueNotify, "pending") != 1 {
		t.Errorf("the queue to notify holds %v, want the champion's once", r.counts(tasks.QueueNotify))
	}
}

// sure is a predictor that is sure of itself.
func sure(q forecast.Query) ([]forecast.Prediction, error) {
	made, err := forecast.Baseline(q)
	for i := range made {
		made[i].Probability = made[i].BaseRate + .2
	}
	return made, err
}

func TestADecisionIsMadeOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	r.prove()
	w := r.worker(func(w *tasks.Worker) { w.Predictors["analogue"] = sure })
	champion := r.calls(r.open(story(0)), 1)[0]
	r.must(w.Do(t.Context(), champion))
	job := tasks.NotifyPrediction{StoryID: champion.StoryID, ModelID: champion.ModelID, Generation: 1}
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if err := r.worker(nil).Do(t.Context(), job); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n, sends := r.number(`select count(*) from alerts`), r.number(`select count(*) from alerts where send and reason = ? and prediction_id is not null`, notice.ReasonPassed); n != 1 || sends != 1 {
		t.Errorf("%d decisions, %d of them to send; want one", n, sends)
	}
	if n := r.number(`select count(*) from model_calls where decided_at is not null`); n != 1 {
		t.Errorf("%d calls are decided, want 1", n)
	}
	alert := r.number(`select id from alerts`)
	if !r.holds(tasks.QueueNotify, tasks.TaskID(tasks.SendAlert{AlertID: int64(alert)}, 1)) {
		t.Error("nobody rang for the alert")
	}
}

func TestAFilingIsDecidedOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	job := tasks.NotifyDisclosure{StoryID: r.open(filing(0))}
	for range 3 {
		r.must(r.worker(nil).Do(t.Context(), job))
	}
	if n := r.number(`select count(*) from alerts where send and kind = 'disclosure' and reason = ?`, notice.ReasonUrgent); n != 1 || r.number(`select count(*) from alerts`) != 1 {
		t.Errorf("%d urgent decisions, want one and no other", n)
	}
	if r.count(tasks.QueueNotify, "pending") != 1 {
		t.Errorf("the queue to notify holds %v, want one alert", r.counts(tasks.QueueNotify))
	}
}

// past opens five earlier stories that resemble the query's, with outcomes; the last day's is known only after noon.
func (r *rig) past() {
	r.t.Helper()
	var outcomes []forecast.Outcome
	for i := range 5 {
		a := story(0)
		a.ExternalID, a.URL = fmt.Sprint("past-", i), fmt.Sprintf("https://news.example/past/%d", i)
		a.Title = sentences[0] + strings.Repeat(" 후속", i)
		a.AvailableAt = noon.Add(time.Duration(3*i-40) * 24 * time.Hour) // further apart than one story reaches
		a.FirstSeenAt, a.PublishedAt = a.AvailableAt, a.AvailableAt.Add(-time.Minute)
		id := r.open(a)
		for _, h := range forecast.Horizons {
			outcomes = append(outcomes, forecast.Outcome{StoryID: id, Code: nuri, Horizon: h, Version: 1, BaseDay: dayOf(a.AvailableAt),
				TargetDay: dayOf(a.AvailableAt) + market.Day(h), ExcessPct: float64(i) - 1, SigmaPct: 2, KnownAt: a.AvailableAt.Add(time.Duration(h*24) * time.Hour)})
		}
	}
	r.must(r.db.SaveOutcomes(r.t.Context(), outcomes))
}

// future plants what nobody could know at noon: corrections of outcomes and of bars, later bars, and later articles that
// say the very same and were followed by enormous moves.
func (r *rig) future() {
	r.t.Helper()
	r.exec(`insert into outcomes (story_id, code, horizon, version, base_day, target_day, return_pct, excess_pct, sigma_pct, flat, void, known_at)
		select story_id, code, horizon, 2, base_day, target_day, 30, 30, 2, false, '', ? from outcomes where version = 1`, noon.Add(time.Second))
	r.exec(`insert into bars (code, day, close, volume, source, known_at) select code, day, close * 2, 9999, 'krx', ? from bars`, noon.Add(time.Second))
	r.exec(`insert into bars (code, day, close, volume, source, known_at) select code, date '2026-03-04' + n, 99999 + n, 9999, 'kis', ? from stocks, generate_series(0, 9) as n`, noon.Add(time.Second))
	var outcomes []forecast.Outcome
	for i := range 5 {
		a := story(0)
		a.ExternalID, a.URL = fmt.Sprint("future-", i), fmt.Sprintf("https://news.example/future/%d", i)
		a.AvailableAt = noon.Add(time.Duration(i)*72*time.Hour + time.Second)
		a.FirstSeenAt = a.AvailableAt
		a.PublishedAt = noon.Add(-time.Hour) // it claims to be older
		a.TimeQuality = news.TimeExact
		id := r.open(a)
		for _, h := range forecast.Horizons {
			outcomes = append(outcomes, forecast.Outcome{StoryID: id, Code: nuri, Horizon: h, Version: 1, BaseDay: dayOf(noon), TargetDay: dayOf(noon) + market.Day(h),
				ExcessPct: 30, SigmaPct: 2, KnownAt: noon.Add(-time.Hour)})
		}
	}
	r.must(r.db.SaveOutcomes(r.t.Context(), outcomes))
}

// predictedIn returns what both models say of one story in a world that is made the same way each time, before or after
// the future is planted in it.
func predictedIn(t *testing.T, planted bool, later time.Duration) []forecast.Prediction {
	t.Helper()
	r := newRig(t)
	r.panel()
	r.past()
	query := story(0)
	query.AvailableAt = query.AvailableAt.Add(later)
	query.FirstSeenAt = query.AvailableAt
	calls := r.calls(r.open(query), 1)
	if planted {
		r.future()
	}
	var all []forecast.Prediction
	for _, call := range calls {
		r.must(r.worker(nil).Do(t.Context(), call))
		all = append(all, r.made(call)...)
	}
	return all
}

func TestNoLookAhead(t *testing.T) {
	t.Parallel()
	want := predictedIn(t, false, 0)
	if len(want) != 2*len(forecast.Horizons) || len(want[0].Evidence.Neighbours) < 3 || want[0].Probability == want[0].BaseRate || want[0].LowPct == want[0].HighPct {
		t.Fatalf("the world is too poor to tell: %+v", want)
	}
	ids := cmpopts.IgnoreFields(forecast.Prediction{}, "ID")
	if diff := cmp.Diff(want, predictedIn(t, true, 0), ids); diff != "" {
		t.Errorf("the future changed what was said: %s", diff)
	}
	// The same plants do change what is said of a story that comes ten days later: they are no blanks.
	late, planted := predictedIn(t, false, 10*24*time.Hour), predictedIn(t, true, 10*24*time.Hour)
	if cmp.Equal(late, planted, ids) {
		t.Error("what is planted does not even change a later prediction")
	}
}

// order orders a run of re-prediction of stories and makes it known to the queue.
func (r *rig) order(stories ...int64) store.Run {
	r.t.Helper()
	params := fmt.Sprintf(`{"story_ids": [%s]}`, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(stories)), ","), "[]"))
	run, created, err := r.db.OrderRun(r.t.Context(), store.Run{Kind: tasks.RunRepredict, Key: params, Params: []byte(params)})
	if err != nil || !created {
		r.t.Fatal(created, err)
	}
	return run
}

func TestARepredictionRunsToItsEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	stories := []int64{r.open(story(0)), r.open(story(1))}
	for _, s := range stories {
		for _, call := range r.calls(s, 1) {
			r.must(r.worker(nil).Do(t.Context(), call))
		}
	}
	run := r.order(stories...)
	r.must(r.queue.RunOrdered(t.Context(), run.ID))
	r.serve(r.worker(nil))
	r.keep(r.clock.Now)
	poll(t, "the run to be done", func() bool {
		got, err := r.db.Run(t.Context(), run.ID)
		r.must(err)
		return got.State == store.RunDone
	})
	got, err := r.db.Run(t.Context(), run.ID)
	r.must(err)
	if got.Total != 4 || got.Done != 4 || got.Failed != 0 || !strings.Contains(string(got.Result), `"calls": 4`) {
		t.Errorf("the run is %+v, result %s", got, got.Result)
	}
	var result struct{ Compared []store.Compared }
	r.must(json.Unmarshal(got.Result, &result))
	if len(result.Compared) != 2*len(forecast.Horizons) || result.Compared[0].Pairs != 2 || result.Compared[0].MeanAbs != 0 || result.Compared[0].Turned != 0 {
		t.Errorf("compared with the generation before: %+v", result.Compared)
	}
	for _, s := range stories {
		before, after := r.calls(s, 1), r.calls(s, 2)
		for i := range before {
			diff := cmp.Diff(r.made(before[i]), r.made(after[i]), cmpopts.IgnoreFields(forecast.Prediction{}, "ID", "CallID", "Generation"))
			if diff != "" || len(r.made(after[i])) != 3 {
				t.Errorf("predicted again from the same knowledge: %s", diff)
			}
		}
	}
	if n := r.number(`select count(*) from alerts`); n > 2 {
		t.Errorf("%d decisions: a re-prediction must cause none", n)
	}
}

// between does something once, as soon as a query on a run's calls has been answered.
type between struct {
	done atomic.Bool
	do   func()
}

func (b *between) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (b *between) AfterQuery(_ context.Context, event *bun.QueryEvent) {
	if strings.Contains(event.Query, "run_id = ") && strings.Contains(event.Query, "model_calls") && b.done.CompareAndSwap(false, true) {
		b.do()
	}
}

func TestACallThatEndsMeanwhileIsNotGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	storyID := r.open(story(0))
	w := r.worker(nil)
	for _, call := range r.calls(storyID, 1) {
		r.must(w.Do(t.Context(), call))
	}
	run := r.order(storyID)
	r.must(w.Do(t.Context(), tasks.WorkRun{RunID: run.ID}))
	calls := r.calls(storyID, 2)
	last := calls[len(calls)-1]
	for _, call := range calls[:len(calls)-1] {
		r.must(w.Do(t.Context(), call))
	}
	//lint:ignore SA1019 its successor makes a copy, which the worker's database does not see
	r.db.Bun().AddQueryHook(&between{do: func() { r.must(w.Do(t.Context(), last)) }})
	for range 2 { // the second look finds it done
		r.must(w.Do(t.Context(), tasks.WorkRun{RunID: run.ID}))
	}
	got, err := r.db.Run(t.Context(), run.ID)
	r.must(err)
	if got.State != store.RunDone || got.Done != len(calls) {
		t.Errorf("the run is %s with %d calls done: %s; want it done with %d", got.State, got.Done, got.Error, len(calls))
	}
}

// TestWhatWasGivenUpOfARunHasFailed: also while the rest is under way, and no longer once somebody has it tried again.
func TestWhatWasGivenUpOfARunHasFailed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	storyID := r.open(story(0))
	w := r.worker(nil)
	for _, call := range r.calls(storyID, 1) {
		r.must(w.Do(t.Context(), call))
	}
	run := r.order(storyID)
	step := func() store.Run {
		t.Helper()
		r.must(w.Do(t.Context(), tasks.WorkRun{RunID: run.ID}))
		got, err := r.db.Run(t.Context(), run.ID)
		r.must(err)
		return got
	}
	step()
	giveUp := func(call tasks.PredictStory) {
		t.Helper()
		r.must(r.db.RecordFailure(t.Context(), store.Failure{Kind: call.Kind(), Key: call.Key(), Queue: "q", Fingerprint: "f", Error: "status 503", State: store.FailureGaveUp}))
	}
	calls := r.calls(storyID, 2)
	giveUp(calls[0])
	if got := step(); got.State != store.RunRunning || got.Total != len(calls) || got.Failed != 1 {
		t.Errorf("with one given up the run is %s, %d of %d failed", got.State, got.Failed, got.Total)
	}
	if _, err := r.db.RetryFailures(t.Context(), store.RetryFilter{}); err != nil {
		t.Fatal(err)
	}
	if got := step(); got.State != store.RunRunning || got.Failed != 0 {
		t.Errorf("while it is tried again the run is %s, %d failed", got.State, got.Failed)
	}
	for _, call := range calls {
		giveUp(call)
	}
	if got := step(); got.State != store.RunFailed || got.Failed != len(calls) || got.Done != 0 || !strings.Contains(string(got.Result), fmt.Sprintf(`"gave_up": %d`, len(calls))) {
		t.Errorf("with all given up the run is %s, %d of %d failed, result %s", got.State, got.Failed, got.Total, got.Result)
	}
}

func TestACancelIsFinal(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.panel()
	storyID := r.open(story(0))
	for _, call := range r.calls(storyID, 1) {
		r.must(r.worker(nil).Do(t.Context(), call))
	}
	w := r.worker(nil)
	state := func(id int64) string {
		run, err := r.db.Run(t.Context(), id)
		r.must(err)
		return run.State + ": " + run.Reason
	}

	queued := r.order(storyID)
	_, err := r.db.CancelRun(t.Context(), queued.ID, 0, "too dear")
	r.must(err)
	r.must(w.Do(t.Context(), tasks.WorkRun{RunID: queued.ID}))
	if got := state(queued.ID); got != "cancelled: too dear" || r.number(`select count(*) from model_calls where run_id = ?`, queued.ID) != 0 {
		t.Errorf("cancelled while queued: %s", got)
	}

	// Running: one call waits, the other is being made while the cancel comes.
	running := r.order(storyID)
	r.must(w.Do(t.Context(), tasks.WorkRun{RunID: running.ID}))
	calls := r.calls(storyID, 2)
	begun, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	busy := r.worker(func(w *tasks.Worker) {
		w.Predictors["analogue"] = func(q forecast.Query) ([]forecast.Prediction, error) {
			close(begun)
			<-goOn
			return forecast.Baseline(q)
		}
	})
	go func() { ended <- busy.Do(t.Context(), calls[0]) }()
	receive(t, "the call to begin", begun)
	_, err = r.db.CancelRun(t.Context(), running.ID, 0, "wrong stories")
	r.must(err)
	close(goOn)
	r.must(receive(t, "the call to end", ended))
	r.must(w.Do(t.Context(), calls[1]))
	r.must(w.Do(t.Context(), tasks.WorkRun{RunID: running.ID}))
	if got := state(running.ID); got != "cancelled: wrong stories" {
		t.Errorf("cancelled while running: %s", got)
	}
	if n := r.number(`select count(*) from predictions where generation = 2`); n != 0 {
		t.Errorf("%d predictions of a cancelled run", n)
	}
	if n := r.number(`select count(*) from model_calls where run_id = ? and state = 'skipped' and note = 'cancelled'`, running.ID); n != 2 {
		t.Errorf("%d calls say that they were cancelled, want 2", n)
	}

	// Just finished: the order to cancel is told so, and changes nothing.
	finished := r.order(storyID)
	r.must(w.Do(t.Context(), tasks.WorkRun{RunID: finished.ID}))
	for _, call := range r.calls(storyID, 3) {
		r.must(w.Do(t.Context(), call))
	}
	r.must(w.Do(t.Context(), tasks.WorkRun{RunID: finished.ID}))
	if _, err := r.db.CancelRun(t.Context(), finished.ID, 0, "late"); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "done already") {
		t.Errorf("cancelling what is done: %v, want a Conflict that says so", err)
	}
	if got := state(finished.ID); got != "done: " {
		t.Errorf("cancelled when done: %s", got)
	}
}

// TestACancelAndAnEndThatRace: exactly one of the two happens, and both are told which.
func TestACancelAndAnEndThatRace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 30 {
		run := r.order(int64(1000 + i))
		_, _, err := r.db.StartRun(t.Context(), run.ID)
		r.must(err)
		var cancelled, finished error
		var group sync.WaitGroup
		group.Go(func() { _, cancelled = r.db.CancelRun(t.Context(), run.ID, 0, "enough") })
		group.Go(func() { finished = r.db.FinishRun(t.Context(), run.ID, store.RunDone, "", nil) })
		group.Wait()
		got, err := r.db.Run(t.Context(), run.ID)
		r.must(err)
		wantCancel, wantFinish := fault.Internal, fault.Conflict
		if got.State == store.RunDone {
			wantCancel, wantFinish = fault.Conflict, fault.Internal
		}
		if fault.KindOf(cancelled) != wantCancel || fault.KindOf(finished) != wantFinish {
			t.Fatalf("the run is %s; the cancel was told %v, the end %v", got.State, cancelled, finished)
		}
	}
}
