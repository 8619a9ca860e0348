package handlers

import (
	"context"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/contest"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// abTest is an experiment between two models on the same stock-days. Everything above verdict was registered before it
// began and cannot be changed.
type abTest struct {
	ID          int64         `json:"id" doc:"The experiment's id."`
	Name        string        `json:"name" doc:"What it is called."`
	A           modelRef      `json:"a" doc:"The model that is to be beaten, say the champion."`
	B           modelRef      `json:"b" doc:"The model that is compared with it."`
	Metric      string        `json:"metric" enum:"brier" doc:"What is compared: the mean difference of Brier scores, of a day's stocks, then of days."`
	Horizon     int           `json:"horizon" doc:"Trading days ahead."`
	Codes       []market.Code `json:"codes" doc:"The stocks that count; empty means all."`
	StartsOn    date          `json:"starts_on" doc:"The first base day that counts."`
	Comparisons int           `json:"comparisons" doc:"Comparisons that model A is in at once: each raises the threshold."`
	Threshold   float64       `json:"threshold" doc:"The capital that shows a winner: 40 per comparison."`
	MinDays     int           `json:"min_days" doc:"Base days before there is a winner."`
	MinUnits    int           `json:"min_stock_days" doc:"Stock-days before there is a winner."`
	MaxDays     int           `json:"max_days" doc:"Base days after which no difference was detectable."`
	CreatedBy   *int64        `json:"created_by" doc:"The user who registered it."`
	CreatedAt   instant       `json:"created_at" doc:"When it was registered."`
	Verdict     string        `json:"verdict" enum:"collecting,undecided,a_better,b_better,no_detectable_difference,stopped" doc:"The one word for how it stands. Nobody is ever said to lead: undecided does not mean equal."`
	EndedAt     *instant      `json:"ended_at" doc:"When it got its verdict or was stopped; null while it runs."`
	StoppedBy   *int64        `json:"stopped_by" doc:"The user who stopped it; null when nobody did."`
	Reason      string        `json:"reason" doc:"Why it was stopped; empty when it was not."`
}

type abTestPage struct {
	page[abTest]
	EverTried int `json:"ever_tried" doc:"Experiments ever registered: a winner among many is less of one."`
}

type abTestAnswer struct {
	abTest
	EverTried int       `json:"ever_tried" doc:"Experiments ever registered."`
	Days      int       `json:"days" doc:"Base days so far."`
	StockDays int       `json:"stock_days" doc:"Stock-days so far."`
	Evidence  []abPoint `json:"evidence" doc:"How things stood after each base day."`
}

// abPoint is the evidence after one day. A capital is no probability: 1 is where it began, and it may fall again.
type abPoint struct {
	Day       date `json:"day" doc:"The base day."`
	StockDays int  `json:"stock_days" doc:"Stock-days up to it."`
	ForA      pct  `json:"for_a" doc:"What 1 has become that was bet on A being better."`
	ForB      pct  `json:"for_b" doc:"What 1 has become that was bet on B being better."`
	Mean      pct  `json:"mean" doc:"Mean of B's Brier score less A's over the days: above 0 where A was better."`
	Low       pct  `json:"low" doc:"Lower end of its confidence sequence, which holds the truth on all days at once with 95 percent."`
	High      pct  `json:"high" doc:"Upper end of it."`
}

type createABTestRequest struct {
	Name        string        `json:"name" required:"true" min:"1" max:"100" doc:"What it is to be called."`
	A           int64         `json:"model_a" required:"true" min:"1" doc:"The model that is to be beaten."`
	B           int64         `json:"model_b" required:"true" min:"1" doc:"The model that is compared with it."`
	Metric      string        `json:"metric" enum:"brier" doc:"What is compared; brier when absent."`
	Horizon     int           `json:"horizon" required:"true" enum:"1,3,5" doc:"Trading days ahead."`
	Codes       []market.Code `json:"codes" max:"200" doc:"The stocks that are to count; all when absent."`
	StartsOn    market.Day    `json:"starts_on" doc:"The first base day that is to count, after today; the next trading day when absent."`
	Comparisons int           `json:"comparisons" min:"1" max:"20" doc:"Comparisons that model A is in at once, with this one; 1 when absent."`
}

func (a *api) createABTest(ctx context.Context, call Call, req createABTestRequest) (abTest, error) {
	if req.A == req.B {
		return abTest{}, fault.InvalidField("model_b", "it is model_a")
	}
	models, err := a.orderedModels(ctx, "model_b", []int64{req.A, req.B})
	if err != nil {
		return abTest{}, err
	}
	now := a.Now()
	first, err := a.Calendar.Add(market.DayOf(now), 1)
	if err != nil {
		return abTest{}, err
	}
	if req.StartsOn == 0 {
		req.StartsOn = first
	}
	if req.StartsOn <= market.DayOf(now) || req.StartsOn > first+maxAhead {
		return abTest{}, fault.InvalidField("starts_on", "it must lie after today and within %d days", maxAhead)
	}
	made, err := a.DB.CreateABTest(ctx, store.ABTest{Name: req.Name, ModelA: req.A, ModelB: req.B, Horizon: req.Horizon, Codes: sortedSet(req.Codes),
		StartsOn: req.StartsOn, Comparisons: max(1, req.Comparisons), OrderedBy: call.Actor.UserID, CreatedAt: now})
	if err != nil {
		return abTest{}, err
	}
	return toABTest(made, byID(models)), nil
}

// maxAhead is how many days ahead an experiment may be registered.
const maxAhead = 90

func byID(models []forecast.Model) map[int64]forecast.Model {
	out := make(map[int64]forecast.Model, len(models))
	for _, m := range models {
		out[m.ID] = m
	}
	return out
}

func toABTest(t store.ABTest, models map[int64]forecast.Model) abTest {
	return abTest{ID: t.ID, Name: t.Name, A: toModelRef(models[t.ModelA]), B: toModelRef(models[t.ModelB]), Metric: t.Metric, Horizon: t.Horizon,
		Codes: showAll(t.Codes, func(c market.Code) market.Code { return c }), StartsOn: date(t.StartsOn), Comparisons: t.Comparisons,
		Threshold: contest.Threshold(t.Comparisons), MinDays: contest.MinDays, MinUnits: contest.MinStockDays, MaxDays: contest.MaxDays,
		CreatedBy: maybeID(t.OrderedBy), CreatedAt: instant(t.CreatedAt), Verdict: string(t.Verdict), EndedAt: maybe(t.EndedAt),
		StoppedBy: maybeID(t.StoppedBy), Reason: t.Reason}
}

func (a *api) listABTests(ctx context.Context, call Call, req pageQuery) (abTestPage, error) {
	after, err := a.after(call, req)
	if err != nil {
		return abTestPage{}, err
	}
	rows, err := a.DB.ABTests(ctx, after.ID, req.Limit+1)
	if err != nil {
		return abTestPage{}, err
	}
	models, tried, err := a.aroundABTests(ctx)
	if err != nil {
		return abTestPage{}, err
	}
	return abTestPage{newPage(a, call, req, rows, func(t store.ABTest) position { return atID(t.ID) },
		func(t store.ABTest) abTest { return toABTest(t, models) }), tried}, nil
}

func (a *api) aroundABTests(ctx context.Context) (map[int64]forecast.Model, int, error) {
	models, err := a.DB.Models(ctx)
	if err != nil {
		return nil, 0, err
	}
	tried, err := a.DB.CountABTests(ctx)
	return byID(models), tried, err
}

func (a *api) getABTest(ctx context.Context, _ Call, req idRequest) (abTestAnswer, error) {
	t, err := a.DB.ABTest(ctx, req.ID)
	if err != nil {
		return abTestAnswer{}, err
	}
	days, err := a.DB.ABDays(ctx, req.ID)
	if err != nil {
		return abTestAnswer{}, err
	}
	models, tried, err := a.aroundABTests(ctx)
	if err != nil {
		return abTestAnswer{}, err
	}
	trail := contest.Evaluate(days, t.Horizon, t.Comparisons)
	answer := abTestAnswer{abTest: toABTest(t, models), EverTried: tried, Evidence: showAll(trail.Points, toABPoint)}
	if n := len(trail.Points); n > 0 {
		answer.Days, answer.StockDays = n, trail.Points[n-1].StockDays
	}
	return answer, nil
}

func toABPoint(p contest.Point) abPoint {
	return abPoint{Day: date(p.Day), StockDays: p.StockDays, ForA: pct(p.ForA), ForB: pct(p.ForB), Mean: pct(p.Mean), Low: pct(p.Low), High: pct(p.High)}
}

type stopABTestRequest struct {
	idRequest
	Reason string `json:"reason" required:"true" min:"1" max:"500" doc:"Why; it stays with the experiment."`
}

// stopABTest ends an experiment without a result.
func (a *api) stopABTest(ctx context.Context, call Call, req stopABTestRequest) (abTest, error) {
	stopped, err := a.DB.StopABTest(ctx, req.ID, call.Actor.UserID, req.Reason, a.Now())
	if err != nil {
		return abTest{}, err
	}
	models, err := a.DB.Models(ctx)
	return toABTest(stopped, byID(models)), err
}
