package store

import "context"

// Received is an update of the messenger as it was posted.
type Received struct {
	ID   int64
	Body []byte
}

// SaveReceived keeps an update that was posted until its effect is done. One that comes again, or is done already, changes
// nothing.
func (db *DB) SaveReceived(ctx context.Context, r Received) error {
	_, err := db.bun.ExecContext(ctx, `
		insert into bot_inbox (id, body) select ?0, ?1 where not exists (select from bot_updates where id = ?0)
		on conflict (id) do nothing`, r.ID, r.Body)
	return fail(err, "keep update %d", r.ID)
}

// ReceivedUpdates returns updates that were posted and are not done, by id, at most limit.
func (db *DB) ReceivedUpdates(ctx context.Context, limit int) ([]Received, error) {
	var list []Received
	err := db.bun.NewRaw(`select id, body from bot_inbox order by id limit ?`, limit).Scan(ctx, &list)
	return list, fail(err, "updates that were posted")
}
