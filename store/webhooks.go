package store

import (
	"context"

	"tickerwire/internal/notice"
)

// CreateWebhook makes a recipient of an address, which hears of every stock, or gives the one that is there another secret
// and switches it on. It returns its id.
func (db *DB) CreateWebhook(ctx context.Context, r notice.Recipient) (id int64, err error) {
	row := recipientRowOf(r)
	_, err = db.bun.NewInsert().Model(&row).ExcludeColumn("id").On("conflict (hook_url) do update").
		Set("hook_secret = excluded.hook_secret, active = true, off_reason = '', language = excluded.language").Returning("id").Exec(ctx, &id)
	return id, fail(err, "webhook")
}

// Webhooks returns the recipients that are webhooks, with ids above after, by id, at most limit.
func (db *DB) Webhooks(ctx context.Context, after int64, limit int) ([]notice.Recipient, error) {
	var rows []recipientRow
	err := db.bun.NewSelect().Model(&rows).Where("hook_url is not null and id > ?", after).Order("id").Limit(int64(limit)).Scan(ctx)
	return recipients(rows), fail(err, "webhooks")
}

// DeleteWebhook removes a webhook and what it was sent; NotFound when there is none.
func (db *DB) DeleteWebhook(ctx context.Context, id int64) error {
	res, err := db.bun.ExecContext(ctx, `delete from recipients where id = ? and hook_url is not null`, id)
	if err != nil {
		return fail(err, "delete webhook %d", id)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return fail(err, "delete webhook %d", id)
	}
	return notFound("webhook %d", id)
}
