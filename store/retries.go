package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// RetrySnapshot is how many failures a bulk retry can be about: the oldest of them.
const RetrySnapshot = 100_000

// Retry is a bulk retry, ordered or only counted: which failures, in the order in which they are let go.
type Retry struct {
	ID     int64
	IDs    []int64
	Next   int   // so many of them were let go
	RunID  int64 // 0: nobody has ordered it
	MadeAt time.Time
}

type retryRow struct {
	bun.BaseModel `bun:"table:retries,alias:r"`

	ID     int64     `bun:"id,pk"`
	IDs    []int64   `bun:"failure_ids,array"`
	Next   int       `bun:"next"`
	RunID  int64     `bun:"run_id,nullzero"`
	MadeAt time.Time `bun:"made_at"`
}

// SnapshotRetry keeps which failures wait for an operator and match.
func (db *DB) SnapshotRetry(ctx context.Context, f RetryFilter, actor int64) (Retry, error) {
	var row retryRow
	err := db.bun.NewRaw(`
		insert into retries (failure_ids, made_by)
		select coalesce(array_agg(id order by id), '{}'), nullif(?, 0) from (?) t
		returning id, failure_ids, next, coalesce(run_id, 0) as run_id, made_at`, actor, f.failures(db, RetrySnapshot)).Scan(ctx, &row)
	return Retry{ID: row.ID, IDs: row.IDs, MadeAt: row.MadeAt}, fail(err, "snapshot of failures to retry")
}

// Retry returns a bulk retry; NotFound when there is none, or none any more.
func (db *DB) Retry(ctx context.Context, id int64) (Retry, error) {
	var row retryRow
	if err := db.bun.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return Retry{}, failOne(err, "retry %d", id)
	}
	return Retry{ID: row.ID, IDs: row.IDs, Next: row.Next, RunID: row.RunID, MadeAt: row.MadeAt}, nil
}

// OrderRetry notes by which run a bulk retry is carried out; the first word counts.
func (db *DB) OrderRetry(ctx context.Context, id, runID int64) error {
	_, err := db.bun.ExecContext(ctx, `update retries set run_id = ? where id = ? and run_id is null`, runID, id)
	return fail(err, "order retry %d", id)
}

// AdvanceRetry notes that a bulk retry has come from one place to the next; a copy that is behind changes nothing.
func (db *DB) AdvanceRetry(ctx context.Context, id int64, from, to int) error {
	_, err := db.bun.ExecContext(ctx, `update retries set next = ? where id = ? and next = ?`, to, id, from)
	return fail(err, "advance retry %d", id)
}

// Retried is what became of failures that were let go.
type Retried struct {
	Resolved int // by now, or already when it was their turn
	Stopped  int // given up or quarantined, again
	Failing  int // failed since, and will be tried again
	Waiting  int // not tried yet
}

// Retried returns what became of the failures.
func (db *DB) Retried(ctx context.Context, ids []int64) (Retried, error) {
	var out Retried
	err := db.bun.NewRaw(`
		select count(*) filter (where state = 'resolved') as resolved,
			count(*) filter (where state in ('gave_up', 'quarantined')) as stopped,
			count(*) filter (where state = 'retrying' and attempts + crashes > 0) as failing,
			count(*) filter (where state = 'retrying' and attempts + crashes = 0) as waiting
		from failures where id = any(?)`, pgdialect.Array(ids)).Scan(ctx, &out.Resolved, &out.Stopped, &out.Failing, &out.Waiting)
	out.Resolved += max(0, len(ids)-out.Resolved-out.Stopped-out.Failing-out.Waiting) // long resolved, and forgotten
	return out, fail(err, "what became of %d failures", len(ids))
}

// CausesOf returns which causes the failures have, the most frequent first, at most limit of them. Fingerprint, Kind and
// Count are set.
func (db *DB) CausesOf(ctx context.Context, ids []int64, limit int) ([]Cause, error) {
	var rows []struct {
		Fingerprint, Kind string
		Count             int
	}
	err := db.bun.NewRaw(`
		select fingerprint, min(kind) as kind, count(*) as count from failures where id = any(?)
		group by fingerprint order by count(*) desc, fingerprint limit ?`, pgdialect.Array(ids), limit).Scan(ctx, &rows)
	list := make([]Cause, len(rows))
	for i, r := range rows {
		list[i] = Cause{Fingerprint: r.Fingerprint, Kind: r.Kind, Count: r.Count}
	}
	return list, fail(err, "causes of %d failures", len(ids))
}
