package store_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/forecast"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// plainTop finds the top signals by looking at every prediction of the window.
const plainTop = `
	with newest as (
		select distinct on (p.story_id, p.code, p.horizon) p.id, p.code, abs(p.probability - p.base_rate) as gap
		from predictions p join champions ch on ch.horizon = p.horizon
		where p.as_of between ?0 and ?1 and p.origin = 'live' and not p.late
			and (p.model_id = ch.model_id or ch.model_id = (select mc.stands_for from model_calls mc where mc.id = p.call_id))
		order by p.story_id, p.code, p.horizon, p.model_id = ch.model_id desc, p.generation desc, p.id desc),
	best as (select distinct on (code) id, gap from newest order by code, gap desc, id desc)
	select id from best where gap > 0 order by gap desc, id desc limit ?2`

func sameTop(t *testing.T, db *store.DB, since, now time.Time, limit int) {
	t.Helper()
	var want, got []int64
	if err := db.Bun().NewRaw(plainTop, since, now, limit).Scan(t.Context(), &want); err != nil {
		t.Fatal(err)
	}
	items, err := db.TopSignals(t.Context(), since, now, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		got = append(got, i.Prediction.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the first %d from %s to %s (-plain +found):\n%s", limit, since, now, diff)
	}
}

// TestTopSignalsAreThoseOfAPlainLook draws predictions of every kind, with many of the same distance and most of few stocks.
func TestTopSignalsAreThoseOfAPlainLook(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	bulk(t, db, 1500)
	random := rand.New(rand.NewPCG(3, 4))
	exec(t, db, `update predictions set code = '000001' where story_id % 4 < 3`)
	exec(t, db, `update predictions set late = true where (story_id * 7 + horizon) % 23 < 4`)
	exec(t, db, `update predictions set origin = 'backtest' where story_id % 31 = 5`)
	again := `insert into predictions (call_id, story_id, code, model_id, horizon, generation, as_of, made_at, probability, base_rate, expected_pct, low_pct, high_pct, late, origin, evidence)
		select call_id, story_id, code, model_id, horizon, generation + 1, as_of, made_at, base_rate + (id * 17 % 9) / 100.0, base_rate, 0, -1, 1, id % 5 = 0, origin, '{}'
		from predictions where generation = ? and id % ? = 1`
	exec(t, db, again, 1, 3)
	exec(t, db, again, 2, 2)
	compare := func() {
		t.Helper()
		for range 12 {
			now := noon.Add(-time.Duration(random.IntN(20*60)) * time.Minute)
			sameTop(t, db, now.Add(-time.Duration(1+random.IntN(30*60))*time.Minute), now, 1+random.IntN(60))
		}
		sameTop(t, db, noon.AddDate(0, 0, -3), noon, 5)
		sameTop(t, db, noon.Add(time.Hour), noon.Add(2*time.Hour), 5) // nothing is there
	}
	compare()
	// The baseline stands in where the champion has nothing, and where it has.
	exec(t, db, `update model_calls c set stands_for = ch.model_id from champions ch where ch.horizon = 1 and c.model_id <> ch.model_id and c.story_id % 3 = 0`)
	for _, table := range []string{"notices", "alert_options", "alerts"} {
		exec(t, db, `delete from `+table)
	}
	exec(t, db, `delete from predictions p using champions ch where ch.horizon = p.horizon and p.model_id = ch.model_id and p.story_id % 6 = 0`)
	compare()
	// Another model becomes the champion of a horizon.
	exec(t, db, `update champions set model_id = 2 where horizon = 3`)
	compare()
}

func TestTopSignalsShowTheirOutcome(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	bulk(t, db, 20)
	items, err := db.TopSignals(t.Context(), noon.Add(-time.Hour), noon.Add(time.Hour), 3)
	if err != nil || len(items) != 3 {
		t.Fatalf("%d signals, %v", len(items), err)
	}
	for _, i := range items {
		if i.Outcome == nil || i.Title == "" || i.StockName == "" || i.Model.Role != forecast.Champion || i.Prediction.Late {
			t.Errorf("signal %+v", i)
		}
	}
}
