package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
)

// Delivery is a notice that is to be sent, and to whom.
type Delivery struct {
	NoticeID  int64
	Recipient notice.Recipient
}

// DueNotices returns an alert's notices that are to be sent, those of digests for 0, with id above after, by id, at most limit.
func (db *DB) DueNotices(ctx context.Context, alertID, after int64, limit int) ([]Delivery, error) {
	var rows []struct {
		NoticeID int64 `bun:"notice_id"`
		recipientRow
	}
	q := db.bun.NewSelect().Model((*recipientRow)(nil)).ColumnExpr("n.id as notice_id").ColumnExpr("r.*").
		Join("join notices as n on n.recipient_id = r.id").
		Where("n.state in ('due', 'failed')").Where("n.id > ?", after).OrderExpr("n.id").Limit(int64(limit))
	if alertID == 0 {
		q = q.Where("n.alert_id is null")
	} else {
		q = q.Where("n.alert_id = ?", alertID)
	}
	err := q.Scan(ctx, &rows)
	list := make([]Delivery, len(rows))
	for i, r := range rows {
		list[i] = Delivery{NoticeID: r.NoticeID, Recipient: r.toNoun()}
	}
	return list, fail(err, "due notices of alert %d", alertID)
}

// Claimed is the answer to a claim. MarkNotice ends a won one by its ID and Attempt.
type Claimed struct {
	ID      int64
	Attempt int
	Won     bool   // the message is the caller's to send
	Text    string // it
}

// ClaimNotice claims the sending of a notice, before the request leaves. The claim is won by whoever takes it over from
// state due or failed, the latter as the next attempt; any other state is left alone.
func (db *DB) ClaimNotice(ctx context.Context, id int64) (Claimed, error) {
	got := Claimed{ID: id}
	err := db.bun.NewRaw(`
		update notices set state = 'claimed', reason = '', shown = version, claimed_at = now(),
			attempt = attempt + case state when 'failed' then 1 else 0 end
		where id = ? and state in ('due', 'failed') returning attempt, text`, id).Scan(ctx, &got.Attempt, &got.Text)
	if errors.Is(err, sql.ErrNoRows) {
		return got, nil
	}
	got.Won = err == nil
	return got, fail(err, "claim notice %d", id)
}

// PutOff ends the sending of a notice that is due or failed: its recipient does not want it any more, or not now. Any other
// state is left alone.
func (db *DB) PutOff(ctx context.Context, id int64, v notice.Verdict) error {
	_, err := db.bun.ExecContext(ctx, `update notices set state = ?, reason = ? where id = ? and state in ('due', 'failed')`,
		string(v.State), v.Reason, id)
	return fail(err, "put notice %d off", id)
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
