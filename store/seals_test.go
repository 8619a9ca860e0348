package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// predicted opens the n-th story and saves the champion's predictions of it; it returns their ids.
func predicted(t *testing.T, db *store.DB, n int) []int64 {
	t.Helper()
	champion, _ := championCall(t, db, n)
	ids, err := db.SavePredictions(t.Context(), store.CallDone{CallID: champion.CallID}, predictionsOf(champion, nuri))
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// apart is a number of a story that no earlier one's can be joined to: of another direction, or three days later.
func apart(n int) int { return n%4 + n/4*4320 }

// sealed makes a chain of so many seals of three predictions each, and returns their ids.
func sealed(t *testing.T, db *store.DB, seals int) [][]int64 {
	t.Helper()
	var all [][]int64
	for n := range seals {
		all = append(all, predicted(t, db, n))
		if got, err := db.SealPredictions(t.Context(), 100); err != nil || got != 3 {
			t.Fatalf("sealed %d, %v", got, err)
		}
	}
	return all
}

func verify(t *testing.T, db *store.DB) (store.Verified, error) {
	t.Helper()
	return db.VerifySeals(t.Context(), func(int64) {})
}

func TestEveryPredictionIsSealedOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	want := 0
	for n := range 10 {
		want += len(predicted(t, db, apart(n)))
	}
	backtest, _ := championCall(t, db, apart(10))
	exec(t, db, `update model_calls set origin = 'backtest' where id = ?`, backtest.CallID)
	walked := predictionsOf(backtest, nuri)
	for i := range walked {
		walked[i].Origin = forecast.Backtest
	}
	if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: backtest.CallID}, walked); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 4 {
				if _, err := db.SealPredictions(t.Context(), 2); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	v, err := verify(t, db)
	if err != nil || v.Predictions != want || v.Seals != 5 || len(v.Head) != 32 {
		t.Errorf("%+v, %v; want %d predictions in 5 seals", v, err, want)
	}
	if n := count(t, db, `select count(*) from sealed_predictions s join predictions p on p.id = s.prediction_id where p.origin = 'backtest'`); n != 0 {
		t.Errorf("%d backtests are sealed", n)
	}
	if n := count(t, db, `select max(number) - count(*) from seals`); n != 0 {
		t.Errorf("the numbers have %d gaps", n)
	}
	seal, err := db.SealOf(t.Context(), 1)
	if err != nil || seal.Number != 1 || len(seal.Hash) != 32 || len(seal.Head) != 32 || seal.SealedAt.IsZero() {
		t.Errorf("%+v, %v", seal, err)
	}
	if _, err := db.SealOf(t.Context(), int64(want+1)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a backtest's: %v, want NotFound", err)
	}
}

// TestTheFirstBrokenLinkIsNamed: whoever changes or removes something behind the program's back is found out.
func TestTheFirstBrokenLinkIsNamed(t *testing.T) {
	t.Parallel()
	const loose = `alter table predictions disable trigger all; alter table sealed_predictions disable trigger all; alter table seals disable trigger all; `
	db := storetest.New(t)
	ids := sealed(t, db, 4)
	if v, err := verify(t, db); err != nil || v.Seals != 4 || v.Predictions != 12 {
		t.Fatalf("a whole chain: %+v, %v", v, err)
	}
	for name, c := range map[string]struct{ tamper, names string }{
		"a probability":         {fmt.Sprintf(`update predictions set probability = probability + 1e-12 where id = %d`, ids[1][1]), fmt.Sprintf("seal 2: prediction %d was changed", ids[1][1])},
		"when it was made":      {fmt.Sprintf(`update predictions set made_at = made_at - interval '1 microsecond' where id = %d`, ids[2][0]), fmt.Sprintf("seal 3: prediction %d was changed", ids[2][0])},
		"what it rests on":      {fmt.Sprintf(`update predictions set evidence = jsonb_set(evidence, '{neighbours,0,excess_pct}', '9') where id = %d`, ids[0][2]), fmt.Sprintf("seal 1: prediction %d was changed", ids[0][2])},
		"two at once":           {fmt.Sprintf(`update predictions set note = 'x' where id in (%d, %d)`, ids[3][0], ids[1][0]), fmt.Sprintf("seal 2: prediction %d was changed", ids[1][0])},
		"a removed prediction":  {fmt.Sprintf(`delete from predictions where id = %d`, ids[2][1]), fmt.Sprintf("seal 3: prediction %d is gone", ids[2][1])},
		"and its entry":         {fmt.Sprintf(`delete from predictions where id = %d; delete from sealed_predictions where prediction_id = %d`, ids[2][1], ids[2][1]), "seal 3: the entry at place 2 is gone"},
		"the last of a seal":    {fmt.Sprintf(`delete from sealed_predictions where prediction_id = %d`, ids[2][2]), "seal 3: it sealed 3 predictions, 2 are left"},
		"a hash beside its row": {fmt.Sprintf(`update predictions set note = 'x' where id = %[1]d; update sealed_predictions set hash = sha256('x') where prediction_id = %[1]d`, ids[0][0]), fmt.Sprintf("seal 1: prediction %d was changed", ids[0][0])},
		"a head":                {`update seals set head = sha256('x') where number = 2`, "seal 2: its head is not that of its contents"},
		"what it follows":       {`update seals set previous = sha256('x') where number = 3`, "seal 3: it does not follow from the seal before"},
		"a removed seal":        {`delete from seals where number = 2`, "seal 2: the seal is gone"},
		"with all that it has":  {`delete from sealed_predictions where seal = 2; delete from seals where number = 2`, "seal 2: the seal is gone, and seal 3 is there"},
		"the first":             {`delete from sealed_predictions where seal = 1; delete from seals where number = 1`, "seal 1: the seal is gone, and seal 2 is there"},
		"the last":              {`update model_calls set done_at = done_at - interval '1 hour'; delete from sealed_predictions where seal = 4; delete from seals where number = 4`, fmt.Sprintf("after seal 3: prediction %d has no seal", ids[3][0])},
		"its count":             {`update seals set count = 4 where number = 1`, "seal 1: it sealed 4 predictions, 3 are left"},
	} {
		// Each tampering is undone, so that one chain serves them all.
		tables := []string{"predictions", "sealed_predictions", "seals", "model_calls"}
		for _, table := range tables {
			exec(t, db, fmt.Sprintf(`create table kept_%[1]s as select * from %[1]s`, table))
		}
		exec(t, db, `alter table kept_predictions drop column neighbours, drop column effective`) // they follow from the others
		exec(t, db, loose+c.tamper)
		_, err := verify(t, db)
		if fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), c.names) {
			t.Errorf("%s: %v, want it to name %q", name, err, c.names)
		}
		exec(t, db, `delete from sealed_predictions; delete from seals; delete from predictions; update model_calls c set done_at = k.done_at from kept_model_calls k where k.id = c.id;
			insert into predictions overriding system value select * from kept_predictions; insert into seals select * from kept_seals; insert into sealed_predictions select * from kept_sealed_predictions`)
		for _, table := range tables {
			exec(t, db, `drop table kept_`+table)
		}
	}
	if _, err := verify(t, db); err != nil {
		t.Errorf("the chain was not put back: %v", err)
	}
}

// TestErasingTextsBreaksNoSeal: a take-down empties what was asked and answered; the receipts stay.
func TestErasingTextsBreaksNoSeal(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	call := asked(t, db, 100)
	id, err := reserve(t, db, call, nuri, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.EndRequest(t.Context(), store.RequestEnd{ID: id, State: store.RequestAnswered, Reply: "답", Answer: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SavePredictions(t.Context(), store.CallDone{CallID: call.CallID, Asked: true}, predictionsOf(call, nuri)); err != nil {
		t.Fatal(err)
	}
	if n, err := db.SealPredictions(t.Context(), 10); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	before, err := verify(t, db)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := db.EraseTexts(t.Context(), 7); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	after, err := verify(t, db)
	if err != nil || string(after.Head) != string(before.Head) {
		t.Errorf("%+v, %v; was %+v", after, err, before)
	}
}
