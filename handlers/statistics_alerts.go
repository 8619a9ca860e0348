package handlers

import (
	"context"
	"slices"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/store"
)

// precisionItem is how somebody's first picks of each day came out.
type precisionItem struct {
	Chooser    string    `json:"chooser" enum:"sent,random,sigma" doc:"sent: the signals that were sent; random: anybody of the same candidates; sigma: those whose stock moves most."`
	K          int       `json:"k" enum:"1,3,5" doc:"How many of a day count at most, the best first."`
	Picks      int       `json:"picks" doc:"Picks with a known outcome."`
	Days       int       `json:"days" doc:"Days that have one."`
	Right      int       `json:"right" doc:"Picks that went in the direction that was said."`
	Precision  *estimate `json:"precision" doc:"Share of them, with the wider of Wilson's interval and that of whole days; null without a pick."`
	BaseRate   *pct      `json:"base_rate" doc:"Mean base rate of the directions that were said; null without a pick."`
	NetMeanPct *estimate `json:"net_mean_pct" doc:"Mean excess return in the direction that was said, less .30 for the cost, percent. A past mean: no return is promised, and none adds up."`
}

const (
	picksReach = 250 // calendar days
	mostPicks  = 10_000
	mostMoves  = 2_000 // stories
)

// precision is of all alerts of the last picksReach days and both controls.
func (a *api) precision(ctx context.Context) ([]precisionItem, error) {
	now := a.Now()
	picks, err := a.DB.Picks(ctx, market.DayOf(now)-picksReach, now, mostPicks)
	if err != nil {
		return nil, err
	}
	longest := slices.Max(forecast.Horizons[:])
	var out []precisionItem
	for _, chooser := range []string{store.PickedSent, store.PickedRandom, store.PickedSigma} {
		for _, k := range []int{1, 3, 5} {
			out = append(out, toPrecision(chooser, score.PrecisionAt(picks[chooser], k, longest)))
		}
	}
	return out, nil
}

func toPrecision(chooser string, p score.Precision) precisionItem {
	item := precisionItem{Chooser: chooser, K: p.K, Picks: p.Picks, Days: p.Days, Right: p.Right, Precision: toEstimate(p.Hits), NetMeanPct: toEstimate(p.NetMeanPct)}
	if p.Picks > 0 {
		item.BaseRate = share(p.Base)
	}
	return item
}

// recallItem is how many big moves were announced.
type recallItem struct {
	Moves   int       `json:"moves" doc:"Stock-days with news whose excess return over one day lay beyond two of the stock's daily sigmas."`
	Days    int       `json:"days" doc:"Base days that have one."`
	Alerted int       `json:"alerted" doc:"Of them, those of which a signal was sent, of whatever horizon."`
	Right   int       `json:"right" doc:"Of these, those whose signal named the direction."`
	Recall  *estimate `json:"recall" doc:"Share that was alerted, with the wider of Wilson's interval and that of whole days; null without a move. Moves without news are not counted."`
}

// recall is over the same days as precision.
func (a *api) recall(ctx context.Context) (recallItem, error) {
	now := a.Now()
	moves, err := a.DB.BigMoves(ctx, market.DayOf(now)-picksReach, now, mostMoves)
	if err != nil {
		return recallItem{}, err
	}
	r := score.RecallOf(moves)
	return recallItem{Moves: r.Moves, Days: r.Days, Alerted: r.Alerted, Right: r.Right, Recall: toEstimate(r.Share)}, nil
}
