package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// DigestReaders returns the active recipients for whom something is held that no digest carries yet, with ids above after, by
// id, at most limit.
func (db *DB) DigestReaders(ctx context.Context, after int64, limit int) ([]notice.Recipient, error) {
	var rows []recipientRow
	err := db.bun.NewSelect().Model(&rows).Where("id > ?", after).Where("active and digest").
		Where("exists (select from notices n where n.recipient_id = r.id and n.state = 'held' and n.digest_id is null)").
		Order("id").Limit(int64(limit)).Scan(ctx)
	return recipients(rows), fail(err, "recipients with something held after %d", after)
}

// Held is a notice that is held, and what a digest says of it.
type Held struct {
	NoticeID int64
	Item     notice.DigestItem
}

// HeldNotices returns what is held for a recipient of alerts that were decided on before an instant, as far as no digest
// carries it: the best scores first, at most limit. What was taken down is left out.
func (db *DB) HeldNotices(ctx context.Context, recipientID int64, before time.Time, limit int) ([]Held, error) {
	var rows []struct {
		ID           int64
		Kind         string
		Code         string
		StockName    string
		Title        string
		URL          string
		ReportType   string
		Reason       string
		PredictionID int64
		Horizon      int
		Probability  float64
		BaseRate     float64
	}
	err := db.bun.NewRaw(`
		select n.id, a.kind, a.code, coalesce(k.name, l.name, a.code) as stock_name, t.title, coalesce(t.url, '') as url, t.report_type, n.reason,
			coalesce(p.id, 0) as prediction_id, coalesce(p.horizon, 0) as horizon, coalesce(p.probability, 0) as probability,
			coalesce(p.base_rate, 0) as base_rate
		from notices n join alerts a on a.id = n.alert_id join articles t on t.id = a.article_id
		left join predictions p on p.id = n.prediction_id left join stocks k on k.code = a.code left join listings l on l.code = a.code
		where n.recipient_id = ? and n.state = 'held' and n.digest_id is null and a.decided_at < ? and t.taken_down_at is null
		order by a.kind, a.score_pct desc, n.id limit ?`, recipientID, before, limit).Scan(ctx, &rows)
	list := make([]Held, len(rows))
	for i, r := range rows {
		item := notice.DigestItem{Alert: notice.Alert{Kind: notice.Kind(r.Kind), Code: market.Code(r.Code)}, Reason: r.Reason}
		item.Stock.Code, item.Stock.Name = item.Alert.Code, r.StockName
		item.Article.Title, item.Article.URL, item.Article.ReportType = r.Title, r.URL, r.ReportType
		if r.PredictionID != 0 {
			item.Prediction = &forecast.Prediction{ID: r.PredictionID, Horizon: r.Horizon, Probability: r.Probability, BaseRate: r.BaseRate}
		}
		list[i] = Held{NoticeID: r.ID, Item: item}
	}
	return list, fail(err, "what is held for recipient %d", recipientID)
}

// SaveDigest makes a recipient's digest of a day due, in as many messages as there are texts, and notes that it carries what
// was held. made is false, and nothing is changed, when he has one of that day already.
func (db *DB) SaveDigest(ctx context.Context, recipientID int64, day market.Day, texts []string, held []int64) (made bool, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		made = false
		var id int64
		for i, text := range texts {
			var part []int64
			err := tx.NewRaw(`
				insert into notices (recipient_id, day, part, state, text) values (?, ?, ?, 'due', ?)
				on conflict (recipient_id, day, part) where alert_id is null do nothing returning id`,
				recipientID, date(day), i+1, legible(text)).Scan(ctx, &part)
			if err != nil {
				return err
			}
			if i == 0 && len(part) == 0 {
				return nil
			}
			if i == 0 {
				id = part[0]
			}
		}
		made = true
		_, err := tx.ExecContext(ctx, `update notices set digest_id = ? where id = any(?) and state = 'held' and digest_id is null`, id, pgdialect.Array(held))
		return err
	})
	return made, fail(err, "save the digest of %s for recipient %d", day, recipientID)
}

// DigestsToSend counts, up to limit, the parts of digests that are due longer than olderThan (wall clock) or surely did not
// arrive.
func (db *DB) DigestsToSend(ctx context.Context, olderThan time.Duration, limit int) (n int, err error) {
	err = db.bun.NewRaw(`
		select count(*) from (select from notices n where n.alert_id is null and n.state in ('due', 'failed') and `+tryNow+`
			and n.claimed_at < now() - make_interval(secs => ?) limit ?) d`, olderThan.Seconds(), limit).Scan(ctx, &n)
	return n, fail(err, "count digests to send")
}
