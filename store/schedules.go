package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Misfire policies: what becomes of ticks that nobody rang in time.
const (
	MisfireSkip = "skip" // they are gone
	MisfireOnce = "once" // one run makes up for all of them
	MisfireAll  = "all"  // each is made up for
)

// Schedule is a piece of work that is rung for periodically. Cron is five fields or "@every 60s", in KST on the
// application clock, as LastTick is.
type Schedule struct {
	Name     string
	Kind     string
	Payload  json.RawMessage
	Queue    string
	Cron     string
	Paused   bool
	Misfire  string
	MaxLate  time.Duration // whole seconds; a tick missed by more is not made up for
	LastTick time.Time     // zero: never
	Settled  time.Duration // on the wall clock, since LastTick was written; read only
	EditedAt time.Time     // when an admin edited it last, on the wall clock; read only
	EditedBy int64         // 0: nobody who is known; read only
}

type scheduleRow struct {
	bun.BaseModel `bun:"table:schedules,alias:s"`

	Name     string          `bun:"name,pk"`
	Kind     string          `bun:"kind"`
	Payload  json.RawMessage `bun:"payload,type:jsonb"`
	Queue    string          `bun:"queue"`
	Cron     string          `bun:"cron"`
	Paused   bool            `bun:"paused"`
	Misfire  string          `bun:"misfire"`
	MaxLateS int             `bun:"max_late_s"`
	LastTick time.Time       `bun:"last_tick,nullzero"`
	SettledS float64         `bun:"settled_s,scanonly"`
	EditedAt time.Time       `bun:"edited_at,scanonly"`
	EditedBy int64           `bun:"edited_by,scanonly"`
}

// settledSince is the column that a reader adds. A schedule of which nobody wrote when it ticked has long been settled.
const settledSince = `?TableColumns, coalesce(extract(epoch from now() - s.ticked_at), 86400)::float8 as settled_s, s.edited_at, coalesce(s.edited_by, 0) as edited_by`

func (r scheduleRow) toNoun() Schedule {
	return Schedule{Name: r.Name, Kind: r.Kind, Payload: r.Payload, Queue: r.Queue, Cron: r.Cron, Paused: r.Paused,
		Misfire: r.Misfire, MaxLate: time.Duration(r.MaxLateS) * time.Second, LastTick: r.LastTick,
		Settled: time.Duration(r.SettledS * float64(time.Second)), EditedAt: r.EditedAt, EditedBy: r.EditedBy}
}

// Schedules returns every schedule, by name.
func (db *DB) Schedules(ctx context.Context) ([]Schedule, error) {
	var rows []scheduleRow
	if err := db.bun.NewSelect().Model(&rows).ColumnExpr(settledSince).Order("name").Limit(1000).Scan(ctx); err != nil {
		return nil, fail(err, "schedules")
	}
	list := make([]Schedule, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}

// Schedule returns a schedule by its name.
func (db *DB) Schedule(ctx context.Context, name string) (Schedule, error) {
	var row scheduleRow
	err := db.bun.NewSelect().Model(&row).ColumnExpr(settledSince).Where("name = ?", name).Scan(ctx)
	return row.toNoun(), failOne(err, "schedule %s", name)
}

// DeclareSchedules writes the program's own schedules. One that exists keeps what an admin can edit (cron, pause,
// misfire policy, lateness) once he has edited it.
func (db *DB) DeclareSchedules(ctx context.Context, list []Schedule) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([]scheduleRow, len(list))
	for i, s := range list {
		rows[i] = scheduleRow{Name: s.Name, Kind: s.Kind, Payload: s.Payload, Queue: s.Queue, Cron: s.Cron, Paused: s.Paused,
			Misfire: s.Misfire, MaxLateS: int(s.MaxLate / time.Second)}
	}
	_, err := db.bun.NewInsert().Model(&rows).ExcludeColumn("last_tick").On("conflict (name) do update").
		Set("kind = excluded.kind").Set("payload = excluded.payload").Set("queue = excluded.queue").
		Set("cron = case when s.edited_at is null then excluded.cron else s.cron end").
		Set("misfire = case when s.edited_at is null then excluded.misfire else s.misfire end").
		Set("max_late_s = case when s.edited_at is null then excluded.max_late_s else s.max_late_s end").
		Set("updated_at = now()").Returning("null").Exec(ctx)
	return fail(err, "declare %d schedules", len(list))
}

// EditSchedule changes what an admin may: cron, pause, misfire policy and lateness. Another cron counts from LastTick,
// where that is set: what it would have rung for before is not made up for. NotFound when there is no such schedule.
func (db *DB) EditSchedule(ctx context.Context, s Schedule, actor int64) error {
	res, err := db.bun.ExecContext(ctx, `
		update schedules set last_tick = case when cron = ?0 then last_tick else coalesce(?6, last_tick) end,
			cron = ?0, paused = ?1, misfire = ?2, max_late_s = ?3, edited_by = nullif(?4, 0), edited_at = now(), updated_at = now()
		where name = ?5`, s.Cron, s.Paused, s.Misfire, int(s.MaxLate/time.Second), actor, s.Name, bun.NullZero(s.LastTick))
	if err != nil {
		return fail(err, "edit schedule %s", s.Name)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return notFound("schedule %s", s.Name)
	}
	return fail(err, "edit schedule %s", s.Name)
}

// Tick is one due moment of a schedule.
type Tick struct {
	Schedule string
	At       time.Time // application clock
}

// AddTicks moves a schedule's last tick from last to next and writes the ticks' rows; it returns those that are new:
// their caller is the one who rings for them. None are when another process was faster.
func (db *DB) AddTicks(ctx context.Context, name string, last, next time.Time, ticks []time.Time, by string) ([]Tick, error) {
	var added []Tick
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		added = nil
		res, err := tx.ExecContext(ctx, `
			update schedules set last_tick = ?, ticked_at = now(), updated_at = now()
			where name = ? and last_tick is not distinct from ?`, next, name, bun.NullZero(last))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 || len(ticks) == 0 {
			return err
		}
		var made []time.Time
		err = tx.NewRaw(`
			insert into ticks (schedule, tick, rung_by)
			select ?, t, ? from unnest(?::timestamptz[]) as t
			on conflict (schedule, tick) do nothing returning tick`, name, by, pgdialect.Array(ticks)).Scan(ctx, &made)
		for _, at := range made {
			added = append(added, Tick{Schedule: name, At: at})
		}
		return err
	})
	return added, fail(err, "ticks of %s", name)
}

// MarkRung notes that a tick's ring is in the queue.
func (db *DB) MarkRung(ctx context.Context, t Tick) error {
	_, err := db.bun.ExecContext(ctx, `update ticks set rung_at = coalesce(rung_at, now()) where schedule = ? and tick = ?`, t.Schedule, t.At)
	return fail(err, "mark tick of %s", t.Schedule)
}

// FinishTick notes what became of a tick; the first word counts.
func (db *DB) FinishTick(ctx context.Context, t Tick, outcome string) error {
	_, err := db.bun.ExecContext(ctx, `
		update ticks set done_at = now(), outcome = ? where schedule = ? and tick = ? and done_at is null`, legible(outcome), t.Schedule, t.At)
	return fail(err, "finish tick of %s", t.Schedule)
}

// TickState reports whether a tick is done, and whether a later tick of its schedule has been made since. One that was
// made before it, by a clock that has been set back, does not stand for it.
func (db *DB) TickState(ctx context.Context, t Tick) (done, superseded bool, err error) {
	err = db.bun.NewRaw(`
		select coalesce((select done_at is not null from ticks where schedule = ?0 and tick = ?1), false),
			exists (
				select from ticks own join ticks later on later.schedule = own.schedule and later.tick > own.tick and later.made_at >= own.made_at
				where own.schedule = ?0 and own.tick = ?1)`, t.Schedule, t.At).Scan(ctx, &done, &superseded)
	return done, superseded, fail(err, "tick of %s", t.Schedule)
}

// OpenTicks returns ticks that were made longer ago than olderThan (wall clock) and are not done, oldest first.
func (db *DB) OpenTicks(ctx context.Context, olderThan time.Duration, limit int) ([]Tick, error) {
	var rows []struct {
		Schedule string
		Tick     time.Time
	}
	err := db.bun.NewRaw(`
		select schedule, tick from ticks
		where done_at is null and made_at < now() - make_interval(secs => ?) order by made_at, schedule, tick limit ?`,
		olderThan.Seconds(), limit).Scan(ctx, &rows)
	list := make([]Tick, len(rows))
	for i, r := range rows {
		list[i] = Tick{Schedule: r.Schedule, At: r.Tick}
	}
	return list, fail(err, "open ticks")
}
