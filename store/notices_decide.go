package store

import (
	"context"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// Decision is what becomes of an alert for one recipient. Text, of a notice that is due, is what he is sent.
type Decision struct {
	notice.Verdict
	Text string
}

// Decide decides on an alert for one recipient, who has been told these things on that day. It must not wait for anything.
type Decide func(r notice.Recipient, told []notice.Told) (Decision, error)

// decideBatch is how many recipients are decided on at once: they are locked meanwhile.
const decideBatch = 500

// DecideNotices decides on an alert for everybody of whom it was not decided yet, on a KST day of the application clock.
// Those who watch its stock, and want alerts of it, are asked for one by one: what a recipient has been told is read, and his notice written, while
// his row is locked, so that no order in which alerts arrive breaks his cap. Nothing is written of the others: who has no
// notice of a told alert did not watch its stock, or without alerts. It may be called again, and by several at once: every alert and recipient is
// decided on once.
func (db *DB) DecideNotices(ctx context.Context, a notice.Alert, day market.Day, decide Decide) error {
	for after := int64(0); ; {
		last, n, err := db.decideSome(ctx, a, day, after, decide)
		if err != nil {
			return fail(err, "decide on alert %d for the recipients after %d", a.ID, after)
		}
		if n < decideBatch {
			return nil
		}
		after = last
	}
}

func (db *DB) decideSome(ctx context.Context, a notice.Alert, day market.Day, after int64, decide Decide) (last int64, n int, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var rows []recipientRow
		err := tx.NewSelect().Model(&rows).Where("id > ?", after).Where("(watch_all or codes @> array[?0]::text[]) and not silent @> array[?0]::text[]", string(a.Code)).
			Where("not exists (select from notices n where n.alert_id = ? and n.recipient_id = r.id)", a.ID).
			Order("id").Limit(decideBatch).For("update").Scan(ctx)
		if n = len(rows); err != nil || n == 0 {
			return err
		}
		last = rows[n-1].ID
		told, err := toldOn(ctx, tx, rows, day)
		if err != nil {
			return err
		}
		made := make([]noticeRow, 0, n)
		for _, r := range rows {
			d, err := decide(r.toNoun(), told[r.ID])
			if err != nil {
				return err
			}
			made = append(made, noticeRow{AlertID: a.ID, RecipientID: r.ID, State: string(d.State), Reason: d.Reason, Text: legible(d.Text),
				PredictionID: d.PredictionID, Day: date(day)})
		}
		_, err = tx.NewInsert().Model(&made).On("conflict (alert_id, recipient_id) do nothing").Returning("null").Exec(ctx)
		return err
	})
	return last, n, err
}

type noticeRow struct {
	bun.BaseModel `bun:"table:notices,alias:n"`

	AlertID      int64  `bun:"alert_id"`
	RecipientID  int64  `bun:"recipient_id"`
	State        string `bun:"state"`
	Reason       string `bun:"reason"`
	Text         string `bun:"text"`
	PredictionID int64  `bun:"prediction_id,nullzero"`
	Day          date   `bun:"day"`
}

// toldOn returns what recipients have been told on a day, or are about to be. They are locked by the caller.
func toldOn(ctx context.Context, tx bun.Tx, rows []recipientRow, day market.Day) (map[int64][]notice.Told, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var had []struct {
		RecipientID int64  `bun:"recipient_id"`
		Code        string `bun:"code"`
		Kind        string `bun:"kind"`
		Topic       string `bun:"topic"`
		Cluster     int64  `bun:"cluster"`
	}
	err := tx.NewRaw(`
		select n.recipient_id, a.code, a.kind, a.topic, coalesce(s.echo_of, s.id) as cluster
		from notices n join alerts a on a.id = n.alert_id join stories s on s.id = a.story_id
		where n.recipient_id = any(?) and n.day = ? and n.state in ('due', 'claimed', 'failed', 'sent', 'ambiguous')`,
		pgdialect.Array(ids), date(day)).Scan(ctx, &had)
	told := make(map[int64][]notice.Told, len(rows))
	for _, h := range had {
		told[h.RecipientID] = append(told[h.RecipientID], notice.Told{Code: market.Code(h.Code), Kind: notice.Kind(h.Kind), Topic: h.Topic, Cluster: h.Cluster})
	}
	return told, err
}
