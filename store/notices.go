package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// Plan says who of some recipients gets an alert and who does not, on a KST day of the application clock.
type Plan struct {
	AlertID int64
	Day     market.Day
	Texts   map[string]string // the message by language; who has none of his gets the Korean one
	Wanted  []notice.Recipient
	Held    []Held
}

// Held is a recipient who is not told, and why.
type Held struct {
	RecipientID int64
	Reason      string
}

// Watchers returns the active recipients whose list names an alert's stock and of whom nothing is decided yet, with ids
// after one, by id.
func (db *DB) Watchers(ctx context.Context, a notice.Alert, after int64, limit int) ([]notice.Recipient, error) {
	var rows []recipientRow
	err := db.bun.NewSelect().Model(&rows).Where("r.active and r.id > ?", after).
		Where("(r.codes = '{}' or r.codes @> array[?])", string(a.Code)).
		Where("not exists (select from notices n where n.alert_id = ? and n.recipient_id = r.id)", a.ID).
		OrderExpr("r.id").Limit(int64(limit)).Scan(ctx)
	return recipientsOf(rows), fail(err, "watchers of alert %d", a.ID)
}

// PlanNotices keeps a plan: a notice that is due for each recipient whose day has room for it, and a suppressed one for
// the rest. What was decided before stays. Counting what a recipient has had and planning are one step: plans for one
// recipient take turns, so that no order of arrival breaks a cap.
func (db *DB) PlanNotices(ctx context.Context, p Plan) error {
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		rooms, err := rooms(ctx, tx, p)
		if err != nil {
			return err
		}
		var ids []int64
		var states, reasons, languages []string
		add := func(id int64, state notice.State, reason, language string) {
			ids, states, reasons, languages = append(ids, id), append(states, string(state)), append(reasons, legible(reason)), append(languages, language)
		}
		for _, h := range p.Held {
			add(h.RecipientID, notice.Suppressed, h.Reason, "")
		}
		for _, r := range p.Wanted {
			if ok, reason := notice.Room(r.DailyCap, rooms[r.ID].Had, rooms[r.ID].Alike); !ok {
				add(r.ID, notice.Suppressed, reason, "")
				continue
			}
			add(r.ID, notice.Due, "", r.Language)
		}
		_, err = tx.NewRaw(`
			insert into notices (alert_id, recipient_id, state, reason, text, day)
			select ?, u.id, u.state, u.reason, case when u.state <> 'due' then '' when u.language = 'en' then ? else ? end, ?
			from unnest(?::bigint[], ?::text[], ?::text[], ?::text[]) as u (id, state, reason, language)
			order by u.id
			on conflict (alert_id, recipient_id) do nothing`, p.AlertID, legible(p.Texts["en"]), legible(p.Texts["ko"]), date(p.Day),
			pgdialect.Array(ids), pgdialect.Array(states), pgdialect.Array(reasons), pgdialect.Array(languages)).Exec(ctx)
		return err
	})
	return fail(err, "plan alert %d for %d recipients", p.AlertID, len(p.Wanted)+len(p.Held))
}

type had struct {
	ID         int64
	Had, Alike int
}

// rooms counts, and holds still until the transaction ends, what recipients have had on the plan's day, besides this alert:
// what is due, on its way, sent or may have been.
func rooms(ctx context.Context, tx bun.Tx, p Plan) (map[int64]had, error) {
	ids := make([]int64, len(p.Wanted))
	for i, r := range p.Wanted {
		ids[i] = r.ID
	}
	if _, err := tx.NewRaw(`select id from recipients where id = any(?) order by id for no key update`, pgdialect.Array(ids)).Exec(ctx); err != nil {
		return nil, err
	}
	var rows []had
	err := tx.NewRaw(`
		select n.recipient_id as id, count(*) as had, count(*) filter (where b.code = a.code and b.kind = a.kind and b.topic = a.topic) as alike
		from alerts a join notices n on n.alert_id <> a.id join alerts b on b.id = n.alert_id
		where a.id = ? and n.recipient_id = any(?) and n.day = ? and n.state in ('due', 'claimed', 'sent', 'failed', 'ambiguous')
		group by n.recipient_id`, p.AlertID, pgdialect.Array(ids), date(p.Day)).Scan(ctx, &rows)
	byID := make(map[int64]had, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	return byID, err
}

// FinishPlan notes that it is decided who gets an alert. Active recipients of whom nothing was decided do not have its
// stock on their lists: that is kept for all of them together.
func (db *DB) FinishPlan(ctx context.Context, a notice.Alert) error {
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, `
			insert into held_back (alert_id, reason, recipient_ids)
			select ?0, ?1, array_agg(r.id order by r.id) from recipients r
			where r.active and r.codes <> '{}' and not r.codes @> array[?2]
				and not exists (select from notices n where n.alert_id = ?0 and n.recipient_id = r.id)
			having count(*) > 0
			on conflict (alert_id, reason) do nothing`, a.ID, notice.ReasonNotWatched, string(a.Code))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `update alerts set planned_at = now() where id = ? and planned_at is null`, a.ID)
		return err
	})
	return fail(err, "finish the plan of alert %d", a.ID)
}

// Planned reports whether it is decided who gets an alert.
func (db *DB) Planned(ctx context.Context, alertID int64) (yes bool, err error) {
	err = db.bun.NewRaw(`select planned_at is not null from alerts where id = ?`, alertID).Scan(ctx, &yes)
	return yes, fail(err, "plan of alert %d", alertID)
}

// DueNotice is a message to send, or one to bring in line when its MessageID is set.
type DueNotice struct {
	ID        int64
	MessageID int64
	Version   int // of the text
	Text      string
	Recipient notice.Recipient
}

// DueNotices returns what is to be done for an alert's recipients, with ids after one, by id: messages that are due or
// surely did not arrive, and sent ones that show an older text than the one wanted.
func (db *DB) DueNotices(ctx context.Context, alertID, after int64, limit int) ([]DueNotice, error) {
	var rows []struct {
		NoticeID  int64  `bun:"notice_id"`
		MessageID int64  `bun:"message_id"`
		Wanted    int    `bun:"wanted"`
		Text      string `bun:"text"`
		recipientRow
	}
	err := db.bun.NewRaw(`
		select n.id as notice_id, case n.state when 'sent' then n.message_id else 0 end as message_id, n.wanted,
			case n.state when 'sent' then n.text else '' end as text, `+recipientColumns+`
		from notices n join recipients r on r.id = n.recipient_id
		where n.alert_id = ? and n.id > ? and (n.state in ('due', 'failed') or n.state = 'sent' and n.shown < n.wanted)
		order by n.id limit ?`, alertID, after, limit).Scan(ctx, &rows)
	list := make([]DueNotice, len(rows))
	for i, r := range rows {
		list[i] = DueNotice{ID: r.NoticeID, MessageID: r.MessageID, Version: r.Wanted, Text: r.Text, Recipient: r.toNoun()}
	}
	return list, fail(err, "due notices of alert %d", alertID)
}

// Claimed is the right to send a notice's message once. MarkNotices ends it by ID and Attempt.
type Claimed struct {
	ID      int64
	Attempt int
	Version int // of the text
	Text    string
}

// ClaimNotices claims messages before their requests leave, for a process, and returns those that it has won, in no order.
// One that is not due any more is nobody's to send.
func (db *DB) ClaimNotices(ctx context.Context, ids []int64, process string) ([]Claimed, error) {
	var won []Claimed
	err := db.bun.NewRaw(`
		with mine as (select id from notices where id = any(?) and state in ('due', 'failed') order by id for update skip locked)
		update notices n set state = 'claimed', reason = '', claimed_at = now(), claimed_by = ?,
			attempt = n.attempt + case n.state when 'failed' then 1 else 0 end
		from mine where mine.id = n.id
		returning n.id, n.attempt, n.wanted as version, n.text`, pgdialect.Array(ids), process).Scan(ctx, &won)
	return won, fail(err, "claim %d notices", len(ids))
}

// Mark is how a claimed attempt ended.
type Mark struct {
	ID        int64
	Attempt   int
	State     notice.State
	Reason    string
	MessageID int64 // of a sent one
	Version   int   // that it shows
}

// MarkNotices notes how claimed attempts ended. An attempt that another has taken over is left alone; one that counts as
// ambiguous, because its process seemed dead, is what its process says of it after all.
func (db *DB) MarkNotices(ctx context.Context, marks []Mark) error {
	n := len(marks)
	ids, attempts, messages, versions := make([]int64, n), make([]int, n), make([]int64, n), make([]int, n)
	states, reasons := make([]string, n), make([]string, n)
	for i, m := range marks {
		if m.State == notice.Claimed || m.State == notice.Due {
			return fault.New(fault.Invalid, "a claimed notice ends in another state than %s", m.State)
		}
		ids[i], attempts[i], messages[i], versions[i], states[i], reasons[i] = m.ID, m.Attempt, m.MessageID, m.Version, string(m.State), legible(m.Reason)
	}
	_, err := db.bun.NewRaw(`
		with u as (select * from unnest(?::bigint[], ?::int[], ?::text[], ?::text[], ?::bigint[], ?::int[]) as u (id, attempt, state, reason, message_id, version)),
		mine as (select n.id from notices n join u on u.id = n.id and u.attempt = n.attempt
			where n.state in ('claimed', 'ambiguous') order by n.id for update of n)
		update notices n set state = u.state, reason = u.reason, message_id = u.message_id, shown = case u.state when 'sent' then u.version else 0 end,
			sent_at = case u.state when 'sent' then now() end
		from u join mine on mine.id = u.id where n.id = u.id`, pgdialect.Array(ids), pgdialect.Array(attempts), pgdialect.Array(states), pgdialect.Array(reasons),
		pgdialect.Array(messages), pgdialect.Array(versions)).Exec(ctx)
	return fail(err, "mark %d notices", n)
}

// Suppress ends a notice that its recipient does not want any more, unless it is on its way.
func (db *DB) Suppress(ctx context.Context, id int64, reason string) error {
	_, err := db.bun.ExecContext(ctx, `update notices set state = 'suppressed', reason = ?, text = '' where id = ? and state in ('due', 'failed')`, legible(reason), id)
	return fail(err, "suppress notice %d", id)
}

// ExpireClaims makes claims ambiguous whose process is known to be dead, or that were taken longer ago than olderThan (wall
// clock): nobody knows whether the message left. It returns how many there were.
func (db *DB) ExpireClaims(ctx context.Context, olderThan time.Duration) (int, error) {
	res, err := db.bun.ExecContext(ctx, `
		update notices n set state = 'ambiguous', reason = 'crashed between send and mark'
		where n.state = 'claimed' and (n.claimed_at < now() - make_interval(secs => ?)
			or exists (select from workers w where w.id = n.claimed_by and w.state = 'dead'))`, olderThan.Seconds())
	if err != nil {
		return 0, fail(err, "expire claims")
	}
	n, err := res.RowsAffected()
	return int(n), fail(err, "expire claims")
}

// FailedNotices returns the alerts that have a notice to be sent (again), the longest waiting first.
func (db *DB) FailedNotices(ctx context.Context, limit int) ([]int64, error) {
	var ids []int64
	err := db.bun.NewRaw(`
		select n.alert_id from notices n join alerts a on a.id = n.alert_id
		where n.state = 'failed' or n.state = 'due' and a.told_at is not null
		group by n.alert_id order by min(n.claimed_at), n.alert_id limit ?`, limit).Scan(ctx, &ids)
	return ids, fail(err, "failed notices")
}

// WantText makes a text, by language, the one that an alert's messages should show. What is due will say it at once; what
// was sent is edited. Whoever has the text already, and whoever got nothing, is left alone.
func (db *DB) WantText(ctx context.Context, alertID int64, texts map[string]string) error {
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for language, text := range texts {
			_, err := tx.ExecContext(ctx, `
				update notices n set text = ?0, wanted = n.wanted + 1 from recipients r
				where n.alert_id = ?1 and r.id = n.recipient_id and r.language = ?2 and n.state in ('due', 'claimed', 'failed', 'sent') and n.text <> ?0`,
				legible(text), alertID, language)
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `
			update alerts set edit_due = true where id = ? and exists (
				select from notices where alert_id = alerts.id and (state in ('due', 'failed', 'claimed') or state = 'sent' and shown < wanted))`, alertID)
		return err
	})
	return fail(err, "text of alert %d", alertID)
}

// MarkEdited notes that a message shows a version, or that it never will: why is kept then.
func (db *DB) MarkEdited(ctx context.Context, id int64, version int, why string) error {
	_, err := db.bun.ExecContext(ctx, `update notices set shown = greatest(shown, ?), reason = ? where id = ? and state = 'sent'`, version, legible(why), id)
	return fail(err, "mark notice %d edited", id)
}
