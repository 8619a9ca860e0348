package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

const won = 1_000_000 // micro-won

// asked opens a story with a language model of a budget in won, and returns the model's call.
func asked(t *testing.T, db *store.DB, budget int64) store.CallRef {
	t.Helper()
	m := create(t, db, languageModel("gpt", budget))
	championCall(t, db, 0)
	var call store.CallRef
	due, err := db.DueCalls(t.Context(), "story:predict", 0, 10)
	for _, c := range due {
		if c.ModelID == m.ID {
			call = c
		}
	}
	if err != nil || call.CallID == 0 {
		t.Fatalf("%+v, %v", due, err)
	}
	return call
}

func reserve(t testing.TB, db *store.DB, c store.CallRef, code market.Code, bound int64) (int64, error) {
	return db.ReserveRequest(t.Context(), store.ModelRequest{CallID: c.CallID, ModelID: c.ModelID, Code: code, BoundMicroWon: bound,
		PromptVersion: "ko-1", PromptHash: "hash of " + string(code), Prompt: "질문", Quoted: []int64{1, 7}})
}

func spent(t testing.TB, db *store.DB, model int64) int64 {
	t.Helper()
	all, err := db.Spent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all[model]
}

// TestABudgetIsNeverPassed: whoever asks at once, what is reserved and settled together stays within the budget.
func TestABudgetIsNeverPassed(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	call := asked(t, db, 100)
	var passed, refused atomic.Int64
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			for range 5 {
				id, err := reserve(t, db, call, nuri, 7*won)
				switch {
				case errors.Is(err, store.ErrBudget):
					refused.Add(1)
					continue
				case err != nil:
					t.Error(err)
					return
				}
				passed.Add(1)
				if now := spent(t, db, call.ModelID); now > 100*won {
					t.Errorf("%d micro-won are booked", now)
				}
				if i%2 == 0 { // some settle for less than they reserved
					if err := db.EndRequest(t.Context(), store.RequestEnd{ID: id, State: store.RequestAnswered, CostMicroWon: 3 * won}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	booked := count(t, db, `select sum(cost_micro_won) from model_requests`)
	if int64(booked) != spent(t, db, call.ModelID) || booked > 100*won || booked < 93*won {
		t.Errorf("%d micro-won in requests, %d in the day's sum, budget %d", booked, spent(t, db, call.ModelID), 100*won)
	}
	if passed.Load() < 14 || refused.Load() == 0 {
		t.Errorf("%d passed, %d were refused", passed.Load(), refused.Load())
	}
}

func TestABudgetFailsClosed(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	call := asked(t, db, 0)
	if _, err := reserve(t, db, call, nuri, 1); !errors.Is(err, store.ErrBudget) {
		t.Errorf("without a budget: %v, want ErrBudget", err)
	}
	if _, err := reserve(t, db, call, nuri, 0); err != nil {
		t.Errorf("what costs nothing passes: %v", err)
	}
	call.ModelID = 999
	if _, err := reserve(t, db, call, nuri, 0); err == nil {
		t.Error("a model that does not exist may ask")
	}
	if n := count(t, db, `select count(*) from model_requests`); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestARequestIsSettledOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	call := asked(t, db, 100)
	var ids []int64
	for range 4 {
		id, err := reserve(t, db, call, nuri, 20*won)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	ends := []store.RequestEnd{
		{ID: ids[0], State: store.RequestAnswered, InputTokens: 900, OutputTokens: 100, CostMicroWon: 2 * won, LatencyMS: 30, Reply: "{\x00}", Answer: []byte(`{"reason":"\u0000"}`)},
		{ID: ids[1], State: store.RequestRefused},
		{ID: ids[2], State: store.RequestUnknown, CostMicroWon: -1},
		{ID: ids[3], State: store.RequestFlawed, Flaw: "not json", InputTokens: 10, OutputTokens: 1, CostMicroWon: won, LatencyMS: 5, Reply: "글"},
	}
	for range 2 {
		for _, e := range ends {
			if err := db.EndRequest(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			e.CostMicroWon, e.State = 9*won, store.RequestFlawed // a second word changes nothing
			if err := db.EndRequest(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := spent(t, db, call.ModelID); got != (2+0+20+1)*won {
		t.Errorf("%d micro-won are booked, want 23 won", got)
	}
	answers, err := db.Answers(t.Context(), call.CallID)
	if err != nil || len(answers) != 1 || string(answers[nuri]) != `{"reason":"\u0000"}` {
		t.Errorf("answers %s, %v", answers, err)
	}
	if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: call.CallID, Asked: true}, predictionsOf(call, nuri)); err != nil {
		t.Fatal(err)
	}
	info, err := db.CallInfo(t.Context(), call.CallID)
	want := store.CallInfo{State: "done", PromptHash: "hash of " + string(nuri), InputTokens: 910, OutputTokens: 101, CostMicroWon: 23 * won, LatencyMS: 35}
	if diff := cmp.Diff(want, info); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestTextsCanBeErased(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	call := asked(t, db, 100)
	id, err := reserve(t, db, call, nuri, 1)
	if err != nil {
		t.Fatal(err)
	}
	end := store.RequestEnd{ID: id, State: store.RequestAnswered, Reply: "답", Answer: []byte(`{"reason":"이유"}`)}
	if err := db.EndRequest(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	if n, err := db.EraseTexts(t.Context(), 2); err != nil || n != 0 {
		t.Errorf("an article that is quoted nowhere: %d, %v", n, err)
	}
	for i, want := range []int{1, 0} {
		if n, err := db.EraseTexts(t.Context(), 7); err != nil || n != want {
			t.Errorf("erasing %d: %d, %v; want %d", i, n, err, want)
		}
	}
	if n := count(t, db, `select count(*) from model_texts where prompt || reply || coalesce(answer, '') <> ''`); n != 0 {
		t.Errorf("%d texts are left", n)
	}
	list, err := db.Requests(t.Context(), call.CallID, nuri)
	if err != nil || len(list) != 1 || !list[0].Erased || list[0].Answer != nil || list[0].PromptHash == "" {
		t.Errorf("%+v, %v", list, err)
	}
	late, err := reserve(t, db, call, nuri, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.EraseTexts(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	end.ID = late
	if err := db.EndRequest(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `select count(*) from model_texts where reply <> ''`); n != 0 {
		t.Error("a reply that came after the take-down is kept")
	}
}

func TestTheBestLocalModelStandsIn(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	call := asked(t, db, 0)
	if _, err := update(t, db, call.ModelID, func(m *forecast.Model) { m.Role, m.Horizons = forecast.Champion, []int{1, 3, 5} }); err != nil {
		t.Fatal(err)
	}
	whole, err := db.Call(t.Context(), call.StoryID, call.ModelID, 1)
	if err != nil {
		t.Fatal(err)
	}
	kinds := []string{forecast.KindAnalogue, forecast.KindBaseline}
	for i := range 3 {
		ref, done, err := db.StandIn(t.Context(), whole, kinds)
		if err != nil || ref.ModelKind != forecast.KindAnalogue || done != (i > 1) {
			t.Errorf("time %d: %+v, %v, %v", i, ref, done, err)
		}
		if i == 1 {
			if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: ref.CallID}, predictionsOf(ref, nuri)); err != nil {
				t.Fatal(err)
			}
		}
	}
	undecided, err := db.UndecidedCalls(t.Context(), 0, 10)
	if err != nil || len(undecided) != 1 || undecided[0].ModelKind != forecast.KindAnalogue {
		t.Errorf("undecided %+v, %v", undecided, err)
	}
	stand, err := db.Call(t.Context(), call.StoryID, undecided[0].ModelID, 1)
	if err != nil || stand.StandsFor != call.ModelID {
		t.Errorf("%+v, %v", stand, err)
	}
	if h, err := db.SpeaksFor(t.Context(), stand); err != nil || fmt.Sprint(h) != "[1 3 5]" {
		t.Errorf("it speaks for %v, %v", h, err)
	}
}
