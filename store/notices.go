package store

import (
	"context"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// Delivery is what is to be done for a recipient: a message to send, or to bring in line where MessageID says which it is.
type Delivery struct {
	NoticeID  int64
	Recipient notice.Recipient
	Code      market.Code // of the alert; "" for a digest
	MessageID int64
	Text      string // of a message to bring in line
	Version   int    // of it
	EditTries int    // how often that has failed
}

// tryNow leaves out the notices that are to be tried again later.
const tryNow = "(n.retry_at is null or n.retry_at <= now())"

// DueNotices returns what is to be done for an alert's recipients, or of digests for 0, with notices above after, by id, at most
// limit: messages that are due or surely did not arrive, and sent ones that show an older text than they should. What is to be
// tried again later is left out.
func (db *DB) DueNotices(ctx context.Context, alertID, after int64, limit int) ([]Delivery, error) {
	var rows []struct {
		NoticeID  int64  `bun:"notice_id"`
		AlertCode string `bun:"alert_code"`
		MessageID int64  `bun:"message_id"`
		Text      string `bun:"text"`
		Version   int    `bun:"version"`
		EditTries int    `bun:"edit_tries"`
		recipientRow
	}
	q := db.bun.NewSelect().Model((*recipientRow)(nil)).ColumnExpr("n.id as notice_id, coalesce(a.code, '') as alert_code").
		ColumnExpr("case n.state when 'sent' then n.message_id else 0 end as message_id, case n.state when 'sent' then n.text else '' end as text, n.version, n.edit_tries").
		ColumnExpr("r.*").Join("join notices as n on n.recipient_id = r.id").Join("left join alerts as a on a.id = n.alert_id").
		Where("n.state in ('due', 'failed') or n.state = 'sent' and n.shown < n.version").Where(tryNow).Where("n.id > ?", after).
		OrderExpr("n.id").Limit(int64(limit))
	if alertID == 0 {
		q = q.Where("n.alert_id is null")
	} else {
		q = q.Where("n.alert_id = ?", alertID)
	}
	err := q.Scan(ctx, &rows)
	list := make([]Delivery, len(rows))
	for i, r := range rows {
		list[i] = Delivery{NoticeID: r.NoticeID, Recipient: r.toNoun(), Code: market.Code(r.AlertCode), MessageID: r.MessageID, Text: r.Text, Version: r.Version, EditTries: r.EditTries}
	}
	return list, fail(err, "due notices of alert %d", alertID)
}

// Claimed is the right to send a notice's message once. A Mark ends it by ID and Attempt.
type Claimed struct {
	ID      int64
	Attempt int
	Version int // of the text
	Text    string
}

// claimSeparator stands between the process and the token of a claim.
const claimSeparator = "#"

// ClaimNotices claims messages before their requests leave, for a process, and returns those that it has won, in no order:
// what was due or failed, the latter as the next attempt. Any other state is left alone. The answer may be lost on its way:
// asking again with the same token, which nobody else has, returns what was won then, too.
func (db *DB) ClaimNotices(ctx context.Context, ids []int64, process, token string) ([]Claimed, error) {
	var won []Claimed
	err := db.bun.NewRaw(`
		with mine as (
			select id from notices where id = any(?0) and (state in ('due', 'failed') or state = 'claimed' and claimed_by = ?1)
			order by id for update skip locked)
		update notices n set state = 'claimed', reason = '', shown = n.version, claimed_at = now(), claimed_by = ?1,
			attempt = n.attempt + case n.state when 'failed' then 1 else 0 end
		from mine where mine.id = n.id
		returning n.id, n.attempt, n.version, n.text`, pgdialect.Array(ids), process+claimSeparator+token).Scan(ctx, &won)
	return won, fail(err, "claim %d notices", len(ids))
}

// PutOff ends the sending of a notice that is due or failed: its recipient does not want it any more, or not now. Any other
// state is left alone.
func (db *DB) PutOff(ctx context.Context, id int64, v notice.Verdict) error {
	_, err := db.bun.ExecContext(ctx, `update notices set state = ?, reason = ? where id = ? and state in ('due', 'failed')`,
		string(v.State), v.Reason, id)
	return fail(err, "put notice %d off", id)
}

// Mark is how a claimed attempt ended.
type Mark struct {
	ID        int64
	Attempt   int
	State     notice.State
	Reason    string
	MessageID int64         // of a sent one
	Wait      time.Duration // wall clock: a failed one is not tried again before; 0 for at once
}

// MarkNotices notes how claimed attempts ended, and returns the ids of those that it could: an attempt that another has
// taken over is left alone. One that counts as ambiguous, because its process seemed dead, is what its process says of it
// after all.
func (db *DB) MarkNotices(ctx context.Context, marks []Mark) ([]int64, error) {
	n := len(marks)
	ids, attempts, messages := make([]int64, n), make([]int, n), make([]int64, n)
	states, reasons, waits := make([]string, n), make([]string, n), make([]float64, n)
	for i, m := range marks {
		switch m.State {
		case notice.Due, notice.Held, notice.Claimed:
			return nil, fault.New(fault.Invalid, "a claimed notice ends in another state than %s", m.State)
		}
		ids[i], attempts[i], messages[i], states[i], reasons[i] = m.ID, m.Attempt, m.MessageID, string(m.State), legible(m.Reason)
		waits[i] = m.Wait.Seconds()
	}
	var marked []int64
	err := db.bun.NewRaw(`
		with u as (select * from unnest(?::bigint[], ?::int[], ?::text[], ?::text[], ?::bigint[], ?::float8[]) as u (id, attempt, state, reason, message_id, wait)),
		mine as (select n.id from notices n join u on u.id = n.id and u.attempt = n.attempt
			where n.state in ('claimed', 'ambiguous') order by n.id for update of n)
		update notices n set state = u.state, reason = u.reason, message_id = u.message_id, sent_at = case u.state when 'sent' then now() end,
			retry_at = case when u.wait > 0 then now() + make_interval(secs => u.wait) end
		from u join mine on mine.id = u.id where n.id = u.id
		returning n.id`, pgdialect.Array(ids), pgdialect.Array(attempts), pgdialect.Array(states), pgdialect.Array(reasons),
		pgdialect.Array(messages), pgdialect.Array(waits)).Scan(ctx, &marked)
	return marked, fail(err, "mark %d notices", n)
}

// MarkEdited notes that a sent message shows a version, or why it never will.
func (db *DB) MarkEdited(ctx context.Context, id int64, version int, why string) error {
	_, err := db.bun.ExecContext(ctx, `update notices set shown = greatest(shown, ?), edit_error = ?, edit_tries = 0, retry_at = null where id = ? and state = 'sent'`, version, legible(why), id)
	return fail(err, "mark notice %d edited", id)
}

// PutOffEdit notes that a sent message could not be brought in line, and is not to be tried again before a wait is over.
func (db *DB) PutOffEdit(ctx context.Context, id int64, wait time.Duration) error {
	_, err := db.bun.ExecContext(ctx, `
		update notices set edit_tries = edit_tries + 1, retry_at = now() + make_interval(secs => ?) where id = ? and state = 'sent'`, wait.Seconds(), id)
	return fail(err, "put the edit of notice %d off", id)
}

// ExpireClaims makes claims ambiguous whose process is known to be dead, or that were taken longer ago than olderThan (wall
// clock): nobody knows whether the message left. A webhook's receiver tells what comes twice, so that its message is failed.
// It returns how many there were.
func (db *DB) ExpireClaims(ctx context.Context, olderThan time.Duration) (int, error) {
	res, err := db.bun.ExecContext(ctx, `
		update notices n set state = case when r.hook_url is null then 'ambiguous' else 'failed' end, reason = 'crashed between send and mark'
		from recipients r where r.id = n.recipient_id and n.state = 'claimed' and (n.claimed_at < now() - make_interval(secs => ?)
			or exists (select from workers w where w.id = split_part(n.claimed_by, ?, 1) and w.state = 'dead'))`, olderThan.Seconds(), claimSeparator)
	if err != nil {
		return 0, fail(err, "expire claims")
	}
	n, err := res.RowsAffected()
	return int(n), fail(err, "expire claims")
}

// FailedNotices returns the alerts, told or not, that have a notice to be sent again or a message to be brought in line, and
// now, the oldest notice first.
func (db *DB) FailedNotices(ctx context.Context, limit int) ([]int64, error) {
	var ids []int64
	err := db.bun.NewRaw(`
		select alert_id from (
			select n.id, n.alert_id from notices n where n.state = 'failed' and n.alert_id is not null and `+tryNow+`
			union all
			select n.id, n.alert_id from notices n where n.state = 'sent' and n.shown < n.version and n.alert_id is not null and `+tryNow+`) open
		group by alert_id order by min(id), alert_id limit ?`, limit).Scan(ctx, &ids)
	return ids, fail(err, "failed notices")
}
