package handlers

import (
	"context"
	"encoding/hex"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
	"tickerwire/store"
)

// prediction is one model's statement on one story, stock and horizon.
type prediction struct {
	ID          int64    `json:"id" doc:"The prediction's id."`
	StoryID     int64    `json:"story_id" doc:"The story that it is about."`
	Title       string   `json:"title" doc:"The title of the story's first article."`
	Stock       stockRef `json:"stock" doc:"The stock."`
	Model       modelRef `json:"model" doc:"Who made it."`
	Horizon     int      `json:"horizon" doc:"Trading days ahead."`
	Generation  int      `json:"generation" doc:"1 for the first, raised by each ordered re-prediction."`
	AsOf        instant  `json:"as_of" doc:"When the story became available; nothing later was looked at."`
	MadeAt      instant  `json:"made_at" doc:"When it was made."`
	Probability pct      `json:"probability" doc:"Of a positive excess return, 0 to 1."`
	BaseRate    pct      `json:"base_rate" doc:"What would be said without the story, 0 to 1."`
	Direction   int      `json:"direction" enum:"-1,0,1" doc:"The sign of probability minus base rate."`
	ExpectedPct pct      `json:"expected_pct" doc:"Expected excess return, percent."`
	LowPct      pct      `json:"low_pct" doc:"Lower end of the 80 percent interval of the excess return."`
	HighPct     pct      `json:"high_pct" doc:"Upper end of that interval."`
	Neighbours  int      `json:"neighbours" doc:"How many past articles it rests on."`
	Effective   pct      `json:"effective" doc:"How many equally weighted ones they are worth."`
	Late        bool     `json:"late" doc:"Made after its target session opened; left out of the headline numbers."`
	Origin      string   `json:"origin" enum:"live,backtest" doc:"Live, or from a walk through history."`
	Note        string   `json:"note" doc:"What the model has to add; empty when nothing."`
	BaseDay     *date    `json:"base_day" doc:"The day whose close the return is measured from."`
	TargetDay   *date    `json:"target_day" doc:"The day whose close it is measured to; null where the calendar ends."`
	Outcome     *outcome `json:"outcome" doc:"What happened; null while it is not known."`
}

func (a *api) showPredictions(rows []store.PredictionItem) []prediction {
	return showAll(rows, a.showPrediction)
}

func (a *api) showPrediction(i store.PredictionItem) prediction {
	p := i.Prediction
	out := prediction{ID: p.ID, StoryID: p.StoryID, Title: i.Title, Stock: stockRef{Code: p.Code, Name: i.StockName},
		Model: toModelRef(i.Model), Horizon: p.Horizon, Generation: p.Generation, AsOf: instant(p.AsOf), MadeAt: instant(p.MadeAt),
		Probability: pct(p.Probability), BaseRate: pct(p.BaseRate), Direction: p.Direction(), ExpectedPct: pct(p.ExpectedPct),
		LowPct: pct(p.LowPct), HighPct: pct(p.HighPct), Neighbours: i.Neighbours, Effective: pct(i.Effective), Late: p.Late,
		Origin: string(p.Origin), Note: p.Note, BaseDay: maybeDate(i.BaseDay)}
	if i.BaseDay != 0 {
		if day, err := a.Calendar.Add(i.BaseDay, p.Horizon); err == nil {
			out.TargetDay = maybeDate(day)
		}
	}
	if i.Outcome != nil {
		o := toOutcome(*i.Outcome, p.Direction())
		out.Outcome = &o
	}
	return out
}

type listPredictionsRequest struct {
	pageQuery
	Code market.Code `query:"code" doc:"Only of this stock."`
	predictionFilter
}

// predictionFilter is what every list of predictions can be narrowed by.
type predictionFilter struct {
	Model      int64     `query:"model" min:"1" doc:"Only by the model with this id."`
	Horizon    int       `query:"horizon" min:"1" max:"60" doc:"Only for so many trading days."`
	Direction  *int      `query:"direction" enum:"-1,0,1" doc:"Only with this sign of probability minus base rate."`
	MinGap     float64   `query:"min_gap" min:"0" max:"1" doc:"Only at least so far from the base rate."`
	Resolved   *bool     `query:"resolved" doc:"Only with an outcome, or only without."`
	Void       *bool     `query:"void" doc:"Only with an outcome that is void, or only with one that counts."`
	Generation int       `query:"generation" min:"1" max:"100000" doc:"Only of this generation."`
	Origin     string    `query:"origin" enum:"live,backtest" default:"live" doc:"Live, or from a walk through history."`
	From       time.Time `query:"from" doc:"As of this time or later."`
	To         time.Time `query:"to" doc:"As of a time before this."`
}

func (a *api) listPredictions(ctx context.Context, call Call, req listPredictionsRequest) (page[prediction], error) {
	return a.pageOfPredictions(ctx, call, req.pageQuery, req.Code, req.predictionFilter)
}

type listStockPredictionsRequest struct {
	codeRequest
	pageQuery
	predictionFilter
}

func (a *api) listStockPredictions(ctx context.Context, call Call, req listStockPredictionsRequest) (page[prediction], error) {
	if _, err := a.DB.Stock(ctx, req.Code); err != nil {
		return page[prediction]{}, err
	}
	return a.pageOfPredictions(ctx, call, req.pageQuery, req.Code, req.predictionFilter)
}

func (a *api) pageOfPredictions(ctx context.Context, call Call, q pageQuery, code market.Code, f predictionFilter) (page[prediction], error) {
	after, err := a.after(call, q)
	if err != nil {
		return page[prediction]{}, err
	}
	rows, err := a.DB.PredictionList(ctx, store.PredictionFilter{Code: code, ModelID: f.Model, Horizon: f.Horizon,
		Direction: f.Direction, MinGap: f.MinGap, Resolved: f.Resolved, Void: f.Void, Generation: f.Generation,
		Origin: forecast.Origin(f.Origin), From: f.From, To: f.To, KnownBy: a.Now(), After: after.Position, Limit: q.Limit + 1})
	if err != nil {
		return page[prediction]{}, err
	}
	return newPage(a, call, q, rows, func(i store.PredictionItem) position {
		return position{Position: store.Position{At: i.Prediction.AsOf, ID: i.Prediction.ID}}
	}, a.showPrediction), nil
}

type predictionAnswer struct {
	prediction
	Evidence evidenceBody     `json:"evidence" doc:"What it rests on."`
	Call     callBody         `json:"call" doc:"The model call that made it."`
	AIText   *aiText          `json:"ai_text" doc:"What a language model wrote as its reason; null when none did, or it was erased."`
	Seal     *sealBody        `json:"seal" doc:"Its receipt, made before the outcome; null while it has none, as backtests never have."`
	Others   []generationItem `json:"generations" doc:"The same statement in all its generations, newest first, at most 50."`
}

type evidenceBody struct {
	Query      int64           `json:"query" doc:"The story's first article, whose vector was searched with."`
	Embedder   string          `json:"embedder" doc:"The version of that vector and of the neighbours'."`
	Effective  pct             `json:"effective" doc:"How many equally weighted neighbours they are worth."`
	PanelDays  int             `json:"panel_days" doc:"Over how many days the base rate was measured."`
	Raw        *pct            `json:"raw_probability" doc:"What the model itself said, before it was recalibrated by its record; null where it was not."`
	Neighbours []neighbourItem `json:"neighbours" doc:"Past articles, in the model's order."`
}

type neighbourItem struct {
	ArticleID int64    `json:"article_id" doc:"The past article."`
	StoryID   int64    `json:"story_id" doc:"Its story."`
	Title     string   `json:"title" doc:"Its title; empty when it was taken down."`
	Available *instant `json:"available_at" doc:"When it became available; null when it was taken down."`
	Stock     stockRef `json:"stock" doc:"The stock whose move was used."`
	Cosine    pct      `json:"cosine" doc:"To the query, -1 to 1."`
	Weight    pct      `json:"weight" doc:"How much it counted."`
	TargetDay *date    `json:"target_day" doc:"The day of the close that ended the move."`
	ExcessPct pct      `json:"excess_pct" doc:"The move: the stock's return less the others' mean, percent."`
	KnownAt   instant  `json:"known_at" doc:"When the move was known; not after as_of."`
}

type callBody struct {
	ID           int64         `json:"id" doc:"The call's id."`
	Note         string        `json:"note" doc:"What the model had to add to all of its predictions."`
	PromptHash   string        `json:"prompt_hash" doc:"Of the exact prompt; empty for models without one."`
	InputTokens  int           `json:"input_tokens" doc:"0 for local models."`
	OutputTokens int           `json:"output_tokens" doc:"0 for local models."`
	CostMicroWon int64         `json:"cost_micro_won" doc:"Millionths of a won."`
	LatencyMS    int           `json:"latency_ms" doc:"Milliseconds."`
	Requests     []requestItem `json:"requests" doc:"What a language model was asked about this stock, oldest first; empty for models without one."`
	RunID        *int64        `json:"run_id" doc:"The run that ordered it; null for a first prediction."`
}

// sealBody is a prediction's place in the chain of receipts. All of it is hex.
type sealBody struct {
	Number   int64   `json:"number" doc:"The seal's number; the chain has no gap."`
	Hash     string  `json:"hash" doc:"SHA-256 of all that the prediction says and rests on."`
	Head     string  `json:"head" doc:"SHA-256 over the seal's hashes and the head before."`
	Short    string  `json:"short" doc:"The first 12 digits of the head, as alerts carry it."`
	SealedAt instant `json:"sealed_at" doc:"When it was sealed, on the wall clock."`
}

// seal returns a prediction's receipt, nil while it has none.
func (a *api) seal(ctx context.Context, id int64) (*sealBody, error) {
	s, err := a.DB.SealOf(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil //nolint:nilnil // none yet is an answer
	}
	if err != nil {
		return nil, err
	}
	head := hex.EncodeToString(s.Head)
	return &sealBody{Number: s.Number, Hash: hex.EncodeToString(s.Hash), Head: head, Short: head[:min(len(head), 12)], SealedAt: instant(s.SealedAt)}, nil
}

type generationItem struct {
	ID          int64   `json:"id" doc:"The prediction's id."`
	Generation  int     `json:"generation" doc:"Its generation."`
	MadeAt      instant `json:"made_at" doc:"When it was made."`
	Probability pct     `json:"probability" doc:"What it said, 0 to 1."`
	BaseRate    pct     `json:"base_rate" doc:"The base rate then, 0 to 1."`
}

const mostGenerations = 50

func (a *api) getPrediction(ctx context.Context, _ Call, req idRequest) (predictionAnswer, error) {
	rows, err := a.DB.PredictionList(ctx, store.PredictionFilter{ID: req.ID, KnownBy: a.Now(), Limit: 1})
	if err != nil {
		return predictionAnswer{}, err
	}
	if len(rows) == 0 {
		return predictionAnswer{}, fault.New(fault.NotFound, "prediction %d does not exist", req.ID)
	}
	p := rows[0].Prediction
	out := predictionAnswer{prediction: a.showPrediction(rows[0])}
	info, err := a.DB.CallInfo(ctx, p.CallID)
	if err != nil {
		return predictionAnswer{}, err
	}
	out.Call = callBody{ID: p.CallID, Note: info.Note, PromptHash: info.PromptHash, InputTokens: info.InputTokens,
		OutputTokens: info.OutputTokens, CostMicroWon: info.CostMicroWon, LatencyMS: info.LatencyMS, RunID: maybeID(info.RunID)}
	if out.Call.Requests, out.AIText, err = a.requests(ctx, rows[0]); err != nil {
		return predictionAnswer{}, err
	}
	if out.Seal, err = a.seal(ctx, p.ID); err != nil {
		return predictionAnswer{}, err
	}
	others, err := a.DB.PredictionList(ctx, store.PredictionFilter{StoryID: p.StoryID, Code: p.Code, ModelID: p.ModelID,
		Horizon: p.Horizon, KnownBy: a.Now(), Limit: mostGenerations})
	if err != nil {
		return predictionAnswer{}, err
	}
	out.Others = showAll(others, toGeneration)
	out.Evidence, err = a.evidence(ctx, req.ID)
	return out, err
}

func toGeneration(i store.PredictionItem) generationItem {
	p := i.Prediction
	return generationItem{ID: p.ID, Generation: p.Generation, MadeAt: instant(p.MadeAt), Probability: pct(p.Probability), BaseRate: pct(p.BaseRate)}
}

func (a *api) evidence(ctx context.Context, id int64) (evidenceBody, error) {
	p, err := a.DB.Prediction(ctx, id)
	if err != nil {
		return evidenceBody{}, err
	}
	e := p.Evidence
	titles, names, err := a.resolve(ctx, e.Neighbours)
	if err != nil {
		return evidenceBody{}, err
	}
	body := evidenceBody{Query: e.Query, Embedder: e.Embedder, Effective: pct(e.Effective), PanelDays: e.PanelDays,
		Neighbours: showAll(e.Neighbours, func(n forecast.Neighbour) neighbourItem {
			x := titles[n.ArticleID]
			return neighbourItem{ArticleID: n.ArticleID, StoryID: n.StoryID, Title: x.Title, Available: maybe(x.AvailableAt),
				Stock: nameOf(names, n.Code), Cosine: pct(n.Cosine), Weight: pct(n.Weight), TargetDay: maybeDate(n.TargetDay),
				ExcessPct: pct(n.ExcessPct), KnownAt: instant(n.KnownAt)}
		})}
	if p.Raw != 0 {
		body.Raw = share(p.Raw)
	}
	return body, nil
}

// resolve reads the articles and the stocks' names of neighbours.
func (a *api) resolve(ctx context.Context, list []forecast.Neighbour) (map[int64]news.Article, map[market.Code]string, error) {
	byID := make(map[int64]news.Article, len(list))
	names, err := a.DB.StockNames(ctx, showAll(list, func(n forecast.Neighbour) market.Code { return n.Code }))
	if err != nil || len(list) == 0 {
		return byID, names, err
	}
	articles, err := a.DB.ArticlesByID(ctx, showAll(list, func(n forecast.Neighbour) int64 { return n.ArticleID }))
	if err != nil {
		return nil, nil, err
	}
	for _, x := range articles {
		byID[x.ID] = x
	}
	return byID, names, nil
}
