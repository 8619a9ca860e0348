package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// Claim asks for the right to send one alert to one recipient, counted on a KST day of the application clock, of which
// he gets at most DailyCap notices.
type Claim struct {
	AlertID, RecipientID int64
	Day                  market.Day
	Text                 string
	DailyCap             int
}

// Claimed is the answer to a Claim. MarkNotice ends a won one by its ID and Attempt.
type Claimed struct {
	ID         int64
	Attempt    int
	Won        bool   // the message is the caller's to send
	Suppressed string // why the recipient's day has no room for it, which is kept; "" when it has
}

// ClaimNotice claims the sending of an alert to a recipient, before the request leaves. The claim is won by whoever
// inserts the row, or takes over one in state failed, which makes it the next attempt; any other row is left alone.
// Counting what the recipient has had and claiming are one step: a recipient's claims take turns.
func (db *DB) ClaimNotice(ctx context.Context, c Claim) (got Claimed, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		got = Claimed{}
		_, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtextextended(current_schema() || ' recipient ' || ?, 0))`, c.RecipientID)
		if err != nil {
			return err
		}
		ok, reason, err := room(ctx, tx, c)
		if err != nil {
			return err
		}
		if !ok {
			got.Suppressed = reason
			return suppress(ctx, tx, c, reason)
		}
		err = tx.NewRaw(`
			insert into notices as n (alert_id, recipient_id, state, text, day) values (?, ?, 'claimed', ?, ?)
			on conflict (alert_id, recipient_id) do update
				set state = 'claimed', reason = '', text = excluded.text, day = excluded.day, attempt = n.attempt + 1, claimed_at = now()
				where n.state = 'failed'
			returning id, attempt`, c.AlertID, c.RecipientID, legible(c.Text), date(c.Day)).Scan(ctx, &got.ID, &got.Attempt)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		got.Won = err == nil
		return err
	})
	if err != nil {
		return Claimed{}, fail(err, "claim alert %d for recipient %d", c.AlertID, c.RecipientID)
	}
	return got, nil
}

// room counts what a recipient has had on the claim's day, besides this alert: claimed, sent and ambiguous notices.
func room(ctx context.Context, tx bun.Tx, c Claim) (ok bool, reason string, err error) {
	var had struct{ Sent, Alike int }
	err = tx.NewRaw(`
		select count(*) as sent, count(*) filter (where b.code = a.code and b.kind = a.kind and b.topic = a.topic) as alike
		from alerts a join notices n on n.alert_id <> a.id join alerts b on b.id = n.alert_id
		where a.id = ? and n.recipient_id = ? and n.day = ? and n.state in ('claimed', 'sent', 'ambiguous')`,
		c.AlertID, c.RecipientID, date(c.Day)).Scan(ctx, &had)
	if err != nil {
		return false, "", err
	}
	ok, reason = notice.Room(c.DailyCap, had.Sent, had.Alike)
	return ok, reason, nil
}

// SaveSuppressed notes that a recipient is not told, and why. It never overwrites a notice on its way; one in state
// failed it ends.
func (db *DB) SaveSuppressed(ctx context.Context, c Claim, reason string) error {
	return fail(suppress(ctx, db.bun, c, reason), "suppress alert %d for recipient %d", c.AlertID, c.RecipientID)
}

func suppress(ctx context.Context, idb bun.IDB, c Claim, reason string) error {
	_, err := idb.ExecContext(ctx, `
		insert into notices as n (alert_id, recipient_id, state, reason, text, day) values (?, ?, 'suppressed', ?, ?, ?)
		on conflict (alert_id, recipient_id) do update set state = 'suppressed', reason = excluded.reason where n.state = 'failed'`,
		c.AlertID, c.RecipientID, legible(reason), legible(c.Text), date(c.Day))
	return err
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
