package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"tickerwire/internal/fault"
)

// testsApart is how long a recipient waits between two test messages, on the wall clock.
const testsApart = 30 * time.Second

// AskTest notes that a recipient wants a test message, and returns its number; Limited while the last one is too young.
func (db *DB) AskTest(ctx context.Context, recipientID int64) (id int64, err error) {
	err = db.bun.NewRaw(`
		insert into test_messages (recipient_id) select ?0
		where not exists (select from test_messages where recipient_id = ?0 and asked_at > now() - make_interval(secs => ?1))
		returning id`, recipientID, testsApart.Seconds()).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.After(fault.Limited, testsApart, "the last test message is too young")
	}
	return id, fail(err, "test message for recipient %d", recipientID)
}

// ClaimTest claims a test message before it leaves, and returns whose it is; NotFound when somebody has claimed it.
func (db *DB) ClaimTest(ctx context.Context, id int64) (recipientID int64, err error) {
	err = db.bun.NewRaw(`update test_messages set claimed_at = now() where id = ? and claimed_at is null returning recipient_id`, id).Scan(ctx, &recipientID)
	return recipientID, failOne(err, "test message %d", id)
}
