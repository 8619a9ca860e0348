package store

import (
	"context"

	"github.com/uptrace/bun/dialect/pgdialect"
)

// CallText is what a model was asked in a call and what it answered, word for word. Articles are those whose words either
// holds: a take-down of one of them erases both.
type CallText struct {
	CallID        int64
	Articles      []int64
	Prompt, Reply string
}

// SaveCallText keeps a call's texts; those that are there stay. When an article of them was taken down meanwhile nothing
// is kept.
func (db *DB) SaveCallText(ctx context.Context, c CallText) error {
	_, err := db.bun.ExecContext(ctx, `
		with locked as (select taken_down_at from articles where id = any(?1) order by id for key share)
		insert into call_texts (call_id, article_ids, prompt, reply)
		select ?0, ?1, ?2, ?3 where not exists (select from locked where taken_down_at is not null)
		on conflict (call_id) do nothing`, c.CallID, pgdialect.Array(c.Articles), legible(c.Prompt), legible(c.Reply))
	return fail(err, "texts of call %d", c.CallID)
}

// CallText returns a call's texts; NotFound when none were kept or they were erased.
func (db *DB) CallText(ctx context.Context, callID int64) (CallText, error) {
	c := CallText{CallID: callID}
	err := db.bun.NewRaw(`select article_ids, prompt, reply from call_texts where call_id = ?`, callID).
		Scan(ctx, pgdialect.Array(&c.Articles), &c.Prompt, &c.Reply)
	return c, fail(err, "texts of call %d", callID)
}
