package store

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
)

// States of a process.
const (
	WorkerRunning  = "running"
	WorkerDraining = "draining"
	WorkerGone     = "gone" // it ended by itself, with nothing in hand
	WorkerDead     = "dead" // it fell silent
)

// Flight is a piece of work that a process has in hand.
type Flight struct {
	TaskID string    `json:"id"`
	Kind   string    `json:"kind"`
	Key    string    `json:"key"`
	Queue  string    `json:"queue"`
	Since  time.Time `json:"since"`
}

// Worker is a process of the fleet. Times are on the wall clock.
type Worker struct {
	ID        string
	Role      string
	Host      string
	PID       int
	Version   string
	State     string
	InFlight  []Flight
	StartedAt time.Time
	BeatAt    time.Time
	EndedAt   time.Time
	DrainAt   time.Time // when it was asked to take nothing new; zero: it was not
	DrainBy   int64     // who asked, 0 for nobody who is known
}

type workerRow struct {
	bun.BaseModel `bun:"table:workers,alias:w"`

	ID        string    `bun:"id,pk"`
	Role      string    `bun:"role"`
	Host      string    `bun:"host"`
	PID       int       `bun:"pid"`
	Version   string    `bun:"version"`
	State     string    `bun:"state"`
	InFlight  []Flight  `bun:"in_flight,type:jsonb"`
	StartedAt time.Time `bun:"started_at,scanonly"`
	BeatAt    time.Time `bun:"beat_at,scanonly"`
	EndedAt   time.Time `bun:"ended_at,scanonly"`
	DrainAt   time.Time `bun:"drain_asked_at,scanonly"`
	DrainBy   int64     `bun:"drain_by,scanonly"`
}

const workerColumns = `id, role, host, pid, version, state, in_flight, started_at, beat_at, ended_at, drain_asked_at, coalesce(drain_by, 0) as drain_by`

func (r workerRow) toNoun() Worker {
	return Worker{ID: r.ID, Role: r.Role, Host: r.Host, PID: r.PID, Version: r.Version, State: r.State, InFlight: r.InFlight,
		StartedAt: r.StartedAt, BeatAt: r.BeatAt, EndedAt: r.EndedAt, DrainAt: r.DrainAt, DrainBy: r.DrainBy}
}

// Beat says that a process lives and what it has in hand. It is not alive when it was declared dead meanwhile: what it
// has in hand has been rung for again, and it must go on under another id. drain: it was asked to take nothing new.
func (db *DB) Beat(ctx context.Context, w Worker) (alive, drain bool, err error) {
	row := workerRow{ID: w.ID, Role: w.Role, Host: w.Host, PID: w.PID, Version: w.Version, State: w.State,
		InFlight: append([]Flight{}, w.InFlight...)}
	var asked []bool
	_, err = db.bun.NewInsert().Model(&row).On("conflict (id) do update").
		Set("beat_at = now()").Set("state = excluded.state").Set("in_flight = excluded.in_flight").
		Set("ended_at = case when excluded.state = 'gone' then now() end").
		Where("w.state <> ?", WorkerDead).Returning("w.drain_asked_at is not null").Exec(ctx, &asked)
	return len(asked) > 0, len(asked) > 0 && asked[0], fail(err, "beat of %s", w.ID)
}

// AskDrain asks a process to take nothing new; its next beat tells it. It returns the process as it was. NotFound when
// there is none, Conflict when it has ended.
func (db *DB) AskDrain(ctx context.Context, id string, actor int64) (Worker, error) {
	var rows []workerRow
	err := db.bun.NewRaw(`
		update workers set drain_asked_at = coalesce(drain_asked_at, now()), drain_by = coalesce(drain_by, nullif(?, 0))
		where id = ? and state in ('running', 'draining')
		returning `+workerColumns, actor, id).Scan(ctx, &rows)
	if err != nil || len(rows) == 1 {
		return append(toWorkers(rows), Worker{})[0], fail(err, "drain worker %s", id)
	}
	if _, err := db.Worker(ctx, id); err != nil {
		return Worker{}, err
	}
	return Worker{}, fault.New(fault.Conflict, "worker %s has ended", id)
}

// BuryDead declares dead whoever has been silent for longer than silence, and returns them with what they had in hand.
// Each dead process is returned once.
func (db *DB) BuryDead(ctx context.Context, silence time.Duration) ([]Worker, error) {
	var rows []workerRow
	err := db.bun.NewRaw(`
		update workers set state = 'dead', ended_at = now()
		where state in ('running', 'draining') and beat_at < now() - make_interval(secs => ?)
		returning `+workerColumns, silence.Seconds()).Scan(ctx, &rows)
	return toWorkers(rows), fail(err, "bury dead workers")
}

// DiedLately reports whether a process has been silent for longer than silence, or was found dead within the last since.
func (db *DB) DiedLately(ctx context.Context, silence, since time.Duration) (yes bool, err error) {
	err = db.bun.NewRaw(`
		select exists (select from workers where state in ('running', 'draining') and beat_at < now() - make_interval(secs => ?))
			or exists (select from workers where state = 'dead' and ended_at > now() - make_interval(secs => ?))`,
		silence.Seconds(), since.Seconds()).Scan(ctx, &yes)
	return yes, fail(err, "processes that died lately")
}

// WorkerFilter narrows a list of processes; a zero field means any. The list goes on behind StartedAt and ID.
type WorkerFilter struct {
	State     string
	StartedAt time.Time
	ID        string
	Limit     int // 0 means 50
}

// Workers returns the living processes, and those that ended within the last hour, newest first.
func (db *DB) Workers(ctx context.Context, f WorkerFilter) ([]Worker, error) {
	var rows []workerRow
	q := db.bun.NewSelect().TableExpr("workers").ColumnExpr(workerColumns).Where("(ended_at is null or ended_at > now() - interval '1 hour')").
		Order("started_at desc", "id").Limit(int64(cmp.Or(f.Limit, listLimit)))
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if !f.StartedAt.IsZero() {
		q = q.Where("(started_at < ?0 or started_at = ?0 and id > ?1)", f.StartedAt, f.ID)
	}
	err := q.Scan(ctx, &rows)
	return toWorkers(rows), fail(err, "workers")
}

// Worker returns one process; NotFound when there is none, or none any more.
func (db *DB) Worker(ctx context.Context, id string) (Worker, error) {
	var rows []workerRow
	if err := db.bun.NewSelect().TableExpr("workers").ColumnExpr(workerColumns).Where("id = ?", id).Scan(ctx, &rows); err != nil {
		return Worker{}, fail(err, "worker %s", id)
	}
	if len(rows) == 0 {
		return Worker{}, notFound("worker %s", id)
	}
	return rows[0].toNoun(), nil
}

func toWorkers(rows []workerRow) []Worker {
	list := make([]Worker, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list
}

// InHand returns the task ids that living processes have in hand, and how long ago a beat has last said so.
func (db *DB) InHand(ctx context.Context) (map[string]time.Duration, error) {
	var list []struct {
		ID     string
		Silent float64
	}
	err := db.bun.NewRaw(`
		select f ->> 'id' as id, min(extract(epoch from now() - beat_at)) as silent
		from workers, jsonb_array_elements(in_flight) as f
		where state in ('running', 'draining') group by 1`).Scan(ctx, &list)
	if err != nil {
		return nil, fail(err, "tasks in hand")
	}
	silent := make(map[string]time.Duration, len(list))
	for _, row := range list {
		silent[row.ID] = time.Duration(row.Silent * float64(time.Second))
	}
	return silent, nil
}

// SaveFinished notes orders that were carried out though Redis may yet hold a copy of their task. It takes an order as the
// queue names it, and not a task's id: ids are used again.
func (db *DB) SaveFinished(ctx context.Context, orders ...string) error {
	if len(orders) == 0 {
		return nil
	}
	_, err := db.bun.NewRaw(`insert into finished_tasks (id) values (unnest(?::text[])) on conflict (id) do nothing`,
		pgdialect.Array(orders)).Exec(ctx)
	return fail(err, "save %d finished orders", len(orders))
}

// WasFinished reports whether an order is noted as carried out; "" never is.
func (db *DB) WasFinished(ctx context.Context, order string) (yes bool, err error) {
	err = db.bun.NewRaw(`select exists (select from finished_tasks where id = ?)`, order).Scan(ctx, &yes)
	return yes, fail(err, "finished order %s", order)
}

// ForgetOld removes what only the recent past needs: finished tasks and posted updates that nobody worked on after a day, ticks
// after two, as the hours in which causes failed, the numbers of the messenger's updates after six, ended processes, resolved
// failures and expired sessions after a month. A cause goes with its last failure, with what was noted of it, unless it is
// ignored for longer.
func (db *DB) ForgetOld(ctx context.Context) error {
	for _, statement := range []string{
		`delete from finished_tasks where finished_at < now() - interval '1 day'`,
		`delete from ticks where done_at < now() - interval '2 days'`,
		`delete from workers where ended_at < now() - interval '30 days'`,
		`delete from failures where state = 'resolved' and last_at < now() - interval '30 days'`,
		`delete from failure_causes c where not exists (select from failures f where f.fingerprint = c.fingerprint)
			and coalesce(c.ignored_until, '-infinity') < now()`,
		`delete from failure_hours where hour < now() - interval '2 days'`,
		`delete from retries where made_at < now() - interval '30 days'`,
		`delete from bot_updates where done_at < now() - interval '6 days'`,
		`delete from bot_inbox where received_at < now() - interval '1 day'`, // as long as the messenger keeps them
		`delete from telegram_links where expires_at < now()`,
		`delete from sessions where expires_at < now() - interval '30 days'`,
	} {
		if _, err := db.bun.ExecContext(ctx, statement); err != nil {
			return fail(err, "forget what is old")
		}
	}
	return nil
}
