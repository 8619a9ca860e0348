package store_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// languageModel is a challenger that costs 1 won per thousand tokens of a prompt and 2 of a reply.
func languageModel(name string, budget int64) forecast.Model {
	return forecast.Model{Name: name, Kind: forecast.KindLLM, Role: forecast.Challenger, Version: "some-mini/ko-1",
		Language: forecast.LanguageModel{BaseURL: "http://localhost:1/v1", Name: "some-mini", PromptVersion: "ko-1",
			TrainingCutoff: market.NewDay(2025, 10, 1), InputPrice: 1000, OutputPrice: 2000, DailyBudget: budget, MaxTokens: 500, OldMaxTokens: true}}
}

func create(t testing.TB, db *store.DB, m forecast.Model) forecast.Model {
	t.Helper()
	made, err := db.CreateModel(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func update(t testing.TB, db *store.DB, id int64, edit func(*forecast.Model)) (forecast.Model, error) {
	t.Helper()
	return db.UpdateModel(t.Context(), id, func(m *forecast.Model) error { edit(m); return nil })
}

// champions returns the names of the champions by horizon, and checks that roles and horizons agree.
func champions(t testing.TB, db *store.DB) map[int]string {
	t.Helper()
	models, err := db.Models(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	by := map[int]string{}
	for _, m := range models {
		for _, h := range m.Horizons {
			by[h] = m.Name
		}
		if (m.Role == forecast.Champion) != (len(m.Horizons) > 0) {
			t.Errorf("%s is %s of %v", m.Name, m.Role, m.Horizons)
		}
	}
	return by
}

func TestRegistryKeepsWhatItIsTold(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	want := languageModel("gpt", 5000)
	got := create(t, db, want)
	want.ID = got.ID
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := db.CreateModel(t.Context(), languageModel("gpt", 1)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a name twice: %v, want Conflict", err)
	}
	got, err := update(t, db, got.ID, func(m *forecast.Model) { m.Language.DailyBudget, m.Language.TrainingCutoff = 7, 0 })
	want.Language.DailyBudget, want.Language.TrainingCutoff = 7, 0
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := update(t, db, 999, func(*forecast.Model) {}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no such model: %v, want NotFound", err)
	}
	if _, err := update(t, db, got.ID, func(m *forecast.Model) { m.Name = "analogue" }); fault.KindOf(err) != fault.Conflict {
		t.Errorf("another's name: %v, want Conflict", err)
	}
}

func TestEveryHorizonHasOneChampion(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if diff := cmp.Diff(map[int]string{1: "analogue", 3: "analogue", 5: "analogue"}, champions(t, db)); diff != "" {
		t.Fatalf("at first (-want +got):\n%s", diff)
	}
	gpt := languageModel("gpt", 1)
	gpt.Role, gpt.Horizons = forecast.Champion, []int{3}
	id := create(t, db, gpt).ID
	if diff := cmp.Diff(map[int]string{1: "analogue", 3: "gpt", 5: "analogue"}, champions(t, db)); diff != "" {
		t.Errorf("with another (-want +got):\n%s", diff)
	}
	for name, edit := range map[string]func(*forecast.Model){
		"it steps back":    func(m *forecast.Model) { m.Role = forecast.Challenger },
		"it is retired":    func(m *forecast.Model) { m.Role = forecast.Retired },
		"it swaps horizon": func(m *forecast.Model) { m.Horizons = []int{1} },
	} {
		if _, err := update(t, db, id, edit); fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s: %v, want Conflict", name, err)
		}
	}
	if _, err := db.DeleteModel(t.Context(), id); fault.KindOf(err) != fault.Conflict {
		t.Errorf("it is deleted: %v, want Conflict", err)
	}
	var group sync.WaitGroup
	for _, other := range []int64{1, 2, id} {
		group.Go(func() {
			if _, err := update(t, db, other, func(m *forecast.Model) { m.Role, m.Horizons = forecast.Champion, []int{1, 3, 5} }); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if by := champions(t, db); len(by) != 3 || by[1] != by[3] || by[1] != by[5] {
		t.Errorf("who came last is the champion of all: %v", by)
	}
}

func TestAModelThatHasPredictedIsRetired(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	unused := create(t, db, languageModel("unused", 1)).ID
	_, challenger := championCall(t, db, 0)
	if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: challenger.CallID}, predictionsOf(challenger, nuri)); err != nil {
		t.Fatal(err)
	}
	championCall(t, db, 1)
	if deleted, err := db.DeleteModel(t.Context(), unused); err != nil || !deleted {
		t.Errorf("one with due calls only: %v, %v; want it deleted", deleted, err)
	}
	if deleted, err := db.DeleteModel(t.Context(), challenger.ModelID); err != nil || deleted {
		t.Errorf("one with predictions: %v, %v; want it retired", deleted, err)
	}
	if m, err := db.Model(t.Context(), challenger.ModelID); err != nil || m.Role != forecast.Retired {
		t.Errorf("%+v, %v", m, err)
	}
	if n := count(t, db, `select count(*) from model_calls where model_id = ? and state = 'skipped' and note <> ''`, challenger.ModelID); n != 1 {
		t.Errorf("%d of its calls are skipped, want the due one", n)
	}
	if count(t, db, `select count(*) from predictions where model_id = ?`, challenger.ModelID) != len(forecast.Horizons) {
		t.Error("its record is gone")
	}
	if _, err := update(t, db, challenger.ModelID, func(m *forecast.Model) { m.Version = "other" }); fault.KindOf(err) != fault.Conflict {
		t.Errorf("another version: %v, want Conflict", err)
	}
	if m, err := update(t, db, challenger.ModelID, func(m *forecast.Model) { m.Role = forecast.Challenger }); err != nil || m.Role != forecast.Challenger {
		t.Errorf("it comes back: %+v, %v", m, err)
	}
}

func TestPoolsKeepTheirMembers(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	pool := forecast.Model{Name: "pool", Kind: forecast.KindPool, Role: forecast.Challenger, Version: "pool-1", Members: []int64{1, 2}}
	made := create(t, db, pool)
	if diff := cmp.Diff([]int64{1, 2}, made.Members); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, members := range map[string][]int64{"of pools": {1, made.ID}, "of nobody": {1, 99}} {
		other := pool
		other.Name, other.Members = name, members
		if _, err := db.CreateModel(t.Context(), other); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a pool %s: %v, want Invalid", name, err)
		}
	}
	if _, err := db.DeleteModel(t.Context(), 2); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a member is retired: %v, want Conflict", err)
	}
	if deleted, err := db.DeleteModel(t.Context(), made.ID); err != nil || !deleted {
		t.Errorf("%v, %v", deleted, err)
	}
	if _, err := db.DeleteModel(t.Context(), 2); err != nil {
		t.Error(err)
	}
}

func TestKindsInUse(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	create(t, db, languageModel("gpt", 1))
	championCall(t, db, 0)
	want := []store.KindUse{{Kind: "analogue", Champion: true}, {Kind: "baseline"}, {Kind: "llm"}}
	if got, err := db.KindsInUse(t.Context()); err != nil || !cmp.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	exec(t, db, `update models set role = 'retired' where kind <> 'analogue'`)
	if got, err := db.KindsInUse(t.Context()); err != nil || !cmp.Equal(got, want) {
		t.Errorf("with calls that are due: %+v, %v", got, err)
	}
	exec(t, db, `update model_calls set state = 'skipped'`)
	if got, err := db.KindsInUse(t.Context()); err != nil || !cmp.Equal(got, want[:1]) {
		t.Errorf("without: %+v, %v", got, err)
	}
}

func TestSignalsFollowTheHorizonsChampions(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	champion, challenger := championCall(t, db, 0)
	for _, c := range []store.CallRef{champion, challenger} {
		if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: c.CallID}, predictionsOf(c, nuri)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}}); err != nil {
		t.Fatal(err)
	}
	if _, err := update(t, db, challenger.ModelID, func(m *forecast.Model) { m.Role, m.Horizons = forecast.Champion, []int{3} }); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `update model_calls set stands_for = ? where id = ?`, challenger.ModelID, champion.CallID)
	want := map[int]int64{1: champion.ModelID, 3: challenger.ModelID, 5: champion.ModelID}
	for name, list := range map[string]func() ([]store.PredictionItem, error){
		"of the story": func() ([]store.PredictionItem, error) {
			return db.Signals(t.Context(), []int64{champion.StoryID})
		},
		"of the stock": func() ([]store.PredictionItem, error) {
			return db.StockSignals(t.Context(), []market.Code{nuri}, noon.AddDate(1, 0, 0))
		},
	} {
		items, err := list()
		got := map[int]int64{}
		for _, i := range items {
			got[i.Prediction.Horizon] = i.Prediction.ModelID
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" || len(items) != 3 {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	exec(t, db, `alter table predictions disable trigger all; delete from predictions where model_id = ?`, challenger.ModelID)
	items, err := db.StockSignals(t.Context(), []market.Code{nuri}, noon.AddDate(1, 0, 0))
	if err != nil || len(items) != 3 || items[1].Prediction.ModelID != champion.ModelID {
		t.Errorf("when another stands in: %+v, %v", items, err)
	}
	if items, err = db.Signals(t.Context(), []int64{champion.StoryID}); err != nil || len(items) != 3 {
		t.Errorf("when another stands in: %+v, %v", items, err)
	}
}
