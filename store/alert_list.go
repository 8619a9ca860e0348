package store

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

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

// alertPage is a page of alerts in the making, as it is read: the alerts, their notices and their outcomes.
type alertPage struct {
	rows     []listAlertRow
	notices  []alertNotices
	outcomes []alertOutcome
}

type listAlertRow struct {
	ID, StoryID, ArticleID, PredictionID int64
	Kind, Code, Reason                   string
	DecidedAt                            time.Time
	ToldAt                               *time.Time
	StockName, Title, URL                string
	Horizon                              int
	Probability, BaseRate                float64
	LowPct, HighPct                      float64
}

type alertNotices struct {
	AlertID int64
	State   string
	N       int
}

type alertOutcome struct {
	AlertID, StoryID int64
	Code             string
	Horizon          int
	outcomeColumns
}

// AlertList returns the alerts that were to be sent, newest first by (decided_at, id), in one round trip.
func (db *DB) AlertList(ctx context.Context, f AlertFilter) ([]AlertItem, error) {
	var page alertPage
	if err := db.read(ctx, "list alerts", page.reads(f)...); err != nil {
		return nil, err
	}
	return page.items(), nil
}

// reads are the three statements of a page. Each finds the page by itself, so that they go together.
func (p *alertPage) reads(f AlertFilter) []read {
	return []read{
		into(pageOfAlerts(f).add(`
			select t.id, t.kind, t.story_id, t.article_id, t.code, coalesce(t.prediction_id, 0), t.reason, t.decided_at, t.told_at,
				coalesce(k.name, l.name, t.code), a.title, coalesce(a.url, ''), coalesce(p.horizon, 0), coalesce(p.probability, 0),
				coalesce(p.base_rate, 0), coalesce(p.low_pct, 0), coalesce(p.high_pct, 0)
			from page t join articles a on a.id = t.article_id
			left join predictions p on p.id = t.prediction_id
			left join stocks k on k.code = t.code
			left join listings l on l.code = t.code
			order by t.decided_at desc, t.id desc`), &p.rows, scanAlert),
		into(pageOfAlerts(f).add(`
			select n.alert_id, n.state, count(*) from page t join notices n on n.alert_id = t.id
			group by n.alert_id, n.state`), &p.notices, func(rows pgx.Rows, n *alertNotices) error {
			return rows.Scan(&n.AlertID, &n.State, &n.N)
		}),
		into(pageOfAlerts(f).add(`
			select distinct on (t.id, o.horizon) t.id, o.story_id, o.code, o.horizon, `+selectOutcome+`
			from page t join outcomes o on o.story_id = t.story_id and o.code = t.code and o.known_at <= ?
			order by t.id, o.horizon, o.version desc`, f.KnownBy), &p.outcomes, scanAlertOutcome),
	}
}

func pageOfAlerts(f AlertFilter) *query {
	q := newQuery(`
		with page as materialized (
			select t.id, t.kind, t.story_id, t.article_id, t.code, t.prediction_id, t.reason, t.decided_at, t.told_at
			from alerts t where t.decided_at <= ?`, f.KnownBy)
	if f.ID != 0 {
		q.add(" and t.id = ?", f.ID)
	} else {
		q.add(" and t.send") // on its own, for the index
	}
	if f.Code != "" {
		q.add(" and t.code = ?", string(f.Code))
	}
	if f.After != (Position{}) {
		q.add(" and (t.decided_at, t.id) < (?, ?)", f.After.At, f.After.ID)
	}
	return q.add(" order by t.decided_at desc, t.id desc limit " + strconv.Itoa(f.Limit) + ")")
}

func scanAlert(rows pgx.Rows, r *listAlertRow) error {
	return rows.Scan(&r.ID, &r.Kind, &r.StoryID, &r.ArticleID, &r.Code, &r.PredictionID, &r.Reason, &r.DecidedAt, &r.ToldAt,
		&r.StockName, &r.Title, &r.URL, &r.Horizon, &r.Probability, &r.BaseRate, &r.LowPct, &r.HighPct)
}

func scanAlertOutcome(rows pgx.Rows, o *alertOutcome) error {
	return rows.Scan(&o.AlertID, &o.StoryID, &o.Code, &o.Horizon,
		&o.OVersion, &o.OBaseDay, &o.OTargetDay, &o.OReturn, &o.OExcess, &o.OSigma, &o.OFlat, &o.OVoid, &o.OKnownAt)
}

func (p *alertPage) items() []AlertItem {
	items := make([]AlertItem, len(p.rows))
	byID := make(map[int64]*AlertItem, len(items))
	for i, r := range p.rows {
		items[i] = r.toItem()
		byID[r.ID] = &items[i]
	}
	// Statements are not of one instant: one may know of an alert that another did not find yet.
	for _, n := range p.notices {
		if item := byID[n.AlertID]; item != nil {
			item.Notices[notice.State(n.State)] = n.N
		}
	}
	for _, o := range p.outcomes {
		if item := byID[o.AlertID]; item != nil {
			item.Outcomes = append(item.Outcomes, o.toNoun(o.StoryID, market.Code(o.Code), o.Horizon))
		}
	}
	return items
}

func (r listAlertRow) toItem() AlertItem {
	item := AlertItem{Alert: notice.Alert{ID: r.ID, Kind: notice.Kind(r.Kind), StoryID: r.StoryID, ArticleID: r.ArticleID,
		Code: market.Code(r.Code), PredictionID: r.PredictionID, Send: true, Reason: r.Reason, DecidedAt: r.DecidedAt},
		StockName: r.StockName, Title: r.Title, URL: r.URL, Notices: map[notice.State]int{}}
	if r.ToldAt != nil {
		item.ToldAt = *r.ToldAt
	}
	if r.PredictionID != 0 {
		item.Prediction = &forecast.Prediction{ID: r.PredictionID, StoryID: r.StoryID, Code: item.Alert.Code,
			Horizon: r.Horizon, Probability: r.Probability, BaseRate: r.BaseRate, LowPct: r.LowPct, HighPct: r.HighPct}
	}
	return item
}
