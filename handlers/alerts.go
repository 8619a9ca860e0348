package handlers

import (
	"context"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

type alertItem struct {
	ID        int64        `json:"id" doc:"The alert's id."`
	Kind      string       `json:"kind" enum:"signal,disclosure" doc:"A prediction that passed the gate, or an urgent filing."`
	Stock     stockRef     `json:"stock" doc:"The stock."`
	StoryID   int64        `json:"story_id" doc:"The story."`
	ArticleID int64        `json:"article_id" doc:"The article that is linked."`
	Title     string       `json:"title" doc:"Its title."`
	URL       string       `json:"url" doc:"The source's page; empty when it gives none."`
	Reason    string       `json:"reason" doc:"Why it was sent."`
	DecidedAt instant      `json:"decided_at" doc:"When that was decided."`
	ToldAt    *instant     `json:"told_at" doc:"When every recipient's message was settled; null before."`
	Signal    *alertSignal `json:"signal" doc:"The prediction behind it; null for a disclosure."`
	Delivery  deliveryBody `json:"delivery" doc:"How many messages stand where."`
	Outcomes  []outcome    `json:"outcomes" doc:"What the stock did since, by horizon, as far as it is known."`
	Mine      *myNotice    `json:"mine" doc:"What became of it for the caller; null when he was no recipient then, and on the dashboard."`
}

type alertSignal struct {
	PredictionID int64 `json:"prediction_id" doc:"The whole of it."`
	Horizon      int   `json:"horizon" doc:"Trading days ahead."`
	Probability  pct   `json:"probability" doc:"Of a positive excess return, 0 to 1."`
	BaseRate     pct   `json:"base_rate" doc:"What would be said without the story, 0 to 1."`
	Direction    int   `json:"direction" enum:"-1,0,1" doc:"The sign of probability minus base rate."`
	LowPct       pct   `json:"low_pct" doc:"Lower end of the 80 percent interval of the excess return."`
	HighPct      pct   `json:"high_pct" doc:"Upper end of that interval."`
}

type deliveryBody struct {
	Due        int `json:"due" doc:"Decided on, to be sent."`
	Held       int `json:"held" doc:"Kept for the recipients' digests."`
	Claimed    int `json:"claimed" doc:"Being sent now."`
	Sent       int `json:"sent" doc:"Accepted by the messenger."`
	Suppressed int `json:"suppressed" doc:"Held back by the recipient's own rule."`
	Failed     int `json:"failed" doc:"Surely not accepted; will be tried again."`
	Refused    int `json:"refused" doc:"The chat will not have it."`
	Ambiguous  int `json:"ambiguous" doc:"It may have arrived; never sent again."`
}

func toDelivery(n map[notice.State]int) deliveryBody {
	return deliveryBody{Due: n[notice.Due], Held: n[notice.Held], Claimed: n[notice.Claimed], Sent: n[notice.Sent], Suppressed: n[notice.Suppressed],
		Failed: n[notice.Failed], Refused: n[notice.Refused], Ambiguous: n[notice.Ambiguous]}
}

type listAlertsRequest struct {
	pageQuery
	Code market.Code `query:"code" doc:"Only of this stock."`
}

func (a *api) listAlerts(ctx context.Context, call Call, req listAlertsRequest) (page[alertItem], error) {
	after, err := a.after(call, req.pageQuery)
	if err != nil {
		return page[alertItem]{}, err
	}
	rows, err := a.DB.AlertList(ctx, store.AlertFilter{Code: req.Code, KnownBy: a.Now(), After: after.Position, Limit: req.Limit + 1})
	if err != nil {
		return page[alertItem]{}, err
	}
	r, err := a.myRecipient(ctx, call)
	if err != nil {
		return page[alertItem]{}, err
	}
	mine, err := a.mine(ctx, r, showAll(rows, func(i store.AlertItem) int64 { return i.Alert.ID }))
	if err != nil {
		return page[alertItem]{}, err
	}
	return newPage(a, call, req.pageQuery, rows, func(i store.AlertItem) position {
		return position{Position: store.Position{At: i.Alert.DecidedAt, ID: i.Alert.ID}}
	}, func(i store.AlertItem) alertItem {
		item := toAlert(i)
		item.Mine = mine[i.Alert.ID]
		return item
	}), nil
}

func toAlert(i store.AlertItem) alertItem {
	direction := 0
	out := alertItem{ID: i.Alert.ID, Kind: string(i.Alert.Kind), Stock: stockRef{Code: i.Alert.Code, Name: i.StockName},
		StoryID: i.Alert.StoryID, ArticleID: i.Alert.ArticleID, Title: i.Title, URL: i.URL, Reason: i.Alert.Reason,
		DecidedAt: instant(i.Alert.DecidedAt), ToldAt: maybe(i.ToldAt),
		Delivery: toDelivery(i.Notices)}
	if p := i.Prediction; p != nil {
		direction = p.Direction()
		out.Signal = &alertSignal{PredictionID: p.ID, Horizon: p.Horizon, Probability: pct(p.Probability), BaseRate: pct(p.BaseRate),
			Direction: direction, LowPct: pct(p.LowPct), HighPct: pct(p.HighPct)}
	}
	out.Outcomes = showAll(i.Outcomes, func(o forecast.Outcome) outcome { return toOutcome(o, direction) })
	return out
}
