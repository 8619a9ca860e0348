package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/notice"
)

// Deliveries is how messages fare: how many notices stand in each state, how many recipients there are, since when the
// oldest message waits, and which are ambiguous.
type Deliveries struct {
	States      map[notice.State]int
	Active, Off int
	OldestDue   time.Time // wall clock; zero when nothing waits
	Ambiguous   []AmbiguousNotice
}

// AmbiguousNotice is a message that may have arrived and is never sent again.
type AmbiguousNotice struct {
	ID          int64
	AlertID     int64 // 0 for a digest
	RecipientID int64
	ClaimedAt   time.Time
	Reason      string
}

// Deliveries returns how the notices of alerts fare that were decided since an instant (application clock), and the newest
// ambiguous ones of all, at most limit.
func (db *DB) Deliveries(ctx context.Context, since time.Time, limit int) (Deliveries, error) {
	d := Deliveries{States: map[notice.State]int{}}
	var states []struct {
		State string
		N     int
	}
	err := db.bun.NewRaw(`
		select n.state, count(*) as n from notices n join alerts a on a.id = n.alert_id
		where a.send and a.decided_at >= ? group by n.state`, since).Scan(ctx, &states)
	if err != nil {
		return d, fail(err, "deliveries since %s", since)
	}
	for _, s := range states {
		d.States[notice.State(s.State)] = s.N
	}
	var oldest bun.NullTime
	err = db.bun.NewRaw(`
		select (select count(*) from recipients where active), (select count(*) from recipients where not active),
			(select min(claimed_at) from notices where state in ('due', 'failed'))`).Scan(ctx, &d.Active, &d.Off, &oldest)
	if err != nil {
		return d, fail(err, "recipients")
	}
	d.OldestDue = oldest.Time
	err = db.bun.NewRaw(`
		select id, coalesce(alert_id, 0) as alert_id, recipient_id, claimed_at, reason
		from notices where state = 'ambiguous' order by id desc limit ?`, limit).Scan(ctx, &d.Ambiguous)
	return d, fail(err, "ambiguous notices")
}

// RecipientList returns recipients with ids above after, by id, at most limit.
func (db *DB) RecipientList(ctx context.Context, after int64, limit int) ([]notice.Recipient, error) {
	var rows []recipientRow
	err := db.bun.NewSelect().Model(&rows).Where("id > ?", after).Order("id").Limit(int64(limit)).Scan(ctx)
	return recipients(rows), fail(err, "recipients after %d", after)
}
