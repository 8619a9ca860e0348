package store_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

func order(t *testing.T, db *store.DB, key string) store.Run {
	t.Helper()
	run, _, err := db.OrderRun(t.Context(), store.Run{Kind: "repredict", Key: key, Params: json.RawMessage(`{"a": 1}`)})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func start(t *testing.T, db *store.DB, id int64) {
	t.Helper()
	if _, ok, err := db.StartRun(t.Context(), id); err != nil || !ok {
		t.Fatalf("start run %d: %v, %v", id, ok, err)
	}
}

func TestOrderRunTwice(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	var made atomic.Int32
	var wg sync.WaitGroup
	ids := make([]int64, 8)
	for i := range ids {
		wg.Go(func() {
			run, created, err := db.OrderRun(t.Context(), store.Run{Kind: "crawl", Key: "k"})
			if err != nil {
				t.Error(err)
			}
			if ids[i] = run.ID; created {
				made.Add(1)
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("got runs %v, want one", ids)
		}
	}
	if made.Load() != 1 {
		t.Fatalf("%d orders made a run, want 1", made.Load())
	}
	if err := db.FinishRun(t.Context(), ids[0], store.RunDone, "", nil); err != nil {
		t.Fatal(err)
	}
	if run, created, err := db.OrderRun(t.Context(), store.Run{Kind: "crawl", Key: "k"}); err != nil || !created || run.ID == ids[0] {
		t.Errorf("after the end: %+v, %v, %v; want a new run", run, created, err)
	}
}

func TestRunLife(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	run := order(t, db, "k")
	if run.State != store.RunQueued || run.CreatedAt.IsZero() || !run.StartedAt.IsZero() || string(run.Params) != `{"a": 1}` {
		t.Fatalf("ordered: %+v", run)
	}
	for range 2 {
		started, ok, err := db.StartRun(t.Context(), run.ID)
		if err != nil || !ok || started.State != store.RunRunning || started.StartedAt.IsZero() {
			t.Fatalf("started: %+v, %v, %v", started, ok, err)
		}
	}
	if err := db.RunProgress(t.Context(), run.ID, 10, 4, 1); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := db.FinishRun(t.Context(), run.ID, store.RunDone, "", map[string]int{"calls": 10}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.Run(t.Context(), run.ID)
	if err != nil || got.State != store.RunDone || got.Total != 10 || got.Done != 4 || got.Failed != 1 || string(got.Result) != `{"calls": 10}` || got.FinishedAt.IsZero() {
		t.Errorf("finished: %+v, %v", got, err)
	}
	if err := db.FinishRun(t.Context(), run.ID, store.RunFailed, "late", nil); fault.KindOf(err) != fault.Conflict {
		t.Errorf("finished otherwise: %v, want Conflict", err)
	}
	if _, err := db.CancelRun(t.Context(), run.ID, 0, "no"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("cancelled when done: %v, want Conflict", err)
	}
	if _, ok, err := db.StartRun(t.Context(), run.ID); err != nil || ok {
		t.Errorf("started when done: %v, %v", ok, err)
	}
	if err := db.FinishRun(t.Context(), 99, store.RunDone, "", nil); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v, want NotFound", err)
	}
	second := order(t, db, "k")
	for range 2 {
		if got, err := db.CancelRun(t.Context(), second.ID, 0, "ordered by mistake"); err != nil || got.State != store.RunCancelled || got.Reason != "ordered by mistake" {
			t.Errorf("cancelled: %+v, %v", got, err)
		}
	}
	third := order(t, db, "k")
	list := func(f store.RunFilter) (ids []int64) {
		t.Helper()
		got, err := db.Runs(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got {
			ids = append(ids, r.ID)
		}
		return ids
	}
	if diff := cmp.Diff([][]int64{{third.ID, second.ID, run.ID}, {second.ID}, {run.ID}, nil},
		[][]int64{list(store.RunFilter{}), list(store.RunFilter{State: store.RunCancelled}), list(store.RunFilter{Before: second.ID, Limit: 1}), list(store.RunFilter{Kind: "crawl"})}); diff != "" {
		t.Error(diff)
	}
	if open, err := db.OpenRuns(t.Context(), 0, 10); err != nil || len(open) != 1 || open[0].ID != third.ID {
		t.Errorf("open: %+v, %v", open, err)
	}
}

func TestRepredict(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	first, _ := championCall(t, db, 0)
	second, _ := championCall(t, db, 1)
	a := save(t, db, article(2))
	join(t, db, embedded(a[0], 0)) // a story without a company is never predicted
	filter := store.RepredictFilter{Codes: []market.Code{nuri}, From: noon, To: noon.Add(time.Minute), ModelIDs: []int64{first.ModelID}}
	if stories, calls, err := db.CountRepredict(t.Context(), filter); err != nil || stories != 1 || calls != 1 {
		t.Errorf("narrow: %d stories, %d calls, %v", stories, calls, err)
	}
	if stories, calls, err := db.CountRepredict(t.Context(), store.RepredictFilter{}); err != nil || stories != 2 || calls != 4 {
		t.Errorf("any: %d stories, %d calls, %v", stories, calls, err)
	}
	if stories, _, err := db.CountRepredict(t.Context(), store.RepredictFilter{StoryIDs: []int64{second.StoryID, 99}, Codes: []market.Code{garam}}); err != nil || stories != 0 {
		t.Errorf("another stock: %d stories, %v", stories, err)
	}
	run := order(t, db, "k")
	if _, err := db.AddRepredictCalls(t.Context(), run.ID, store.RepredictFilter{}); fault.KindOf(err) != fault.Conflict {
		t.Fatalf("calls of a run that is not running: %v, want Conflict", err)
	}
	start(t, db, run.ID)
	for _, want := range []int{4, 0} {
		if n, err := db.AddRepredictCalls(t.Context(), run.ID, store.RepredictFilter{}); err != nil || n != want {
			t.Fatalf("added %d calls, %v; want %d", n, err, want)
		}
	}
	call, err := db.Call(t.Context(), first.StoryID, first.ModelID, 2)
	if err != nil || call.RunID != run.ID || call.State != "due" || call.Origin != forecast.Live {
		t.Fatalf("got %+v, %v", call, err)
	}
	ref := call.CallRef
	if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: ref.CallID}, predictionsOf(ref, nuri)); err != nil {
		t.Fatal(err)
	}
	stopped := fmt.Sprintf("%d/%d/2", second.StoryID, second.ModelID)
	if err := db.RecordFailure(t.Context(), store.Failure{Kind: "k", Key: stopped, Queue: "q", Fingerprint: "f", Error: "e", State: store.FailureGaveUp}); err != nil {
		t.Fatal(err)
	}
	if calls, err := db.RunCalls(t.Context(), "k", run.ID); err != nil || calls != (store.RunCalls{Total: 4, Done: 1, GaveUp: 1}) {
		t.Errorf("with one given up: %+v, %v", calls, err)
	}
	if calls, err := db.RunCalls(t.Context(), "another kind", run.ID); err != nil || calls.GaveUp != 0 {
		t.Errorf("other work of the same name was given up: %+v, %v", calls, err)
	}
	if undecided, err := db.UndecidedCalls(t.Context(), 0, 10); err != nil || len(undecided) != 0 {
		t.Errorf("an ordered re-prediction must alert nobody: %v, %v", undecided, err)
	}
	if cancelled, err := db.CancelRun(t.Context(), run.ID, 0, "enough"); err != nil || cancelled.State != store.RunCancelled {
		t.Errorf("cancelled: %+v, %v", cancelled, err)
	}
	if calls, err := db.RunCalls(t.Context(), "k", run.ID); err != nil || calls != (store.RunCalls{Total: 4, Done: 1, Skipped: 3}) {
		t.Errorf("calls: %+v, %v", calls, err)
	}
	late, err := db.Call(t.Context(), second.StoryID, second.ModelID, 2)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := db.SavePredictions(t.Context(), store.CallDone{CallID: late.CallID}, predictionsOf(late.CallRef, nuri))
	if err != nil || len(ids) != 0 {
		t.Errorf("a cancelled call saved predictions %v, %v", ids, err)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	f := store.Failure{Kind: "news:crawl", Key: "feed", Queue: "crawl", Payload: []byte{0, 1}, Fingerprint: "fp-1", Error: "timeout"}
	for range 2 {
		if err := db.RecordFailure(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	f.Error, f.State = "gone\x00", "gave_up"
	if err := db.RecordFailure(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	other := f
	other.Key, other.Fingerprint = "other", "fp-2"
	if err := db.RecordFailure(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	list := func(filter store.FailureFilter) []store.Failure {
		t.Helper()
		got, err := db.Failures(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := list(store.FailureFilter{FailureMatch: store.FailureMatch{Fingerprint: "fp-1"}})
	if len(got) != 1 || got[0].Attempts != 3 || got[0].Error != "gone" || got[0].State != "gave_up" || got[0].LastAt.Before(got[0].FirstAt) || string(got[0].Payload) != "\x00\x01" {
		t.Fatalf("got %+v", got)
	}
	for range 2 {
		if err := db.ResolveFailure(t.Context(), f.Kind, f.Key); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(store.FailureFilter{FailureMatch: store.FailureMatch{State: "resolved"}}); len(got) != 1 || got[0].Key != "feed" {
		t.Errorf("resolved: %+v", got)
	}
	if err := db.RecordFailure(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	all := list(store.FailureFilter{FailureMatch: store.FailureMatch{Kind: f.Kind}})
	if len(all) != 3 || all[0].Key != "feed" || all[0].Attempts != 1 {
		t.Errorf("after failing anew: %+v; want a new row, newest first", all)
	}
	if rest := list(store.FailureFilter{Before: all[0].ID, Limit: 1}); len(rest) != 1 || rest[0].ID != all[1].ID {
		t.Errorf("behind %d: %+v", all[0].ID, rest)
	}
}
