package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// Counts is how much came in since a point in time, and how much work is due now. What is due is counted up to
// DueLimit.
type Counts struct {
	Articles, Stories, Predictions, Alerts int // live ones since then

	ToEmbed, ToPredict, ToDecide, ToSend int // due in Postgres, whether or not a task rings for them

	Retrying, GaveUp int // open failures
}

// DueLimit is how far due work is counted: the cost of a count stays flat when work piles up.
const DueLimit = 10000

// DayCounts counts what became available from since to now on the application clock, and what is due.
func (db *DB) DayCounts(ctx context.Context, since, now time.Time) (Counts, error) {
	var row struct {
		Articles    int `bun:"articles"`
		Stories     int `bun:"stories"`
		Predictions int `bun:"predictions"`
		Alerts      int `bun:"alerts"`
		ToEmbed     int `bun:"to_embed"`
		ToPredict   int `bun:"to_predict"`
		Undecided   int `bun:"undecided"`
		Filings     int `bun:"filings"`
		ToSend      int `bun:"to_send"`
		Retrying    int `bun:"retrying"`
		GaveUp      int `bun:"gave_up"`
	}
	err := db.bun.NewRaw(`
		select
			(select count(*) from articles where available_at between ?0 and ?1 and origin = 'live') as articles,
			(select count(*) from stories where available_at between ?0 and ?1 and origin = 'live') as stories,
			(select count(*) from predictions where as_of between ?0 and ?1 and origin = 'live') as predictions,
			(select count(*) from alerts where decided_at between ?0 and ?1 and send) as alerts,
			(select count(*) from (select from articles where embedded_at is null limit ?2) d) as to_embed,
			(select count(*) from (select from model_calls where state = 'due' limit ?2) d) as to_predict,
			(select count(*) from (select from model_calls where state = 'done' and decided_at is null limit ?2) d) as undecided,
			(select count(*) from (select from stories where filing_due limit ?2) d) as filings,
			(select count(*) from (select from alerts where send and told_at is null limit ?2) d) as to_send,
			(select count(*) from (select from failures where state <> 'resolved' and state = 'retrying' limit ?2) d) as retrying,
			(select count(*) from (select from failures where state <> 'resolved' and state = 'gave_up' limit ?2) d) as gave_up`,
		since, now, DueLimit).Scan(ctx, &row)
	if err != nil {
		return Counts{}, fail(err, "count the day")
	}
	return Counts{Articles: row.Articles, Stories: row.Stories, Predictions: row.Predictions, Alerts: row.Alerts,
		ToEmbed: row.ToEmbed, ToPredict: row.ToPredict, ToDecide: row.Undecided + row.Filings, ToSend: row.ToSend,
		Retrying: row.Retrying, GaveUp: row.GaveUp}, nil
}

// ModelDay is what a model did since a point in time: Predictions are its live predictions of stories since then,
// Judged are its live predictions whose outcome became known since then.
type ModelDay struct {
	ModelID     int64
	Predictions int
	Judged      int
}

// ModelDays returns what each model did from since to now; a model that did nothing is left out.
func (db *DB) ModelDays(ctx context.Context, since, now time.Time) ([]ModelDay, error) {
	var rows []struct {
		ModelID     int64 `bun:"model_id"`
		Predictions int   `bun:"predictions"`
		Judged      int   `bun:"judged"`
	}
	err := db.bun.NewRaw(`
		select model_id, sum(made) as predictions, sum(judged) as judged
		from (
			select model_id, count(*) as made, 0 as judged from predictions
			where as_of between ?0 and ?1 and origin = 'live' group by model_id
			union all
			select p.model_id, 0, count(*) from outcomes o
			join predictions p on p.story_id = o.story_id and p.code = o.code and p.horizon = o.horizon and p.origin = 'live'
			where o.known_at between ?0 and ?1 and o.void = '' and o.version = 1 group by p.model_id) t
		group by model_id order by model_id`, since, now).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "count the models' day")
	}
	days := make([]ModelDay, len(rows))
	for i, r := range rows {
		days[i] = ModelDay{ModelID: r.ModelID, Predictions: r.Predictions, Judged: r.Judged}
	}
	return days, nil
}

// AlertFilter narrows a list of alerts that were to be sent; zero fields mean any. KnownBy must be set: no outcome
// known later is shown.
type AlertFilter struct {
	ID      int64 // this one only, also when it was not to be sent
	Code    market.Code
	KnownBy time.Time
	After   Position
	Limit   int
}

// AlertItem is an alert as lists show it: with its title, the prediction behind it, how its messages fared and how the
// stock turned out so far.
type AlertItem struct {
	Alert      notice.Alert
	StockName  string
	Title      string
	URL        string
	Prediction *forecast.Prediction // nil for a disclosure
	Notices    map[notice.State]int
	Outcomes   []forecast.Outcome // newest versions, by horizon
	ToldAt     time.Time          // zero while telling is due
}

type listAlertRow struct {
	ID           int64     `bun:"id"`
	Kind         string    `bun:"kind"`
	StoryID      int64     `bun:"story_id"`
	ArticleID    int64     `bun:"article_id"`
	Code         string    `bun:"code"`
	PredictionID int64     `bun:"prediction_id"`
	Reason       string    `bun:"reason"`
	DecidedAt    time.Time `bun:"decided_at"`
	ToldAt       time.Time `bun:"told_at,nullzero"`
	StockName    string    `bun:"stock_name"`
	Title        string    `bun:"title"`
	URL          string    `bun:"url"`
	Horizon      int       `bun:"horizon"`
	Probability  float64   `bun:"probability"`
	BaseRate     float64   `bun:"base_rate"`
	LowPct       float64   `bun:"low_pct"`
	HighPct      float64   `bun:"high_pct"`
}

// AlertList returns the alerts that were to be sent, newest first by (decided_at, id), in three statements.
func (db *DB) AlertList(ctx context.Context, f AlertFilter) ([]AlertItem, error) {
	q := db.bun.NewSelect().TableExpr("alerts as t").
		ColumnExpr("t.id, t.kind, t.story_id, t.article_id, t.code, coalesce(t.prediction_id, 0) as prediction_id").
		ColumnExpr("t.reason, t.decided_at, t.told_at, coalesce(k.name, l.name, t.code) as stock_name").
		ColumnExpr("a.title, coalesce(a.url, '') as url, coalesce(p.horizon, 0) as horizon").
		ColumnExpr("coalesce(p.probability, 0) as probability, coalesce(p.base_rate, 0) as base_rate").
		ColumnExpr("coalesce(p.low_pct, 0) as low_pct, coalesce(p.high_pct, 0) as high_pct").
		Join("join articles as a on a.id = t.article_id").
		Join("left join predictions as p on p.id = t.prediction_id").
		Join("left join stocks as k on k.code = t.code").
		Join("left join listings as l on l.code = t.code").
		Where("t.decided_at <= ?", f.KnownBy).
		OrderExpr("t.decided_at desc, t.id desc").Limit(int64(f.Limit))
	if f.ID != 0 {
		q = q.Where("t.id = ?", f.ID)
	} else {
		q = q.Where("t.send") // on its own, for the index
	}
	if f.Code != "" {
		q = q.Where("t.code = ?", f.Code)
	}
	if f.After != (Position{}) {
		q = q.Where("(t.decided_at, t.id) < (?, ?)", f.After.At, f.After.ID)
	}
	var rows []listAlertRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fail(err, "list alerts")
	}
	items := make([]AlertItem, len(rows))
	for i, r := range rows {
		items[i] = r.toItem()
	}
	return items, db.addDelivery(ctx, items, f.KnownBy)
}

func (r listAlertRow) toItem() AlertItem {
	item := AlertItem{Alert: notice.Alert{ID: r.ID, Kind: notice.Kind(r.Kind), StoryID: r.StoryID, ArticleID: r.ArticleID,
		Code: market.Code(r.Code), PredictionID: r.PredictionID, Send: true, Reason: r.Reason, DecidedAt: r.DecidedAt},
		StockName: r.StockName, Title: r.Title, URL: r.URL, ToldAt: r.ToldAt, Notices: map[notice.State]int{}}
	if r.PredictionID != 0 {
		item.Prediction = &forecast.Prediction{ID: r.PredictionID, StoryID: r.StoryID, Code: item.Alert.Code,
			Horizon: r.Horizon, Probability: r.Probability, BaseRate: r.BaseRate, LowPct: r.LowPct, HighPct: r.HighPct}
	}
	return item
}

// addDelivery fills Notices and Outcomes of all items at once.
func (db *DB) addDelivery(ctx context.Context, items []AlertItem, knownBy time.Time) error {
	if len(items) == 0 {
		return nil
	}
	byID := make(map[int64]*AlertItem, len(items))
	ids := make([]int64, len(items))
	for i := range items {
		ids[i] = items[i].Alert.ID
		byID[ids[i]] = &items[i]
	}
	if err := db.addNotices(ctx, byID, ids); err != nil {
		return fail(err, "count the notices of %d alerts", len(ids))
	}
	return fail(db.addOutcomes(ctx, byID, ids, knownBy), "read the outcomes of %d alerts", len(ids))
}

func (db *DB) addNotices(ctx context.Context, byID map[int64]*AlertItem, ids []int64) error {
	var rows []struct {
		AlertID int64  `bun:"alert_id"`
		State   string `bun:"state"`
		N       int    `bun:"n"`
	}
	err := db.bun.NewRaw(`select alert_id, state, count(*) as n from notices where alert_id in (?) group by alert_id, state`,
		bun.List(ids)).Scan(ctx, &rows)
	for _, r := range rows {
		byID[r.AlertID].Notices[notice.State(r.State)] = r.N
	}
	return err
}

func (db *DB) addOutcomes(ctx context.Context, byID map[int64]*AlertItem, ids []int64, knownBy time.Time) error {
	var rows []struct {
		AlertID int64  `bun:"alert_id"`
		StoryID int64  `bun:"story_id"`
		Code    string `bun:"code"`
		Horizon int    `bun:"horizon"`
		outcomeColumns
	}
	err := db.bun.NewRaw(`
		select distinct on (t.id, o.horizon) t.id as alert_id, o.story_id, o.code, o.horizon, `+selectOutcome+`
		from alerts t join outcomes o on o.story_id = t.story_id and o.code = t.code and o.known_at <= ?
		where t.id in (?) order by t.id, o.horizon, o.version desc`, knownBy, bun.List(ids)).Scan(ctx, &rows)
	for _, r := range rows {
		item := byID[r.AlertID]
		item.Outcomes = append(item.Outcomes, r.toNoun(r.StoryID, market.Code(r.Code), r.Horizon))
	}
	return err
}
