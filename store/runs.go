package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
)

// The states of a run. Queued and running are open, the others are final.
const (
	RunQueued    = "queued"
	RunRunning   = "running"
	RunDone      = "done"
	RunFailed    = "failed"
	RunCancelled = "cancelled"
)

// Run is one ordered piece of work. Key names what was ordered: there is one open run per (Kind, Key). Times are on
// the wall clock, zero when the thing has not happened; OrderedBy and CancelledBy are users, 0 for nobody.
type Run struct {
	ID                               int64
	Kind, Key                        string
	Params                           json.RawMessage
	State                            string
	Total, Done, Failed              int
	Result                           json.RawMessage
	Error                            string
	OrderedBy, CancelledBy           int64
	Reason                           string // why it was cancelled
	CreatedAt, StartedAt, FinishedAt time.Time
	Version                          int64 // raised by every change; read only
}

// Final reports whether the run has ended.
func (r Run) Final() bool { return r.State != RunQueued && r.State != RunRunning }

type runRow struct {
	bun.BaseModel `bun:"table:runs,alias:r"`

	ID          int64           `bun:"id,pk"`
	Kind        string          `bun:"kind"`
	Key         string          `bun:"key"`
	Params      json.RawMessage `bun:"params"`
	State       string          `bun:"state"`
	Total       int             `bun:"total"`
	Done        int             `bun:"done"`
	Failed      int             `bun:"failed"`
	Result      json.RawMessage `bun:"result"`
	Error       string          `bun:"error"`
	OrderedBy   int64           `bun:"ordered_by,nullzero"`
	CancelledBy int64           `bun:"cancelled_by,nullzero"`
	Reason      string          `bun:"reason"`
	CreatedAt   time.Time       `bun:"created_at"`
	StartedAt   time.Time       `bun:"started_at,nullzero"`
	FinishedAt  time.Time       `bun:"finished_at,nullzero"`
	Version     int64           `bun:"version"`
}

// runColumns are the columns of runRow, for statements that return a run.
const runColumns = `id, kind, key, params, state, total, done, failed, result, error, ordered_by, cancelled_by, reason,
	created_at, started_at, finished_at, version`

func (r runRow) toRun() Run {
	return Run{ID: r.ID, Kind: r.Kind, Key: r.Key, Params: r.Params, State: r.State, Total: r.Total, Done: r.Done, Failed: r.Failed,
		Result: r.Result, Error: r.Error, OrderedBy: r.OrderedBy, CancelledBy: r.CancelledBy, Reason: r.Reason,
		CreatedAt: r.CreatedAt, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt, Version: r.Version}
}

// orderAttempts bounds how often an open run may finish between our finding it open and our reading it.
const orderAttempts = 5

// OrderRun orders a piece of work: the open run of the same kind and key is returned, else a new one with created set.
// Kind, Key, Params and OrderedBy are used.
func (db *DB) OrderRun(ctx context.Context, r Run) (run Run, created bool, err error) {
	if len(r.Params) == 0 {
		r.Params = json.RawMessage(`{}`)
	}
	for range orderAttempts {
		var row runRow
		err = db.bun.NewRaw(`
			insert into runs (kind, key, params, ordered_by) values (?, ?, ?::jsonb, nullif(?, 0))
			on conflict (kind, key) where state in ('queued', 'running') do nothing
			returning `+runColumns, r.Kind, r.Key, string(r.Params), r.OrderedBy).Scan(ctx, &row)
		if err == nil {
			return row.toRun(), true, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			break
		}
		err = db.bun.NewSelect().Model(&row).Where("kind = ? and key = ? and state in ('queued', 'running')", r.Kind, r.Key).Scan(ctx)
		if err == nil {
			return row.toRun(), false, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			break
		}
	}
	return Run{}, false, fail(err, "order run %s %s", r.Kind, r.Key)
}

// Run returns one run; NotFound when there is none.
func (db *DB) Run(ctx context.Context, id int64) (Run, error) {
	var row runRow
	if err := db.bun.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return Run{}, failOne(err, "run %d", id)
	}
	return row.toRun(), nil
}

// RunFilter narrows a list of runs; a zero field means any. Before is an id that the list goes on behind.
type RunFilter struct {
	Kind, State string
	Limit       int // 0 means 50
	Before      int64
}

// Runs returns runs, newest first.
func (db *DB) Runs(ctx context.Context, f RunFilter) ([]Run, error) {
	var rows []runRow
	q := db.bun.NewSelect().Model(&rows).Order("id desc").Limit(int64(cmp.Or(f.Limit, listLimit)))
	if f.Kind != "" {
		q = q.Where("kind = ?", f.Kind)
	}
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.Before > 0 {
		q = q.Where("id < ?", f.Before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "runs")
	}
	return toRuns(rows), nil
}

// OpenRuns returns the open runs that were ordered longer ago than olderThan (wall clock), oldest first.
func (db *DB) OpenRuns(ctx context.Context, olderThan time.Duration, limit int) ([]Run, error) {
	var rows []runRow
	err := db.bun.NewSelect().Model(&rows).Where("state in ('queued', 'running')").
		Where("created_at < now() - make_interval(secs => ?)", olderThan.Seconds()).Order("id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fail(err, "open runs")
	}
	return toRuns(rows), nil
}

func toRuns(rows []runRow) []Run {
	list := make([]Run, len(rows))
	for i, r := range rows {
		list[i] = r.toRun()
	}
	return list
}

// StartRun takes a run up: a queued one becomes running, a running one is returned too (its worker may have died).
// ok is false when the run is final.
func (db *DB) StartRun(ctx context.Context, id int64) (run Run, ok bool, err error) {
	return moveRun(ctx, db.bun, id, `update runs set state = 'running', started_at = coalesce(started_at, now())
		where id = ? and state in ('queued', 'running') returning `+runColumns, id)
}

// FinishRun ends an open run as done or failed, with its result as JSON (nil for none). Ending it again in the same
// state is no error and changes nothing; Conflict when it ended otherwise, NotFound when there is none.
func (db *DB) FinishRun(ctx context.Context, id int64, state, errText string, result any) error {
	if state != RunDone && state != RunFailed {
		return fault.New(fault.Invalid, "a run finishes as done or failed, not as %q", state)
	}
	var body sql.NullString
	if result != nil {
		b, err := json.Marshal(result)
		if err != nil {
			return fmt.Errorf("store: result of run %d: %w", id, err)
		}
		body = sql.NullString{String: string(b), Valid: true}
	}
	run, ok, err := moveRun(ctx, db.bun, id, `update runs set state = ?, error = ?, result = ?::jsonb, finished_at = now()
		where id = ? and state in ('queued', 'running') returning `+runColumns, state, legible(errText), body, id)
	if err == nil && !ok && run.State != state {
		return hasEnded(run)
	}
	return err
}

// CancelRun ends an open run for good, and with it those of its calls that are due; those under way find themselves
// ended when they save. Cancelling a cancelled run returns it; Conflict when it is done or failed.
func (db *DB) CancelRun(ctx context.Context, id int64, actor int64, reason string) (run Run, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var ok bool
		run, ok, err = moveRun(ctx, tx, id, `update runs set state = 'cancelled', cancelled_by = nullif(?, 0), reason = ?, finished_at = now()
			where id = ? and state in ('queued', 'running') returning `+runColumns, actor, legible(reason), id)
		if err != nil {
			return err
		}
		if !ok && run.State != RunCancelled {
			return hasEnded(run)
		}
		// Calls are added under a share of the run's row (AddRepredictCalls): none appears behind our back.
		_, err = tx.ExecContext(ctx, `
			update model_calls set state = 'skipped', note = 'cancelled', done_at = now(), decided_at = now()
			where run_id = ? and state = 'due'`, id)
		return err
	})
	if err != nil {
		return Run{}, failOne(err, "run %d", id)
	}
	return run, nil
}

// hasEnded is the fault of an open run that was asked for, and is none any more.
func hasEnded(run Run) error {
	switch run.State {
	case RunDone:
		return fault.New(fault.Conflict, "run %d is done already", run.ID)
	case RunFailed:
		return fault.New(fault.Conflict, "run %d has failed already", run.ID)
	}
	return fault.New(fault.Conflict, "run %d is cancelled already", run.ID)
}

// moveRun runs an update of an open run that returns it. When it met none, the run is returned as it is with ok false.
func moveRun(ctx context.Context, idb bun.IDB, id int64, update string, args ...any) (run Run, ok bool, err error) {
	var row runRow
	err = idb.NewRaw(update, args...).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		err = idb.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
		return row.toRun(), false, failOne(err, "run %d", id)
	}
	if err != nil {
		return Run{}, false, failOne(err, "run %d", id)
	}
	return row.toRun(), true, nil
}

// RunProgress notes how far an open run has come; a final one keeps its numbers.
func (db *DB) RunProgress(ctx context.Context, id int64, total, done, failed int) error {
	_, err := db.bun.ExecContext(ctx, `
		update runs set total = ?, done = ?, failed = ? where id = ? and state in ('queued', 'running')`, total, done, failed, id)
	return fail(err, "progress of run %d", id)
}
