package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Limit is how often what stands behind a key may be asked; a key may be a pattern that ends in "*". 0 means that there
// is no such limit; one of PerSecond and PerMinute is above zero.
type Limit struct {
	Key       string
	PerSecond float64
	PerMinute float64
	Burst     int       // at once after a pause, at most; 0: as many as the others allow
	PerDay    int64     // KST
	ChangedAt time.Time // zero while it is what the program declares
	ChangedBy int64     // 0: nobody who is known
}

type limitRow struct {
	bun.BaseModel `bun:"table:limits,alias:l"`

	Key       string    `bun:"key,pk"`
	PerSecond float64   `bun:"per_second"`
	PerMinute float64   `bun:"per_minute"`
	Burst     int       `bun:"burst"`
	PerDay    int64     `bun:"per_day"`
	ChangedAt time.Time `bun:"changed_at,nullzero"`
	ChangedBy int64     `bun:"changed_by,nullzero"`
}

// Limits returns every limit, by key.
func (db *DB) Limits(ctx context.Context) ([]Limit, error) {
	var rows []limitRow
	if err := db.bun.NewSelect().Model(&rows).OrderExpr(`key collate "C"`).Scan(ctx); err != nil {
		return nil, fail(err, "limits")
	}
	list := make([]Limit, len(rows))
	for i, r := range rows {
		list[i] = Limit{Key: r.Key, PerSecond: r.PerSecond, PerMinute: r.PerMinute, Burst: r.Burst, PerDay: r.PerDay,
			ChangedAt: r.ChangedAt, ChangedBy: r.ChangedBy}
	}
	return list, nil
}

// DeclareLimits writes the program's own limits. One that an admin has changed stays as it is; one that the program no
// longer has and nobody changed goes.
func (db *DB) DeclareLimits(ctx context.Context, list []Limit) error {
	keys, rows := make([]string, len(list)), make([]limitRow, len(list))
	for i, l := range list {
		keys[i] = l.Key
		rows[i] = limitRow{Key: l.Key, PerSecond: l.PerSecond, PerMinute: l.PerMinute, Burst: l.Burst, PerDay: l.PerDay}
	}
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from limits where changed_at is null and key <> all (?::text[])`, pgdialect.Array(keys))
		if err != nil || len(rows) == 0 {
			return err
		}
		_, err = tx.NewInsert().Model(&rows).On("conflict (key) do update").Set("per_second = excluded.per_second").
			Set("per_minute = excluded.per_minute").Set("burst = excluded.burst").Set("per_day = excluded.per_day").
			Where("l.changed_at is null").Returning("null").Exec(ctx)
		return err
	})
	return fail(err, "declare %d limits", len(list))
}

// SaveLimit writes a limit as an admin wants it.
func (db *DB) SaveLimit(ctx context.Context, l Limit, actor int64) error {
	_, err := db.bun.ExecContext(ctx, `
		insert into limits (key, per_second, per_minute, burst, per_day, changed_at, changed_by) values (?0, ?1, ?2, ?3, ?4, now(), nullif(?5, 0))
		on conflict (key) do update set per_second = excluded.per_second, per_minute = excluded.per_minute, burst = excluded.burst,
			per_day = excluded.per_day, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
		l.Key, l.PerSecond, l.PerMinute, l.Burst, l.PerDay, actor)
	return fail(err, "limit %s", l.Key)
}
