package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// LastUpdate returns the newest update of the messenger whose effect is done, 0 when there is none of late: after a week
// without any, the messenger begins to count anew.
func (db *DB) LastUpdate(ctx context.Context) (id int64, err error) {
	err = db.bun.NewRaw(`select coalesce(max(id), 0) from bot_updates`).Scan(ctx, &id)
	return id, fail(err, "the last update")
}

// UpdateDone reports whether an update's effect is done.
func (db *DB) UpdateDone(ctx context.Context, id int64) (done bool, err error) {
	err = db.bun.NewRaw(`select exists (select from bot_updates where id = ?)`, id).Scan(ctx, &done)
	return done, fail(err, "update %d", id)
}

// Effects are what an update of the messenger may change, in the transaction that notes it as done.
type Effects struct{ tx bun.Tx }

// OnUpdate does an update's effect once: fresh is false for one that is done already, whose effect is not called. effect may
// run several times, and must change nothing but through its Effects; its error leaves the update undone.
func (db *DB) OnUpdate(ctx context.Context, id int64, effect func(context.Context, Effects) error) (fresh bool, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from bot_inbox where id = ?`, id); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `insert into bot_updates (id) values (?) on conflict do nothing`, id)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if fresh = n == 1; err != nil || !fresh {
			return err
		}
		return effect(ctx, Effects{tx})
	})
	return fresh && err == nil, fail(err, "update %d", id)
}

// Recipient returns the recipient of a chat, locked; NotFound when there is none.
func (e Effects) Recipient(ctx context.Context, chatID int64) (notice.Recipient, error) {
	var row recipientRow
	if err := e.tx.NewSelect().Model(&row).Where("chat_id = ?", chatID).For("update").Scan(ctx); err != nil {
		return notice.Recipient{}, fail(err, "recipient of chat %d", chatID)
	}
	return row.toNoun(), nil
}

// Save writes a recipient that Recipient has returned.
func (e Effects) Save(ctx context.Context, r notice.Recipient) error {
	row := recipientRowOf(r)
	_, err := e.tx.NewUpdate().Model(&row).Column(ofRecipient...).WherePK().Exec(ctx)
	return fail(err, "save recipient %d", r.ID)
}

// Link redeems a one-time code for a chat: a private chat becomes that of the code's user, with the list and the rule that
// he has, a group a recipient of its own. NotFound when nobody holds the code, or not any more.
func (e Effects) Link(ctx context.Context, code string, chatID int64, language string) (notice.Recipient, error) {
	var userID int64
	hash := hashCode(code)
	err := e.tx.NewRaw(`delete from telegram_links where code_hash = ? and expires_at > now() returning user_id`, hash[:]).Scan(ctx, &userID)
	if err != nil {
		return notice.Recipient{}, fail(err, "code")
	}
	own := notice.Recipient{UserID: userID, Language: language, Active: true, Rule: notice.DefaultRule()}
	if chatID < 0 {
		own.UserID, own.ChatID = 0, chatID
		row := recipientRowOf(own)
		_, err := e.tx.NewInsert().Model(&row).ExcludeColumn("id").On("conflict (chat_id) do update").
			Set("active = true, off_reason = ''").Returning("null").Exec(ctx)
		if err != nil {
			return notice.Recipient{}, fail(err, "link chat %d", chatID)
		}
		return e.Recipient(ctx, chatID)
	}
	row := recipientRowOf(own)
	if _, err := e.tx.NewInsert().Model(&row).ExcludeColumn("id").On("conflict (user_id) do nothing").Returning("null").Exec(ctx); err != nil {
		return notice.Recipient{}, fail(err, "link user %d", userID)
	}
	for _, statement := range []string{
		`update recipients set chat_id = null where chat_id = ?0 and user_id <> ?1`, // it was another user's
		`delete from recipients where chat_id = ?0 and user_id is null`,             // it was nobody's
		`update recipients set chat_id = ?0, active = true, off_reason = '' where user_id = ?1`,
	} {
		if _, err := e.tx.ExecContext(ctx, statement, chatID, userID); err != nil {
			return notice.Recipient{}, fail(err, "link chat %d to user %d", chatID, userID)
		}
	}
	return e.Recipient(ctx, chatID)
}

// Delete removes all that is kept of a chat: of a bare one everything, of a user's the chat, his list, his rule and what he
// was told. He can link one again.
func (e Effects) Delete(ctx context.Context, r notice.Recipient) error {
	_, err := e.tx.ExecContext(ctx, `delete from recipients where id = ?`, r.ID)
	return fail(err, "delete recipient %d", r.ID)
}

// hashCode is what is kept of a code.
func hashCode(code string) [sha256.Size]byte { return sha256.Sum256([]byte(code)) }

// SaveLinkCode makes a code the one by which a chat becomes a user's, for a while on the wall clock. His former one is gone.
func (db *DB) SaveLinkCode(ctx context.Context, userID int64, code string, lasts time.Duration) (expires time.Time, err error) {
	hash := hashCode(code)
	err = db.bun.NewRaw(`
		insert into telegram_links (user_id, code_hash, expires_at) values (?, ?, now() + make_interval(secs => ?))
		on conflict (user_id) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at
		returning expires_at`, userID, hash[:], lasts.Seconds()).Scan(ctx, &expires)
	return expires, fail(err, "link code of user %d", userID)
}

// Unlink takes a user's chat from him, and the code that would bring one. That he has none is no error.
func (db *DB) Unlink(ctx context.Context, userID int64) error {
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from telegram_links where user_id = ?`, userID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `update recipients set chat_id = null where user_id = ?`, userID)
		return err
	})
	return fail(err, "unlink user %d", userID)
}

// Why is what became of one alert for a recipient.
type Why struct {
	At     time.Time
	Code   market.Code
	Title  string
	State  notice.State
	Reason string
}

// WhyOf returns what became of the newest alerts for a recipient, the newest first; those of stocks that he did not watch are
// left out.
func (db *DB) WhyOf(ctx context.Context, recipientID int64, limit int) ([]Why, error) {
	var rows []Why
	err := db.bun.NewRaw(`
		select a.decided_at as at, a.code, ar.title, n.state, n.reason
		from notices n join alerts a on a.id = n.alert_id join articles ar on ar.id = a.article_id
		where n.recipient_id = ? order by n.id desc limit ?`, recipientID, limit).Scan(ctx, &rows)
	return rows, fail(err, "notices of recipient %d", recipientID)
}

// Move follows a group to its new chat, as MoveChat does.
func (e Effects) Move(ctx context.Context, recipientID, chatID int64) error {
	return moveChat(ctx, e.tx, recipientID, chatID)
}
