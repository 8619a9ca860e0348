package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
)

// RecordOf names a record: what one model said of one horizon, live or in a walk through history.
type RecordOf struct {
	ModelID int64
	Horizon int
	Origin  forecast.Origin
}

// Scorecard is the report on a record, as it was made last.
type Scorecard struct {
	RecordOf
	Revision string    // of what it was made from; see OutcomeRevision
	JudgedAt time.Time // application clock
	Report   score.Report
}

type dailyRow struct {
	bun.BaseModel `bun:"table:daily_performance,alias:d"`

	ModelID     int64     `bun:"model_id,pk"`
	Horizon     int       `bun:"horizon,pk"`
	Origin      string    `bun:"origin,pk"`
	Day         date      `bun:"day,pk"`
	Articles    int       `bun:"articles"`
	StockDays   int       `bun:"stock_days"`
	Void        int       `bun:"void"`
	Said        int       `bun:"said"`
	Hits        int       `bun:"hits"`
	Ups         int       `bun:"ups"`
	Brier       float64   `bun:"brier"`
	BaseBrier   float64   `bun:"base_brier"`
	LogLoss     float64   `bun:"log_loss"`
	BaseLogLoss float64   `bun:"base_log_loss"`
	IC          *float64  `bun:"ic"`
	JudgedAt    time.Time `bun:"judged_at"`
}

// OutcomeRevision names the outcomes that there are, whenever they are known.
func (db *DB) OutcomeRevision(ctx context.Context) (string, error) {
	var last int64
	err := db.bun.NewRaw(`select coalesce(max(id), 0) from outcomes`).Scan(ctx, &last)
	return fmt.Sprint(last), fail(err, "revision of the outcomes")
}

// ScorecardRevisions returns what every record's report was made from.
func (db *DB) ScorecardRevisions(ctx context.Context) (map[RecordOf]string, error) {
	var rows []struct {
		ModelID  int64
		Horizon  int
		Origin   string
		Revision string
	}
	err := db.bun.NewRaw(`select model_id, horizon, origin, revision from scorecards limit 3000`).Scan(ctx, &rows)
	revisions := make(map[RecordOf]string, len(rows))
	for _, r := range rows {
		revisions[RecordOf{ModelID: r.ModelID, Horizon: r.Horizon, Origin: forecast.Origin(r.Origin)}] = r.Revision
	}
	return revisions, fail(err, "revisions of the scorecards")
}

// SaveScorecard keeps a record's report and its days; what was kept before of the same is replaced.
func (db *DB) SaveScorecard(ctx context.Context, c Scorecard, days []score.Daily) error {
	report, err := json.Marshal(c.Report)
	if err != nil {
		return fmt.Errorf("store: report on model %d: %w", c.ModelID, err)
	}
	rows := make([]dailyRow, len(days))
	for i, d := range days {
		rows[i] = dailyRow{ModelID: c.ModelID, Horizon: c.Horizon, Origin: string(c.Origin), Day: date(d.Day), Articles: d.Articles,
			StockDays: d.StockDays, Void: d.Void, Said: d.Said, Hits: d.Right, Ups: d.Ups, Brier: d.Brier, BaseBrier: d.BaseBrier,
			LogLoss: d.LogLoss, BaseLogLoss: d.BaseLogLoss, JudgedAt: c.JudgedAt}
		if d.IC.Known {
			rows[i].IC = &d.IC.Value
		}
	}
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, `
			insert into scorecards (model_id, horizon, origin, revision, judged_at, report) values (?, ?, ?, ?, ?, ?)
			on conflict (model_id, horizon, origin) do update
			set revision = excluded.revision, judged_at = excluded.judged_at, report = excluded.report`,
			c.ModelID, c.Horizon, string(c.Origin), c.Revision, c.JudgedAt, string(report))
		if err != nil || len(rows) == 0 {
			return err
		}
		_, err = tx.NewInsert().Model(&rows).On("conflict (model_id, horizon, origin, day) do update").
			Set("articles = excluded.articles").Set("stock_days = excluded.stock_days").Set("void = excluded.void").
			Set("said = excluded.said").Set("hits = excluded.hits").Set("ups = excluded.ups").Set("brier = excluded.brier").
			Set("base_brier = excluded.base_brier").Set("log_loss = excluded.log_loss").
			Set("base_log_loss = excluded.base_log_loss").Set("ic = excluded.ic").Set("judged_at = excluded.judged_at").
			Returning("null").Exec(ctx)
		return err
	})
	return fail(err, "save the scorecard of model %d", c.ModelID)
}

type scorecardRow struct {
	ModelID  int64
	Horizon  int
	Origin   string
	Revision string
	JudgedAt time.Time
	Report   json.RawMessage
}

func (r scorecardRow) toNoun() (Scorecard, error) {
	c := Scorecard{RecordOf: RecordOf{ModelID: r.ModelID, Horizon: r.Horizon, Origin: forecast.Origin(r.Origin)}, Revision: r.Revision, JudgedAt: r.JudgedAt}
	if err := json.Unmarshal(r.Report, &c.Report); err != nil {
		return Scorecard{}, fmt.Errorf("store: report on model %d: %w", r.ModelID, err)
	}
	return c, nil
}

// Scorecard returns one record's report; NotFound when it was not judged yet.
func (db *DB) Scorecard(ctx context.Context, of RecordOf) (Scorecard, error) {
	var row scorecardRow
	err := db.bun.NewRaw(`
		select model_id, horizon, origin, revision, judged_at, report from scorecards where model_id = ? and horizon = ? and origin = ?`,
		of.ModelID, of.Horizon, string(of.Origin)).Scan(ctx, &row)
	if err != nil {
		return Scorecard{}, fail(err, "scorecard of model %d over %d days", of.ModelID, of.Horizon)
	}
	return row.toNoun()
}

// Scorecards returns every record's report, by model, horizon and origin.
func (db *DB) Scorecards(ctx context.Context) ([]Scorecard, error) {
	var rows []scorecardRow
	err := db.bun.NewRaw(`
		select model_id, horizon, origin, revision, judged_at, report from scorecards order by model_id, horizon, origin limit 3000`).Scan(ctx, &rows)
	if err != nil {
		return nil, fail(err, "scorecards")
	}
	list := make([]Scorecard, len(rows))
	for i, r := range rows {
		if list[i], err = r.toNoun(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// DailyFilter narrows the list of days; zero fields mean any. From and To are both included.
type DailyFilter struct {
	RecordOf
	From, To market.Day
	After    DailyPlace
	Limit    int
}

// DailyPlace is a row's place in the list.
type DailyPlace struct {
	Day market.Day
	RecordOf
}

// DailyItem is one base day of a record.
type DailyItem struct {
	RecordOf
	score.Daily
}

// DailyPerformance returns days, the newest first, each by model, horizon and origin.
func (db *DB) DailyPerformance(ctx context.Context, f DailyFilter) ([]DailyItem, error) {
	var rows []dailyRow
	q := db.bun.NewSelect().Model(&rows).OrderExpr("d.day desc, d.model_id, d.horizon, d.origin").Limit(int64(f.Limit))
	if f.ModelID != 0 {
		q = q.Where("d.model_id = ?", f.ModelID)
	}
	if f.Horizon != 0 {
		q = q.Where("d.horizon = ?", f.Horizon)
	}
	if f.Origin != "" {
		q = q.Where("d.origin = ?", string(f.Origin))
	}
	if f.From != 0 {
		q = q.Where("d.day >= ?", date(f.From))
	}
	if f.To != 0 {
		q = q.Where("d.day <= ?", date(f.To))
	}
	if a := f.After; a != (DailyPlace{}) {
		q = q.Where("(d.day < ?0 or d.day = ?0 and (d.model_id, d.horizon, d.origin) > (?1, ?2, ?3))",
			date(a.Day), a.ModelID, a.Horizon, string(a.Origin))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fail(err, "daily performance")
	}
	list := make([]DailyItem, len(rows))
	for i, r := range rows {
		list[i] = r.toItem()
	}
	return list, nil
}

func (r dailyRow) toItem() DailyItem {
	item := DailyItem{RecordOf: RecordOf{ModelID: r.ModelID, Horizon: r.Horizon, Origin: forecast.Origin(r.Origin)},
		Daily: score.Daily{Day: market.Day(r.Day), Articles: r.Articles, StockDays: r.StockDays, Void: r.Void, Said: r.Said, Right: r.Hits,
			Ups: r.Ups, Brier: r.Brier, BaseBrier: r.BaseBrier, LogLoss: r.LogLoss, BaseLogLoss: r.BaseLogLoss}}
	if r.IC != nil {
		item.IC = score.Estimate{Value: *r.IC, Known: true}
	}
	return item
}
