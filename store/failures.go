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
	// FailureQuarantined is work that kept taking its worker down: it is not run until an operator says so.
	FailureQuarantined = "quarantined"
	FailureResolved    = "resolved"
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
	Attempts         int    // failed attempts
	Crashes          int    // workers that died with it in hand
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
	Crashes     int       `bun:"crashes"`
	State       string    `bun:"state"`
	FirstAt     time.Time `bun:"first_at,scanonly"`
	LastAt      time.Time `bun:"last_at,scanonly"`
}

// RecordFailure notes a failed attempt. There is one open row per (kind, key): a further failure raises its attempts
// and replaces the rest. ID, Attempts, FirstAt and LastAt are not used; State "" is "retrying".
func (db *DB) RecordFailure(ctx context.Context, f Failure) error {
	_, err := db.bun.NewRaw(`
		with `+countCause+`
		insert into failures as f (kind, key, queue, payload, fingerprint, error, state)
		values (?0, ?1, ?2, ?3, ?4, ?5, ?6)
		on conflict (kind, key) where state <> 'resolved' do update
		set queue = excluded.queue, payload = excluded.payload, fingerprint = excluded.fingerprint, error = excluded.error,
			attempts = f.attempts + 1, state = excluded.state, last_at = now()`,
		f.Kind, f.Key, f.Queue, append([]byte{}, f.Payload...), legible(f.Fingerprint), legible(f.Error), cmp.Or(f.State, FailureRetrying)).Exec(ctx)
	return fail(err, "record failure of %s %s", f.Kind, f.Key)
}

// ResolveFailure closes the open failure of a piece of work, if there is one.
func (db *DB) ResolveFailure(ctx context.Context, kind, key string) error {
	_, err := db.bun.ExecContext(ctx, `
		update failures set state = 'resolved', last_at = now() where kind = ? and key = ? and state <> 'resolved'`, kind, key)
	return fail(err, "resolve failure of %s %s", kind, key)
}

// ResolveGivenUp closes the failures of work of some names that was given up: other work has since done what it was for. What
// is quarantined stays: that it takes workers down may have nothing to do with what it asks.
func (db *DB) ResolveGivenUp(ctx context.Context, kind string, keys ...string) error {
	_, err := db.bun.ExecContext(ctx, `
		update failures set state = 'resolved', last_at = now() where kind = ? and key = any(?) and state = 'gave_up'`, kind, pgdialect.Array(keys))
	return fail(err, "resolve given-up failures of %s", kind)
}

// RecordCrash notes that a worker died with the work in hand, and returns how often that has happened since the work
// last succeeded. At limit the work is quarantined. ID, Attempts, State and times of f are not used.
func (db *DB) RecordCrash(ctx context.Context, f Failure, limit int) (crashes int, err error) {
	err = db.bun.NewRaw(`
		with `+countCause+`
		insert into failures as f (kind, key, queue, payload, fingerprint, error, attempts, crashes, state)
		values (?0, ?1, ?2, ?3, ?4, ?5, 0, 1, case when ?6 <= 1 then 'quarantined' else 'retrying' end)
		on conflict (kind, key) where state <> 'resolved' do update
		set error = excluded.error, fingerprint = excluded.fingerprint, crashes = f.crashes + 1, last_at = now(),
			payload = case when excluded.payload = '' then f.payload else excluded.payload end,
			state = case when f.state = 'retrying' and f.crashes + 1 >= ?6 then 'quarantined' else f.state end
		returning crashes`, f.Kind, f.Key, f.Queue, append([]byte{}, f.Payload...), f.Fingerprint, legible(f.Error), limit).Scan(ctx, &crashes)
	return crashes, fail(err, "record crash of %s %s", f.Kind, f.Key)
}

// ForgetCrashes takes back the crashes counted against work that has since ended in order, though not well. Work that
// waits for an operator is left as it is.
func (db *DB) ForgetCrashes(ctx context.Context, kind, key string) error {
	_, err := db.bun.ExecContext(ctx, `
		update failures set crashes = 0, state = case when attempts = 0 then 'resolved' else state end
		where kind = ? and key = ? and state = 'retrying' and crashes > 0`, kind, key)
	return fail(err, "forget crashes of %s %s", kind, key)
}

// CloseRetry closes the failure of work that was to be tried again and needs no other try, with the crashes counted against
// it. Work that waits for an operator is left as it is.
func (db *DB) CloseRetry(ctx context.Context, kind, key string) error {
	_, err := db.bun.ExecContext(ctx, `
		update failures set state = 'resolved', last_at = now() where kind = ? and key = ? and state = 'retrying'`, kind, key)
	return fail(err, "close the retry of %s %s", kind, key)
}

// StaleRetries returns failures that were to be retried and of which nothing was heard for as long as age, the oldest
// first. Those of schedules, and those whose payload is not known, are not among them.
func (db *DB) StaleRetries(ctx context.Context, age time.Duration, limit int) ([]Failure, error) {
	var rows []failureRow
	err := db.bun.NewSelect().Model(&rows).ColumnExpr("?TableColumns, f.first_at, f.last_at").
		Where("f.state = ? and f.payload <> '' and f.last_at < now() - make_interval(secs => ?)", FailureRetrying, age.Seconds()).
		Where("not exists (select from schedules s where s.kind = f.kind and s.name = f.key)").
		Order("f.last_at", "f.id").Limit(int64(limit)).Scan(ctx)
	return toFailures(rows), fail(err, "stale retries")
}

// Stopped returns those of the names whose work is not to be run until an operator says so, with their state: given up
// or quarantined.
func (db *DB) Stopped(ctx context.Context, names []WorkName) (map[WorkName]string, error) {
	kinds, keys := make([]string, len(names)), make([]string, len(names))
	for i, n := range names {
		kinds[i], keys[i] = n.Kind, n.Key
	}
	var rows []struct{ Kind, Key, State string }
	err := db.bun.NewRaw(`
		select f.kind, f.key, f.state
		from unnest(?::text[], ?::text[]) as n (kind, key)
		join failures f on f.kind = n.kind and f.key = n.key and f.state <> 'resolved'
		where f.state in (?, ?)`, pgdialect.Array(kinds), pgdialect.Array(keys), FailureGaveUp, FailureQuarantined).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "stopped work")
	}
	stopped := make(map[WorkName]string, len(rows))
	for _, r := range rows {
		stopped[WorkName{r.Kind, r.Key}] = r.State
	}
	return stopped, nil
}

// notStopped is the condition that the work named by a kind (the statement's next argument) and a key (an expression)
// does not wait for an operator. A due query must have it: stopped work would fill its limit.
func notStopped(key string) string {
	return `not exists (select from failures f where f.kind = ? and f.key = ` + key + ` and f.state in ('gave_up', 'quarantined'))`
}

// FailureFilter narrows a list of failures. Open leaves the resolved ones out; Before is an id that the list goes on
// behind.
type FailureFilter struct {
	FailureMatch
	Open   bool
	Limit  int // 0 means 50
	Before int64
}

// listLimit is the length of a list whose caller names none.
const listLimit = 50

// Failures returns failures, newest row first.
func (db *DB) Failures(ctx context.Context, f FailureFilter) ([]Failure, error) {
	var rows []failureRow
	q := f.where(db.bun.NewSelect().Model(&rows)).ColumnExpr("?TableColumns, f.first_at, f.last_at").Order("f.id desc").Limit(int64(cmp.Or(f.Limit, listLimit)))
	if f.Open {
		q = q.Where("f.state <> ?", FailureResolved)
	}
	if f.Before > 0 {
		q = q.Where("f.id < ?", f.Before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "failures")
	}
	return toFailures(rows), nil
}

// FailuresWaiting counts the failures that wait for an operator, up to DueLimit.
func (db *DB) FailuresWaiting(ctx context.Context) (n int, err error) {
	err = db.bun.NewRaw(`
		select count(*) from (select from failures where state in ('gave_up', 'quarantined') limit ?) f`, DueLimit).Scan(ctx, &n)
	return n, fail(err, "failures that wait")
}

// RetryLimit is how many failures are retried at once.
const RetryLimit = 1000

// RetryFilter says which failures that wait for an operator (given up, quarantined) are retried; a zero field means any.
type RetryFilter struct {
	FailureMatch
	IDs []int64
}

// failures selects the ids of the filter's failures, the oldest limit of them.
func (f RetryFilter) failures(db *DB, limit int) *bun.SelectQuery {
	q := f.where(db.bun.NewSelect().TableExpr("failures as f")).ColumnExpr("f.id, f.state").
		Where("f.state in (?, ?)", FailureGaveUp, FailureQuarantined).Order("f.id").Limit(int64(limit))
	if len(f.IDs) > 0 {
		q = q.Where("f.id = any(?)", pgdialect.Array(f.IDs))
	}
	return q
}

// RetryFailures lets the filter's failures be run again, as if they had not been tried, and returns them in the state
// that they had, oldest first. The caller rings for them; a second caller gets none of them.
func (db *DB) RetryFailures(ctx context.Context, f RetryFilter) ([]Failure, error) {
	var rows []failureRow
	err := db.bun.NewRaw(`
		with picked as (? for update),
		taken as (
			update failures f set state = 'retrying', attempts = 0, crashes = 0, last_at = now()
			from picked p where f.id = p.id
			returning f.id, f.kind, f.key, f.queue, f.payload, f.fingerprint, f.error, f.attempts, f.crashes, p.state, f.first_at, f.last_at)
		select * from taken order by id`, f.failures(db, RetryLimit)).Scan(ctx, &rows)
	return toFailures(rows), fail(err, "retry failures")
}

func toFailures(rows []failureRow) []Failure {
	list := make([]Failure, len(rows))
	for i, r := range rows {
		list[i] = Failure{ID: r.ID, Kind: r.Kind, Key: r.Key, Queue: r.Queue, Payload: r.Payload, Fingerprint: r.Fingerprint,
			Error: r.Error, Attempts: r.Attempts, Crashes: r.Crashes, State: r.State, FirstAt: r.FirstAt, LastAt: r.LastAt}
	}
	return list
}
