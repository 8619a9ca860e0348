package store_test

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

// TestNothingIsAddedToACancelledRun runs a cancellation against a worker that adds the run's calls: whichever of the two
// comes first, no call of the run is due in the end.
func TestNothingIsAddedToACancelledRun(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	championCall(t, db, 0)
	for range 20 {
		run := order(t, db, "k")
		start(t, db, run.ID)
		added := make(chan error)
		go func() {
			_, err := db.AddRepredictCalls(t.Context(), run.ID, store.RepredictFilter{})
			added <- err
		}()
		if _, err := db.CancelRun(t.Context(), run.ID, 0, "enough"); err != nil {
			t.Error(err)
		}
		if err := <-added; err != nil && fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
		if n := count(t, db, `select count(*) from model_calls where run_id = ? and state = 'due'`, run.ID); n != 0 {
			t.Fatalf("%d calls of a cancelled run are due", n)
		}
	}
}

// TestCancelWaitsForWhoAddsCalls holds the run as AddRepredictCalls does and lets go only once the cancellation waits.
func TestCancelWaitsForWhoAddsCalls(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	call, _ := championCall(t, db, 0)
	run := order(t, db, "k")
	start(t, db, run.ID)
	cancelled := make(chan error, 1)
	err := db.Bun().RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, `select from runs where id = ? for share`, run.ID); err != nil {
			return err
		}
		go func() {
			_, err := db.CancelRun(t.Context(), run.ID, 0, "enough")
			cancelled <- err
		}()
		for waiting := 0; waiting == 0; {
			waiting = count(t, db, `select count(*) from pg_locks l join pg_class c on c.oid = l.relation
				where c.relname = 'runs' and l.mode = 'RowExclusiveLock' and l.database = (select oid from pg_database where datname = current_database())`)
		}
		_, err := tx.ExecContext(ctx, `insert into model_calls (story_id, model_id, generation, run_id) values (?, ?, 7, ?)`,
			call.StoryID, call.ModelID, run.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-cancelled; err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `select count(*) from model_calls where run_id = ? and state = 'skipped'`, run.ID); n != 1 {
		t.Errorf("the call that was added while the cancellation waited is not skipped")
	}
}
