package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// PastTick is a tick that was made. At is on the application clock, the others are on the wall clock and zero while the
// thing has not happened. Outcome is "done", or why it was not run.
type PastTick struct {
	Tick
	MadeAt, DoneAt time.Time
	Outcome        string
}

// LastTicks returns the newest ticks of each of the named schedules, at most limit of each, newest first.
func (db *DB) LastTicks(ctx context.Context, names []string, limit int) (map[string][]PastTick, error) {
	var rows []struct {
		Schedule string
		Tick     time.Time
		MadeAt   time.Time
		DoneAt   time.Time `bun:"done_at,nullzero"`
		Outcome  string
	}
	err := db.bun.NewRaw(`
		select t.schedule, t.tick, t.made_at, t.done_at, t.outcome
		from unnest(?::text[]) as n (name)
		cross join lateral (select * from ticks where schedule = n.name order by tick desc limit ?) t
		order by t.schedule, t.tick desc`, pgdialect.Array(append([]string{}, names...)), limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "last ticks of %d schedules", len(names))
	}
	ticks := make(map[string][]PastTick, len(names))
	for _, r := range rows {
		ticks[r.Schedule] = append(ticks[r.Schedule], PastTick{Tick: Tick{Schedule: r.Schedule, At: r.Tick}, MadeAt: r.MadeAt, DoneAt: r.DoneAt, Outcome: r.Outcome})
	}
	return ticks, nil
}

// AddTick makes one tick beside a schedule's own, which go on as they were. It reports whether the tick is new; NotFound
// when there is no such schedule.
func (db *DB) AddTick(ctx context.Context, t Tick, by string) (added bool, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var known bool
		if err := tx.NewRaw(`select exists (select from schedules where name = ?)`, t.Schedule).Scan(ctx, &known); err != nil {
			return err
		}
		if !known {
			return notFound("schedule %s", t.Schedule)
		}
		res, err := tx.ExecContext(ctx, `
			insert into ticks (schedule, tick, rung_by) values (?, ?, ?) on conflict (schedule, tick) do nothing`, t.Schedule, t.At, by)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		added = n > 0
		return err
	})
	return added, fail(err, "tick of %s", t.Schedule)
}
