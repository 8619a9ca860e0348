package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// QueueControl is what an admin has set of a queue. Concurrency is how many of its tasks each worker runs at once, 0 for
// the program's own number. ChangedAt is on the wall clock.
type QueueControl struct {
	Name        string
	Paused      bool
	Concurrency int
	ChangedBy   int64 // 0: nobody who is known
	ChangedAt   time.Time
}

type queueControlRow struct {
	bun.BaseModel `bun:"table:queue_controls,alias:q"`

	Name        string    `bun:"name,pk"`
	Paused      bool      `bun:"paused"`
	Concurrency int       `bun:"concurrency,nullzero"`
	ChangedBy   int64     `bun:"changed_by,nullzero"`
	ChangedAt   time.Time `bun:"changed_at,nullzero,default:now()"`
}

// QueueControls returns what admins have set, by queue.
func (db *DB) QueueControls(ctx context.Context) (map[string]QueueControl, error) {
	var rows []queueControlRow
	if err := db.bun.NewSelect().Model(&rows).Scan(ctx); err != nil {
		return nil, fail(err, "controls of queues")
	}
	controls := make(map[string]QueueControl, len(rows))
	for _, r := range rows {
		controls[r.Name] = QueueControl{Name: r.Name, Paused: r.Paused, Concurrency: r.Concurrency, ChangedBy: r.ChangedBy, ChangedAt: r.ChangedAt}
	}
	return controls, nil
}

// QueueEdit is what is to change of a queue; nil leaves a thing as it is. Concurrency 0 gives it back to the program.
type QueueEdit struct {
	Paused      *bool
	Concurrency *int
}

// EditQueue changes what is set of a queue.
func (db *DB) EditQueue(ctx context.Context, name string, e QueueEdit, actor int64) error {
	_, err := db.bun.ExecContext(ctx, `
		insert into queue_controls as q (name, paused, concurrency, changed_by) values (?0, coalesce(?1, false), nullif(?2, 0), nullif(?3, 0))
		on conflict (name) do update set paused = coalesce(?1, q.paused), changed_by = excluded.changed_by, changed_at = now(),
			concurrency = case when ?2 is null then q.concurrency else nullif(?2, 0) end`, name, e.Paused, e.Concurrency, actor)
	return fail(err, "edit queue %s", name)
}
