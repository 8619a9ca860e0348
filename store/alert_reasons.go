package store

import (
	"context"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"

	"tickerwire/internal/notice"
)

// decisionMost is how many decisions of one story are read: one per stock and kind.
const decisionMost = 200

// DecisionInfo is a decision with its options, and the stock's name.
type DecisionInfo struct {
	Alert     notice.Alert
	StockName string
}

// DecisionsOf returns what was decided of a story by now, by stock and kind, the noes too.
func (db *DB) DecisionsOf(ctx context.Context, storyID int64, now time.Time) ([]DecisionInfo, error) {
	var rows []struct {
		alertRow
		StockName string `bun:"stock_name"`
	}
	err := db.bun.NewRaw(`
		select `+alertColumns+`, coalesce(k.name, l.name, a.code) as stock_name
		from alerts a left join stocks k on k.code = a.code left join listings l on l.code = a.code
		where a.story_id = ? and a.decided_at <= ? order by a.code, a.kind limit ?`, storyID, now, decisionMost).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "decisions of story %d", storyID)
	}
	list, ids := make([]DecisionInfo, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		list[i], ids[i] = DecisionInfo{Alert: r.toNoun(), StockName: r.StockName}, r.ID
	}
	options, err := db.optionsOf(ctx, ids)
	for i := range list {
		list[i].Alert.Options = options[ids[i]]
	}
	return list, err
}

// RecentAlerts returns the alerts to send and those for digests that were decided on between two instants, with their options
// and clusters, in the order of (decided_at, id): the newest, at most limit.
func (db *DB) RecentAlerts(ctx context.Context, from, to time.Time, limit int) ([]notice.Alert, error) {
	var rows []struct {
		alertRow
		Cluster int64 `bun:"cluster"`
	}
	err := db.bun.NewRaw(`
		select * from (
			select `+alertColumns+`, coalesce(s.echo_of, s.id) as cluster from alerts a join stories s on s.id = a.story_id
			where (a.send or a.digest) and a.decided_at >= ? and a.decided_at <= ? order by a.decided_at desc, a.id desc limit ?) r
		order by decided_at, id`, from, to, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "alerts from %s to %s", from, to)
	}
	list, ids := make([]notice.Alert, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		list[i], ids[i] = r.toNoun(), r.ID
		list[i].Cluster = r.Cluster
	}
	options, err := db.optionsOf(ctx, ids)
	for i := range list {
		list[i].Options = options[ids[i]]
	}
	return list, err
}

// alertColumns are those of an alertRow.
const alertColumns = `a.id, a.kind, a.story_id, a.article_id, a.code, coalesce(a.prediction_id, 0) as prediction_id, a.topic, a.send, a.digest, a.reason,
			a.decided_at, a.score_pct, a.sigma_pct, a.candidate`

// optionsOf returns alerts' options, by horizon.
func (db *DB) optionsOf(ctx context.Context, alertIDs []int64) (map[int64][]notice.Option, error) {
	var rows []alertOptionRow
	err := db.bun.NewSelect().Model(&rows).Where("alert_id = any(?)", pgdialect.Array(alertIDs)).Order("alert_id", "horizon", "prediction_id").Scan(ctx)
	options := make(map[int64][]notice.Option, len(alertIDs))
	for _, o := range rows {
		options[o.AlertID] = append(options[o.AlertID], notice.Option{PredictionID: o.PredictionID, Horizon: o.Horizon, Shift: o.Shift, ScorePct: o.ScorePct, Reason: o.Reason})
	}
	return options, fail(err, "options of %d alerts", len(alertIDs))
}

// NoticesOf returns what became of alerts for a recipient, without texts, by alert. An alert that was told while he did not
// watch its stock, or without alerts, is suppressed without a row; of one that is still being told, or was told before his time, there is nothing.
func (db *DB) NoticesOf(ctx context.Context, recipientID int64, alertIDs []int64) ([]notice.Notice, error) {
	var rows []struct {
		AlertID  int64
		State    string
		Reason   string
		DigestID int64
		SentAt   time.Time `bun:",nullzero"`
	}
	err := db.bun.NewRaw(`
		select a.id as alert_id, coalesce(n.state, ?) as state, coalesce(n.reason, ?) as reason, coalesce(n.digest_id, 0) as digest_id, n.sent_at
		from recipients r join alerts a on a.id = any(?) left join notices n on n.alert_id = a.id and n.recipient_id = r.id
		where r.id = ? and (n.id is not null or a.told_at >= r.created_at) order by a.id`,
		string(notice.Suppressed), notice.ReasonNotWatched, pgdialect.Array(alertIDs), recipientID).Scan(ctx, &rows)
	list := make([]notice.Notice, len(rows))
	for i, r := range rows {
		list[i] = notice.Notice{AlertID: r.AlertID, RecipientID: recipientID, State: notice.State(r.State), Reason: r.Reason, DigestID: r.DigestID, SentAt: r.SentAt}
	}
	return list, fail(err, "notices of recipient %d", recipientID)
}
