package store

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// States of a failure.
const (
	FailureRetrying = "retrying" // it will be tried again by itself
	FailureGaveUp   = "gave_up"  // it waits for an operator
	FailureResolved = "resolved"
)

// WorkName names a piece of work.
type WorkName struct{ Kind, Key string }

// Failure is a piece of work that failed, named by (Kind, Key). State is "retrying", "gave_up" or "resolved"; times are
// on the wall clock.
type Failure struct {
	ID               int64
	Kind, Key, Queue string
	Payload          []byte
	Fingerprint      string // equal for failures of the same cause
	Error            string // the newest
	Attempts         int
	State            string
	FirstAt, LastAt  time.Time
}

type failureRow struct {
	bun.BaseModel `bun:"table:failures,alias:f"`

	ID          int64     `bun:"id,pk,autoincrement"`
	Kind        string    `bun:"kind"`
	Key         string    `bun:"key"`
	Queue       string    `bun:"queue"`
	Payload     []byte    `bun:"payload"`
	Fingerprint string    `bun:"fingerprint"`
	Error       string    `bun:"error"`
	Attempts    int       `bun:"attempts"`
	State       string    `bun:"state"`
	FirstAt     time.Time `bun:"first_at,scanonly"`
	LastAt      time.Time `bun:"last_at,scanonly"`
}

// RecordFailure notes a failed attempt. There is one open row per (kind, key): a further failure raises its attempts
// and replaces the rest. ID, Attempts, FirstAt and LastAt are not used; State "" is "retrying".
func (db *DB) RecordFailure(ctx context.Context, f Failure) error {
	row := failureRow{Kind: f.Kind, Key: f.Key, Queue: f.Queue, Payload: append([]byte{}, f.Payload...), Fingerprint: legible(f.Fingerprint),
		Error: legible(f.Error), Attempts: 1, State: cmp.Or(f.State, FailureRetrying)}
	_, err := db.bun.NewInsert().Model(&row).ExcludeColumn("id").On("conflict (kind, key) where state <> 'resolved' do update").
		Set("queue = excluded.queue").Set("payload = excluded.payload").Set("fingerprint = excluded.fingerprint").
		Set("error = excluded.error").Set("attempts = f.attempts + 1").Set("state = excluded.state").Set("last_at = now()").
		Returning("null").Exec(ctx)
	return fail(err, "record failure of %s %s", f.Kind, f.Key)
}

// ResolveFailure closes the open failure of a piece of work, if there is one.
func (db *DB) ResolveFailure(ctx context.Context, kind, key string) error {
	_, err := db.bun.ExecContext(ctx, `
		update failures set state = 'resolved', last_at = now() where kind = ? and key = ? and state <> 'resolved'`, kind, key)
	return fail(err, "resolve failure of %s %s", kind, key)
}

// GaveUp returns those of the names whose work was given up.
func (db *DB) GaveUp(ctx context.Context, names []WorkName) (map[WorkName]bool, error) {
	kinds, keys := make([]string, len(names)), make([]string, len(names))
	for i, n := range names {
		kinds[i], keys[i] = n.Kind, n.Key
	}
	var rows []WorkName
	err := db.bun.NewRaw(`
		select f.kind, f.key
		from unnest(?::text[], ?::text[]) as n (kind, key)
		join failures f on f.kind = n.kind and f.key = n.key and f.state <> 'resolved'
		where f.state = ?`, pgdialect.Array(kinds), pgdialect.Array(keys), FailureGaveUp).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "given-up work")
	}
	gaveUp := make(map[WorkName]bool, len(rows))
	for _, r := range rows {
		gaveUp[r] = true
	}
	return gaveUp, nil
}

// FailureFilter narrows a list of failures; a zero field means any. Before is an id that the list goes on behind.
type FailureFilter struct {
	State, Kind, Fingerprint string
	Limit                    int // 0 means 50
	Before                   int64
}

// listLimit is the length of a list whose caller names none.
const listLimit = 50

// Failures returns failures, newest row first.
func (db *DB) Failures(ctx context.Context, f FailureFilter) ([]Failure, error) {
	var rows []failureRow
	q := db.bun.NewSelect().Model(&rows).ColumnExpr("?TableColumns, f.first_at, f.last_at").Order("f.id desc").Limit(int64(cmp.Or(f.Limit, listLimit)))
	for _, c := range []struct{ column, value string }{{"state", f.State}, {"kind", f.Kind}, {"fingerprint", f.Fingerprint}} {
		if c.value != "" {
			q = q.Where("f.? = ?", bun.Ident(c.column), c.value)
		}
	}
	if f.Before > 0 {
		q = q.Where("f.id < ?", f.Before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "failures")
	}
	list := make([]Failure, len(rows))
	for i, r := range rows {
		list[i] = Failure{ID: r.ID, Kind: r.Kind, Key: r.Key, Queue: r.Queue, Payload: r.Payload, Fingerprint: r.Fingerprint,
			Error: r.Error, Attempts: r.Attempts, State: r.State, FirstAt: r.FirstAt, LastAt: r.LastAt}
	}
	return list, nil
}
