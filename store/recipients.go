package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/notice"
)

type recipientRow struct {
	bun.BaseModel `bun:"table:recipients,alias:r"`

	ID         int64     `bun:"id,pk,autoincrement"`
	UserID     int64     `bun:"user_id,nullzero"`
	ChatID     int64     `bun:"chat_id,nullzero"`
	HookURL    string    `bun:"hook_url,nullzero"`
	HookSecret string    `bun:"hook_secret"`
	Language   string    `bun:"language"`
	Active     bool      `bun:"active"`
	OffReason  string    `bun:"off_reason"`
	MutedUntil time.Time `bun:"muted_until,nullzero"`
	WatchAll   bool      `bun:"watch_all"`
	Codes      []string  `bun:"codes,array"`
	Silent     []string  `bun:"silent,array"`
	MinShift   float64   `bun:"min_shift"`
	Horizons   []int     `bun:"horizons,array"`
	Direction  int       `bun:"direction"`
	Urgent     bool      `bun:"urgent"`
	Digest     bool      `bun:"digest"`
	QuietFrom  int       `bun:"quiet_from"`
	QuietTo    int       `bun:"quiet_to"`
	DailyCap   int       `bun:"daily_cap"`
}

func recipientRowOf(r notice.Recipient) recipientRow {
	horizons := r.Horizons
	if horizons == nil {
		horizons = []int{}
	}
	return recipientRow{ID: r.ID, UserID: r.UserID, ChatID: r.ChatID, HookURL: r.HookURL, HookSecret: r.HookSecret, Language: r.Language, Active: r.Active, OffReason: legible(r.OffReason),
		MutedUntil: r.MutedUntil, WatchAll: r.WatchAll, Codes: texts(r.Codes), Silent: texts(r.Silent), MinShift: r.MinShift, Horizons: horizons, Direction: r.Direction,
		Urgent: r.Urgent, Digest: r.Digest, QuietFrom: r.QuietFrom, QuietTo: r.QuietTo, DailyCap: r.DailyCap}
}

func (r recipientRow) toNoun() notice.Recipient {
	return notice.Recipient{ID: r.ID, UserID: r.UserID, ChatID: r.ChatID, HookURL: r.HookURL, HookSecret: r.HookSecret, Language: r.Language, Active: r.Active, OffReason: r.OffReason,
		MutedUntil: r.MutedUntil, WatchAll: r.WatchAll, Codes: codes(r.Codes), Silent: codes(r.Silent),
		Rule: notice.Rule{MinShift: r.MinShift, Horizons: r.Horizons, Direction: r.Direction, Urgent: r.Urgent, Digest: r.Digest,
			QuietFrom: r.QuietFrom, QuietTo: r.QuietTo, DailyCap: r.DailyCap}}
}

// Recipients returns who gets alerts, by id; all, or only the active ones.
func (db *DB) Recipients(ctx context.Context, onlyActive bool) ([]notice.Recipient, error) {
	var rows []recipientRow
	q := db.bun.NewSelect().Model(&rows).Order("id")
	if onlyActive {
		q = q.Where("active")
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "recipients")
	}
	return recipients(rows), nil
}

func recipients(rows []recipientRow) []notice.Recipient {
	list := make([]notice.Recipient, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list
}

// Recipient returns one; NotFound when there is none.
func (db *DB) Recipient(ctx context.Context, id int64) (notice.Recipient, error) {
	r, err := db.recipient(ctx, "id", id)
	return r, failOne(err, "recipient %d", id)
}

// RecipientOfUser returns a user's; NotFound while he has none.
func (db *DB) RecipientOfUser(ctx context.Context, userID int64) (notice.Recipient, error) {
	r, err := db.recipient(ctx, "user_id", userID)
	return r, failOne(err, "recipient of user %d", userID)
}

// RecipientOfChat returns the one that a chat belongs to; NotFound when none does.
func (db *DB) RecipientOfChat(ctx context.Context, chatID int64) (notice.Recipient, error) {
	r, err := db.recipient(ctx, "chat_id", chatID)
	return r, failOne(err, "recipient of chat %d", chatID)
}

func (db *DB) recipient(ctx context.Context, column string, value int64) (notice.Recipient, error) {
	var row recipientRow
	if err := db.bun.NewSelect().Model(&row).Where("? = ?", bun.Ident(column), value).Scan(ctx); err != nil {
		return notice.Recipient{}, err
	}
	return row.toNoun(), nil
}

// ofRecipient are the columns that SaveRecipient and EditRecipient write.
var ofRecipient = []string{"user_id", "chat_id", "language", "active", "off_reason", "muted_until", "watch_all", "codes", "silent", "min_shift", "horizons",
	"direction", "urgent", "digest", "quiet_from", "quiet_to", "daily_cap"}

// SaveRecipient inserts a recipient or overwrites the one with its ChatID, or, without one, with its UserID, and returns
// its id. ID is not used. Making one active forgets why it was switched off.
func (db *DB) SaveRecipient(ctx context.Context, r notice.Recipient) (int64, error) {
	row := recipientRowOf(r)
	if r.Active {
		row.OffReason = ""
	}
	target := "chat_id"
	if r.ChatID == 0 {
		target = "user_id"
	}
	q := db.bun.NewInsert().Model(&row).ExcludeColumn("id").On("conflict (?) do update", bun.Ident(target)).Returning("id")
	for _, column := range ofRecipient {
		q = q.Set("? = excluded.?", bun.Ident(column), bun.Ident(column))
	}
	var id int64
	_, err := q.Exec(ctx, &id)
	return id, fail(err, "save recipient of chat %d, user %d", r.ChatID, r.UserID)
}

// UserRecipient returns a user's recipient, which it makes when he has none: without a chat, with an empty list and the
// default rule.
func (db *DB) UserRecipient(ctx context.Context, userID int64) (notice.Recipient, error) {
	row := recipientRowOf(notice.Recipient{UserID: userID, Language: "ko", Active: true, Rule: notice.DefaultRule()})
	_, err := db.bun.NewInsert().Model(&row).ExcludeColumn("id").On("conflict (user_id) do nothing").Returning("null").Exec(ctx)
	if err != nil {
		return notice.Recipient{}, fail(err, "make the recipient of user %d", userID)
	}
	return db.RecipientOfUser(ctx, userID)
}

// EditRecipient changes a recipient as it stands, and returns it: edits take turns, and none undoes another's. An error of
// edit's changes nothing and is returned as it is; NotFound when there is no such recipient. The id is not edit's to change.
func (db *DB) EditRecipient(ctx context.Context, id int64, edit func(*notice.Recipient) error) (notice.Recipient, error) {
	var edited notice.Recipient
	var refused error
	err := db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var row recipientRow
		refused = nil
		if err := tx.NewSelect().Model(&row).Where("id = ?", id).For("update").Scan(ctx); err != nil {
			return err
		}
		edited = row.toNoun()
		if refused = edit(&edited); refused != nil {
			return nil
		}
		edited.ID = id
		row = recipientRowOf(edited)
		_, err := tx.NewUpdate().Model(&row).Column(ofRecipient...).WherePK().Exec(ctx)
		return err
	})
	if refused != nil {
		return notice.Recipient{}, refused
	}
	return edited, failOne(err, "recipient %d", id)
}

// RecipientsLeft counts those of some recipients that there still are.
func (db *DB) RecipientsLeft(ctx context.Context, ids []int64) (left int, err error) {
	err = db.bun.NewRaw(`select count(*) from recipients where id = any(?)`, pgdialect.Array(ids)).Scan(ctx, &left)
	return left, fail(err, "recipients")
}

// MoveChat follows a group to its new chat. Where that is a recipient of its own already, the old one is switched off.
func (db *DB) MoveChat(ctx context.Context, recipientID, chatID int64) error {
	return moveChat(ctx, db.bun, recipientID, chatID)
}

func moveChat(ctx context.Context, idb bun.IDB, recipientID, chatID int64) error {
	_, err := idb.ExecContext(ctx, `
		update recipients r set chat_id = case when taken.yes then r.chat_id else ?1 end, active = r.active and not taken.yes,
			off_reason = case when taken.yes then ?2 else r.off_reason end
		from (select exists (select from recipients where chat_id = ?1 and id <> ?0) as yes) taken
		where r.id = ?0`, recipientID, chatID, fmt.Sprintf("moved to chat %d", chatID))
	return fail(err, "move recipient %d", recipientID)
}

// SwitchOff ends alerts to a recipient, with the reason; NotFound when there is none.
func (db *DB) SwitchOff(ctx context.Context, recipientID int64, reason string) error {
	res, err := db.bun.ExecContext(ctx, `update recipients set active = false, off_reason = ? where id = ?`, legible(reason), recipientID)
	if err != nil {
		return fail(err, "switch recipient %d off", recipientID)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return fail(err, "switch recipient %d off", recipientID)
	}
	return notFound("recipient %d", recipientID)
}
