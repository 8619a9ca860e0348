package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"tickerwire/internal/notice"
)

type recipientRow struct {
	bun.BaseModel `bun:"table:recipients,alias:r"`

	ID        int64    `bun:"id,pk,autoincrement"`
	UserID    int64    `bun:"user_id,nullzero"`
	ChatID    int64    `bun:"chat_id"`
	Language  string   `bun:"language"`
	Active    bool     `bun:"active"`
	QuietFrom int      `bun:"quiet_from"`
	QuietTo   int      `bun:"quiet_to"`
	DailyCap  int      `bun:"daily_cap"`
	Codes     []string `bun:"codes,array"`
}

func (r recipientRow) toNoun() notice.Recipient {
	return notice.Recipient{ID: r.ID, UserID: r.UserID, ChatID: r.ChatID, Language: r.Language, Active: r.Active, QuietFrom: r.QuietFrom,
		QuietTo: r.QuietTo, DailyCap: r.DailyCap, Codes: codes(r.Codes)}
}

// recipientColumns are those of a row whose table is called r.
const recipientColumns = `r.id, r.user_id, r.chat_id, r.language, r.active, r.quiet_from, r.quiet_to, r.daily_cap, r.codes`

func recipientsOf(rows []recipientRow) []notice.Recipient {
	list := make([]notice.Recipient, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list
}

// Recipients returns the chats that get alerts, by id; all, or only the active ones.
func (db *DB) Recipients(ctx context.Context, onlyActive bool) ([]notice.Recipient, error) {
	var rows []recipientRow
	q := db.bun.NewSelect().Model(&rows).Order("id")
	if onlyActive {
		q = q.Where("active")
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "recipients")
	}
	return recipientsOf(rows), nil
}

// MoveChat follows a group to its new chat. Where that is a recipient of its own already, the old one is switched off.
func (db *DB) MoveChat(ctx context.Context, recipientID, chatID int64) error {
	_, err := db.bun.ExecContext(ctx, `
		update recipients r set chat_id = case when taken.yes then r.chat_id else ?1 end, active = r.active and not taken.yes,
			off_reason = case when taken.yes then ?2 else r.off_reason end
		from (select exists (select from recipients where chat_id = ?1 and id <> ?0) as yes) taken
		where r.id = ?0`, recipientID, chatID, fmt.Sprintf("moved to chat %d", chatID))
	return fail(err, "move recipient %d", recipientID)
}

// SaveRecipient inserts a chat or overwrites the one with its ChatID, and returns its id. ID is not used. Making a chat
// active forgets why it was switched off.
func (db *DB) SaveRecipient(ctx context.Context, r notice.Recipient) (int64, error) {
	row := recipientRow{UserID: r.UserID, ChatID: r.ChatID, Language: r.Language, Active: r.Active, QuietFrom: r.QuietFrom,
		QuietTo: r.QuietTo, DailyCap: r.DailyCap, Codes: texts(r.Codes)}
	var id int64
	_, err := db.bun.NewInsert().Model(&row).ExcludeColumn("id").On("conflict (chat_id) do update").
		Set("user_id = excluded.user_id").Set("language = excluded.language").Set("active = excluded.active").
		Set("off_reason = case when excluded.active then '' else r.off_reason end").
		Set("quiet_from = excluded.quiet_from").Set("quiet_to = excluded.quiet_to").
		Set("daily_cap = excluded.daily_cap").Set("codes = excluded.codes").
		Returning("id").Exec(ctx, &id)
	return id, fail(err, "save recipient of chat %d", r.ChatID)
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
