package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// SentOn returns how many messages count for a recipient on a KST day: claimed, sent and ambiguous ones.
func (db *DB) SentOn(ctx context.Context, recipientID int64, day market.Day) (n int, err error) {
	err = db.bun.NewRaw(`
		select count(*) from notices where recipient_id = ? and day = ? and state in ('claimed', 'sent', 'ambiguous')`,
		recipientID, date(day)).Scan(ctx, &n)
	return n, fail(err, "notices of recipient %d on %s", recipientID, day)
}

// Claim is the right to send one alert to one recipient, counted on a KST day of the application clock.
type Claim struct {
	AlertID, RecipientID int64
	Day                  market.Day
	Text                 string
}

// ClaimNotice claims the sending of an alert to a recipient, before the request leaves. The claim is won by whoever
// inserts the row, or takes over one in state failed, which makes it the next attempt; any other row is left alone, and
// then claimed is false. MarkNotice ends a claim by its id and attempt.
func (db *DB) ClaimNotice(ctx context.Context, c Claim) (id int64, attempt int, claimed bool, err error) {
	err = db.bun.NewRaw(`
		insert into notices as n (alert_id, recipient_id, state, text, day) values (?, ?, 'claimed', ?, ?)
		on conflict (alert_id, recipient_id) do update
			set state = 'claimed', reason = '', text = excluded.text, day = excluded.day, attempt = n.attempt + 1, claimed_at = now()
			where n.state = 'failed'
		returning id, attempt`, c.AlertID, c.RecipientID, legible(c.Text), date(c.Day)).Scan(ctx, &id, &attempt)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, false, nil
	}
	if err != nil {
		return 0, 0, false, fail(err, "claim alert %d for recipient %d", c.AlertID, c.RecipientID)
	}
	return id, attempt, true, nil
}

// SaveSuppressed notes that a recipient is not told, and why. It never overwrites a notice on its way; one in state
// failed it ends.
func (db *DB) SaveSuppressed(ctx context.Context, c Claim, reason string) error {
	_, err := db.bun.ExecContext(ctx, `
		insert into notices as n (alert_id, recipient_id, state, reason, text, day) values (?, ?, 'suppressed', ?, ?, ?)
		on conflict (alert_id, recipient_id) do update set state = 'suppressed', reason = excluded.reason where n.state = 'failed'`,
		c.AlertID, c.RecipientID, legible(reason), legible(c.Text), date(c.Day))
	return fail(err, "suppress alert %d for recipient %d", c.AlertID, c.RecipientID)
}

// MarkNotice notes how a claimed attempt ended. Conflict when the notice is no longer claimed by that attempt: the
// claim expired or the attempt was marked before.
func (db *DB) MarkNotice(ctx context.Context, id int64, attempt int, state notice.State, reason string, messageID int64) error {
	if state == notice.Claimed {
		return fault.New(fault.Invalid, "a claimed notice ends in another state than %s", state)
	}
	res, err := db.bun.ExecContext(ctx, `
		update notices set state = ?2, reason = ?3, message_id = ?4, sent_at = case when ?2 = 'sent' then now() end
		where id = ?0 and attempt = ?1 and state = 'claimed'`, id, attempt, string(state), legible(reason), messageID)
	if err != nil {
		return fail(err, "mark notice %d %s", id, state)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return fail(err, "mark notice %d", id)
	}
	return fault.New(fault.Conflict, "notice %d is not claimed by attempt %d", id, attempt)
}

// ExpireClaims makes claims ambiguous that were taken longer ago than olderThan (wall clock): their sender is dead, and
// nobody knows whether the message left. It returns how many there were.
func (db *DB) ExpireClaims(ctx context.Context, olderThan time.Duration) (int, error) {
	res, err := db.bun.ExecContext(ctx, `
		update notices set state = 'ambiguous', reason = 'crashed between send and mark'
		where state = 'claimed' and claimed_at < now() - make_interval(secs => ?)`, olderThan.Seconds())
	if err != nil {
		return 0, fail(err, "expire claims")
	}
	n, err := res.RowsAffected()
	return int(n), fail(err, "expire claims")
}

// FailedNotices returns the alerts that have a notice in state failed, the longest waiting first.
func (db *DB) FailedNotices(ctx context.Context, limit int) ([]int64, error) {
	var ids []int64
	err := db.bun.NewRaw(`
		select alert_id from notices where state = 'failed' group by alert_id order by min(claimed_at), alert_id limit ?`, limit).Scan(ctx, &ids)
	return ids, fail(err, "failed notices")
}
