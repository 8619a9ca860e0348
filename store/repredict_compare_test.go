package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickerwire/internal/forecast"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

func TestCompareRun(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	champion, challenger := championCall(t, db, 0)
	save := func(c store.CallRef, p float64) {
		t.Helper()
		made := predictionsOf(c, nuri)
		for i := range made {
			made[i].Probability = p
		}
		if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: c.CallID}, made); err != nil {
			t.Fatal(err)
		}
	}
	save(champion, .51)
	run, _, err := db.OrderRun(t.Context(), store.Run{Kind: "repredict", Key: "k", Params: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.StartRun(t.Context(), run.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.AddRepredictCalls(t.Context(), run.ID, store.RepredictFilter{StoryIDs: []int64{champion.StoryID}}); err != nil {
		t.Fatal(err)
	}
	for model, p := range map[int64]float64{champion.ModelID: .41, challenger.ModelID: .45} {
		call, err := db.Call(t.Context(), champion.StoryID, model, 2)
		if err != nil {
			t.Fatal(err)
		}
		save(call.CallRef, p)
	}
	outcome := forecast.Outcome{StoryID: champion.StoryID, Code: nuri, Horizon: 1, Version: 1, BaseDay: barDay, TargetDay: barDay + 1, ExcessPct: -1, SigmaPct: 2, KnownAt: noon}
	if err := db.SaveOutcomes(t.Context(), []forecast.Outcome{outcome}); err != nil {
		t.Fatal(err)
	}
	got, err := db.CompareRun(t.Context(), run.ID)
	var want []store.Compared
	for _, h := range forecast.Horizons {
		want = append(want, store.Compared{ModelID: champion.ModelID, Model: "analogue", Horizon: h, Pairs: 1, Mean: -.1, MeanAbs: .1, Turned: 1})
	}
	want[0].BrierPairs, want[0].BrierOld, want[0].BrierNew = 1, .51*.51, .41*.41
	for _, h := range forecast.Horizons {
		want = append(want, store.Compared{ModelID: challenger.ModelID, Model: "baseline", Horizon: h, New: 1})
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
