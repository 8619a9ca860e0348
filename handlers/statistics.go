package handlers

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/score"
	"tickerwire/store"
)

// recordRef names the record that numbers are about.
type recordRef struct {
	Model    modelRef `json:"model" doc:"Whose record it is."`
	Horizon  int      `json:"horizon" doc:"Trading days ahead."`
	Origin   string   `json:"origin" enum:"live,backtest" doc:"What was said live, or in a walk through history; never mixed."`
	JudgedAt *instant `json:"judged_at" doc:"When it was judged last; null when never."`
}

// recordItem is what a record comes to. The unit is the stock-day: a stock's stories of one day share one outcome.
type recordItem struct {
	recordRef
	Verdict     string     `json:"verdict" enum:"collecting,no skill shown,skill shown" doc:"skill shown: the whole interval of the skill lies above 0 and the bets on it have reached the threshold."`
	Note        string     `json:"note" doc:"'too few days': intervals rest on single stock-days, and are too narrow; empty otherwise."`
	Needs       needsBody  `json:"needs" doc:"What is missing to a verdict."`
	From        *date      `json:"from" doc:"The first base day; null for an empty record."`
	To          *date      `json:"to" doc:"The last one."`
	Articles    int        `json:"articles" doc:"Predictions that were judged."`
	Stories     int        `json:"stories" doc:"Of them, with near-duplicates counted once."`
	StockDays   int        `json:"stock_days" doc:"The unit of evidence: pairs of stock and base day."`
	Days        int        `json:"days" doc:"Base days."`
	Void        int        `json:"void" doc:"Predictions whose outcome has no label."`
	Late        int        `json:"late" doc:"Predictions made after their target session had opened; not judged."`
	Skill       *estimate  `json:"skill" doc:"Brier skill against the panel's base rate: 1 is perfect, 0 is the base rate's; null while collecting."`
	Brier       *pct       `json:"brier" doc:"Brier score; null while collecting."`
	BaseBrier   *pct       `json:"base_brier" doc:"The base rate's; null while collecting."`
	Evidence    *pct       `json:"evidence" doc:"The most that a capital of 1 has become that was bet on the model being better than the base rate. It is no probability."`
	Threshold   float64    `json:"threshold" doc:"What evidence must reach."`
	LogLoss     *estimate  `json:"log_loss" doc:"Mean negative log likelihood."`
	BaseLogLoss *pct       `json:"base_log_loss" doc:"The base rate's."`
	Accuracy    *estimate  `json:"accuracy" doc:"Share of stock-days whose direction, sign(probability - base rate), was right, of those of which one was said."`
	Wilson      *estimate  `json:"accuracy_if_independent" doc:"The same with Wilson's interval, which takes stock-days for independent."`
	Balanced    *estimate  `json:"balanced_accuracy" doc:"Mean of the shares that were right among rises and among falls."`
	AUC         *estimate  `json:"auc" doc:"Chance that a rise was given more than a fall; .5 knows nothing."`
	IC          *estimate  `json:"ic" doc:"Mean of the days' rank correlations with the excess return."`
	ICIR        *pct       `json:"icir" doc:"That mean in the days' standard deviations; null when unknown."`
	ICDays      int        `json:"ic_days" doc:"Days that have a rank correlation."`
	UpRate      *pct       `json:"up_rate" doc:"Share of stock-days with a positive excess return; null while collecting."`
	Coverage    *pct       `json:"coverage" doc:"Share of stock-days of which something other than the base rate was said; null while collecting."`
	ThreeWay    *threeWay  `json:"three_way" doc:"Scores over fall, no move and rise; null while collecting or when no volatility was known."`
	Drift       []flagItem `json:"drift" doc:"What drifts; empty when nothing does."`
}

type needsBody struct {
	StockDays int `json:"stock_days" doc:"Stock-days still missing to the least."`
	Days      int `json:"days" doc:"Base days still missing to the least."`
}

// estimate is a figure with its 95 percent interval.
type estimate struct {
	Value pct  `json:"value" doc:"The figure."`
	Low   *pct `json:"low" doc:"Lower end of its 95 percent interval; null when there is none."`
	High  *pct `json:"high" doc:"Upper end of it."`
}

func toEstimate(e score.Estimate) *estimate {
	if !e.Known {
		return nil
	}
	out := &estimate{Value: pct(e.Value)}
	if e.Ranged {
		out.Low, out.High = share(e.Low), share(e.High)
	}
	return out
}

type threeWay struct {
	StockDays int `json:"stock_days" doc:"Stock-days whose volatility was known."`
	RPS       pct `json:"rps" doc:"Ranked probability score, 0 is perfect."`
	BaseRPS   pct `json:"base_rps" doc:"The base rate's."`
	Brier     pct `json:"brier" doc:"Brier score over the three classes, 0 is perfect."`
	BaseBrier pct `json:"base_brier" doc:"The base rate's."`
}

type flagItem struct {
	Name  string `json:"name" enum:"loss,calibration,jump,press,length,comparable,tags,crawl_lag,prices,void,embedder" doc:"What drifts."`
	Value pct    `json:"value" doc:"How far."`
	Limit pct    `json:"limit" doc:"Beyond which limit."`
}

func toFlag(f score.Flag) flagItem { return flagItem{f.Name, pct(f.Value), pct(f.Limit)} }

// recordFilter is what lists of records can be narrowed by.
type recordFilter struct {
	Model   int64  `query:"model" min:"1" doc:"Only of the model with this id."`
	Horizon int    `query:"horizon" enum:"1,3,5" doc:"Only over so many trading days."`
	Origin  string `query:"origin" enum:"live,backtest" doc:"Only live, or only of walks through history."`
}

func (f recordFilter) wants(of store.RecordOf) bool {
	return (f.Model == 0 || f.Model == of.ModelID) && (f.Horizon == 0 || f.Horizon == of.Horizon) && (f.Origin == "" || f.Origin == string(of.Origin))
}

type statisticsRequest struct {
	pageQuery
	recordFilter
}

// judgedRecord is a scorecard with its model.
type judgedRecord struct {
	store.Scorecard
	model forecast.Model
}

func (r judgedRecord) ref() recordRef {
	return recordRef{Model: toModelRef(r.model), Horizon: r.Horizon, Origin: string(r.Origin), JudgedAt: maybe(r.JudgedAt)}
}

func (r judgedRecord) key() string {
	return fmt.Sprintf("%s/%02d/%s", sortable(r.ModelID), r.Horizon, r.Origin)
}

// records returns the scorecards that a filter wants, by model, horizon and origin. What a model in use says live has a
// record from the start: an empty one.
func (a *api) records(ctx context.Context, f recordFilter) ([]judgedRecord, error) {
	models, err := a.DB.Models(ctx)
	if err != nil {
		return nil, err
	}
	return a.recordsOf(ctx, models, f)
}

// recordsOf is records for who has read the models.
func (a *api) recordsOf(ctx context.Context, models []forecast.Model, f recordFilter) ([]judgedRecord, error) {
	cards, err := a.DB.Scorecards(ctx)
	if err != nil {
		return nil, err
	}
	byRecord := make(map[store.RecordOf]store.Scorecard, len(cards))
	for _, c := range cards {
		byRecord[c.RecordOf] = c
	}
	var list []judgedRecord
	for _, m := range models {
		for _, h := range forecast.Horizons {
			for _, origin := range []forecast.Origin{forecast.Live, forecast.Backtest} {
				of := store.RecordOf{ModelID: m.ID, Horizon: h, Origin: origin}
				card, judged := byRecord[of]
				empty := card.Report.Articles+card.Report.Void+card.Report.Late == 0
				if !f.wants(of) || empty && (origin == forecast.Backtest || m.Role == forecast.Retired) {
					continue
				}
				if !judged {
					card = store.Scorecard{RecordOf: of, Report: score.Judge(score.Record{Horizon: h})}
				}
				list = append(list, judgedRecord{card, m})
			}
		}
	}
	slices.SortFunc(list, func(a, b judgedRecord) int { return cmp.Compare(a.key(), b.key()) })
	return list, nil
}

// statisticsPage is a page of records, and beside it how alerts came out.
type statisticsPage struct {
	page[recordItem]
	Alerts []precisionItem `json:"alerts" doc:"How the signals that were sent came out, beside two choosers without a model who picked of the same days' candidates."`
	Recall recallItem      `json:"recall" doc:"How many big moves after news the signals had announced."`
	Inputs []flagItem      `json:"inputs" doc:"What drifts of what comes in, for all records; empty when nothing does."`
}

func (a *api) listStatistics(ctx context.Context, call Call, req statisticsRequest) (statisticsPage, error) {
	records, err := pageOfRecords(ctx, a, call, req, toRecord)
	if err != nil {
		return statisticsPage{}, err
	}
	alerts, err := a.precision(ctx)
	if err != nil {
		return statisticsPage{}, err
	}
	recall, err := a.recall(ctx)
	if err != nil {
		return statisticsPage{}, err
	}
	inputs, err := a.DB.Drift(ctx)
	return statisticsPage{records, alerts, recall, showAll(inputs, toFlag)}, err
}

func pageOfRecords[Item any](ctx context.Context, a *api, call Call, req statisticsRequest, show func(judgedRecord) Item) (page[Item], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[Item]{}, err
	}
	list, err := a.records(ctx, req.recordFilter)
	if err != nil {
		return page[Item]{}, err
	}
	return newPage(a, call, req.pageQuery, behind(list, after, judgedRecord.key),
		func(r judgedRecord) position { return position{Key: r.key()} }, show), nil
}

func toRecord(j judgedRecord) recordItem {
	r := j.Report
	item := recordItem{recordRef: j.ref(), Verdict: string(r.Verdict), Note: r.Note, Needs: needsBody{r.NeedsStockDays, r.NeedsDays},
		From: maybeDate(r.From), To: maybeDate(r.To), Articles: r.Articles, Stories: r.Stories, StockDays: r.StockDays, Days: r.Days,
		Void: r.Void, Late: r.Late, Threshold: r.Threshold, Skill: toEstimate(r.Skill), LogLoss: toEstimate(r.LogLoss),
		Accuracy: toEstimate(r.Accuracy), Balanced: toEstimate(r.Balanced), AUC: toEstimate(r.AUC), IC: toEstimate(r.IC), ICDays: r.ICDays,
		Drift: showAll(r.Drift, toFlag)}
	if r.Skill.Known {
		item.numbers(r)
	}
	return item
}

// numbers fills what is null while a record is collecting.
func (i *recordItem) numbers(r score.Report) {
	i.Brier, i.BaseBrier, i.BaseLogLoss = share(r.Brier), share(r.BaseBrier), share(r.BaseLogLoss)
	i.Evidence, i.UpRate, i.Coverage = share(r.Evidence), share(r.UpRate), share(r.Coverage)
	if r.ICIR != 0 {
		i.ICIR = share(r.ICIR)
	}
	if r.Said > 0 {
		i.Wilson = toEstimate(score.Estimate{Value: float64(r.Right) / float64(r.Said), Low: r.RightLow, High: r.RightHigh, Known: true, Ranged: true})
	}
	if t := r.ThreeWay; t.StockDays > 0 {
		i.ThreeWay = &threeWay{StockDays: t.StockDays, RPS: pct(t.RPS), BaseRPS: pct(t.BaseRPS), Brier: pct(t.Brier), BaseBrier: pct(t.BaseBrier)}
	}
}

func share(v float64) *pct {
	p := pct(v)
	return &p
}
