package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

type predictionRow struct {
	bun.BaseModel `bun:"table:predictions,alias:p"`

	ID          int64       `bun:"id,pk,autoincrement"`
	CallID      int64       `bun:"call_id"`
	StoryID     int64       `bun:"story_id"`
	Code        string      `bun:"code"`
	ModelID     int64       `bun:"model_id"`
	Horizon     int         `bun:"horizon"`
	Generation  int         `bun:"generation"`
	AsOf        time.Time   `bun:"as_of"`
	MadeAt      time.Time   `bun:"made_at"`
	Probability float64     `bun:"probability"`
	Raw         float64     `bun:"raw,nullzero"`
	Calibration int64       `bun:"calibration_id,nullzero"`
	BaseRate    float64     `bun:"base_rate"`
	ExpectedPct float64     `bun:"expected_pct"`
	LowPct      float64     `bun:"low_pct"`
	HighPct     float64     `bun:"high_pct"`
	Late        bool        `bun:"late"`
	Origin      string      `bun:"origin"`
	Note        string      `bun:"note"`
	Evidence    evidenceDoc `bun:"evidence,type:jsonb"`
}

func predictionRowOf(p forecast.Prediction) predictionRow {
	return predictionRow{CallID: p.CallID, StoryID: p.StoryID, Code: string(p.Code), ModelID: p.ModelID, Horizon: p.Horizon,
		Generation: p.Generation, AsOf: p.AsOf, MadeAt: p.MadeAt, Probability: p.Probability, Raw: p.Raw, Calibration: p.CalibrationID, BaseRate: p.BaseRate,
		ExpectedPct: p.ExpectedPct, LowPct: p.LowPct, HighPct: p.HighPct, Late: p.Late, Origin: string(p.Origin),
		Note: legible(p.Note), Evidence: evidenceDocOf(p.Evidence)}
}

func (r predictionRow) toNoun() forecast.Prediction {
	return forecast.Prediction{ID: r.ID, StoryID: r.StoryID, Code: market.Code(r.Code), ModelID: r.ModelID, CallID: r.CallID,
		Horizon: r.Horizon, Generation: r.Generation, AsOf: r.AsOf, MadeAt: r.MadeAt, Probability: r.Probability, Raw: r.Raw, CalibrationID: r.Calibration,
		BaseRate: r.BaseRate, ExpectedPct: r.ExpectedPct, LowPct: r.LowPct, HighPct: r.HighPct, Late: r.Late,
		Origin: forecast.Origin(r.Origin), Note: r.Note, Evidence: r.Evidence.toNoun()}
}

// evidenceDoc is forecast.Evidence as it is kept in predictions.evidence.
type evidenceDoc struct {
	Query      int64          `json:"query"`
	Embedder   string         `json:"embedder"`
	Neighbours []neighbourDoc `json:"neighbours,omitempty"`
	Effective  float64        `json:"effective"`
	PanelDays  int            `json:"panel_days"`
}

type neighbourDoc struct {
	ArticleID int64     `json:"article_id"`
	StoryID   int64     `json:"story_id"`
	Code      string    `json:"code"`
	Cosine    float64   `json:"cosine"`
	Weight    float64   `json:"weight"`
	TargetDay string    `json:"target_day"`
	ExcessPct float64   `json:"excess_pct"`
	KnownAt   time.Time `json:"known_at"`
}

func evidenceDocOf(e forecast.Evidence) evidenceDoc {
	doc := evidenceDoc{Query: e.Query, Embedder: e.Embedder, Effective: e.Effective, PanelDays: e.PanelDays}
	for _, n := range e.Neighbours {
		doc.Neighbours = append(doc.Neighbours, neighbourDoc{ArticleID: n.ArticleID, StoryID: n.StoryID, Code: string(n.Code),
			Cosine: n.Cosine, Weight: n.Weight, TargetDay: n.TargetDay.String(), ExcessPct: n.ExcessPct, KnownAt: n.KnownAt.UTC()})
	}
	return doc
}

func (d evidenceDoc) toNoun() forecast.Evidence {
	e := forecast.Evidence{Query: d.Query, Embedder: d.Embedder, Effective: d.Effective, PanelDays: d.PanelDays}
	for _, n := range d.Neighbours {
		// The day was written by String, hence it parses; a foreign one shows as the zero day.
		day, _ := market.ParseDay(n.TargetDay)
		e.Neighbours = append(e.Neighbours, forecast.Neighbour{ArticleID: n.ArticleID, StoryID: n.StoryID, Code: market.Code(n.Code),
			Cosine: n.Cosine, Weight: n.Weight, TargetDay: day, ExcessPct: n.ExcessPct, KnownAt: n.KnownAt})
	}
	return e
}

// CallDone says how a model call ended. Skipped means that it made no prediction on purpose; Note says why.
type CallDone struct {
	CallID    int64
	Note      string
	LatencyMS int
	Skipped   bool
	Asked     bool // somebody was paid: tokens, cost and latency are those of the call's requests
}

// SavePredictions ends a call with its predictions, in one transaction, and returns the ids of the call's predictions
// in the order of (code, horizon). A call that has ended already is left as it is, its predictions too: then the answer
// is what the first time left (nothing for a call that was skipped or cancelled). Story, model, generation and call of
// every row are the call's own; a prediction that names others is Invalid. A call whose predictions can cause no alert
// (a challenger's that stands in for nobody, a backtest's, an ordered re-prediction's) is marked decided at once.
func (db *DB) SavePredictions(ctx context.Context, done CallDone, predictions []forecast.Prediction) (ids []int64, err error) {
	err = db.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := endCall(ctx, tx, done, predictions); err != nil {
			return err
		}
		return tx.NewRaw(`select id from predictions where call_id = ? order by code, horizon`, done.CallID).Scan(ctx, &ids)
	})
	return ids, fail(err, "save %d predictions of call %d", len(predictions), done.CallID)
}

func endCall(ctx context.Context, tx bun.Tx, done CallDone, predictions []forecast.Prediction) error {
	var call struct {
		StoryID, ModelID int64
		Generation       int
	}
	err := tx.NewRaw(`
		update model_calls c set state = case when ?1 then 'skipped' else 'done' end, note = ?2, latency_ms = ?3, done_at = now(),
			decided_at = case when ?1 or c.origin <> 'live' or c.run_id is not null or m.role <> 'champion' and c.stands_for is null then now() end
		from models m where m.id = c.model_id and c.id = ?0 and c.state = 'due'
		returning c.story_id, c.model_id, c.generation`,
		done.CallID, done.Skipped, legible(done.Note), done.LatencyMS).Scan(ctx, &call)
	if errors.Is(err, sql.ErrNoRows) {
		var exists bool
		if err := tx.NewRaw(`select exists (select from model_calls where id = ?)`, done.CallID).Scan(ctx, &exists); err != nil || exists {
			return err
		}
		return notFound("call %d", done.CallID)
	}
	if err == nil && done.Asked {
		_, err = tx.NewRaw(sumRequests, done.CallID).Exec(ctx)
	}
	if err != nil || done.Skipped || len(predictions) == 0 {
		return err
	}
	rows := make([]predictionRow, len(predictions))
	for i, p := range predictions {
		if p.StoryID != call.StoryID || p.ModelID != call.ModelID || p.Generation != call.Generation {
			return fault.New(fault.Invalid, "a prediction of story %d, model %d, generation %d does not belong to call %d of story %d, model %d, generation %d",
				p.StoryID, p.ModelID, p.Generation, done.CallID, call.StoryID, call.ModelID, call.Generation)
		}
		p.CallID = done.CallID
		rows[i] = predictionRowOf(p)
	}
	_, err = tx.NewInsert().Model(&rows).ExcludeColumn("id").On("conflict (story_id, code, model_id, horizon, generation) do nothing").
		Returning("null").Exec(ctx)
	return err
}

// Prediction returns one prediction; NotFound when there is none.
func (db *DB) Prediction(ctx context.Context, id int64) (forecast.Prediction, error) {
	var row predictionRow
	if err := db.bun.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return forecast.Prediction{}, failOne(err, "prediction %d", id)
	}
	return row.toNoun(), nil
}

// PredictionsOfCall returns what a call predicted, in the order of (code, horizon).
func (db *DB) PredictionsOfCall(ctx context.Context, callID int64) ([]forecast.Prediction, error) {
	var rows []predictionRow
	if err := db.bun.NewSelect().Model(&rows).Where("call_id = ?", callID).Order("code", "horizon").Scan(ctx); err != nil {
		return nil, fail(err, "predictions of call %d", callID)
	}
	list := make([]forecast.Prediction, len(rows))
	for i, r := range rows {
		list[i] = r.toNoun()
	}
	return list, nil
}
