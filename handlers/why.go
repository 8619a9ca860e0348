package handlers

import (
	"context"

	"tickerwire/internal/fault"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// myNotice is what became of an alert for the caller.
type myNotice struct {
	State       string   `json:"state" enum:"due,held,claimed,sent,suppressed,failed,refused,ambiguous" doc:"due: to be sent; held: for the digest; suppressed: by the caller's own rule; ambiguous: it may have arrived, and is never sent again."`
	Reason      string   `json:"reason" doc:"Why it is held or suppressed, or how the send went."`
	Explanation string   `json:"explanation" doc:"The same in words, in the caller's language."`
	InDigest    bool     `json:"in_digest" doc:"Whether a digest carries it."`
	SentAt      *instant `json:"sent_at" doc:"When it was sent, on the wall clock; null when it was not."`
}

// optionItem is what one prediction came to.
type optionItem struct {
	PredictionID int64  `json:"prediction_id" doc:"The whole of it."`
	Horizon      int    `json:"horizon" doc:"Trading days ahead."`
	Shift        pct    `json:"shift" doc:"Probability less base rate."`
	ScorePct     pct    `json:"score_pct" doc:"The expected favourable excess move, percent."`
	Reason       string `json:"reason" doc:"passed and material_change are alerts, unproven is for digests; every other is why not."`
	Explanation  string `json:"explanation" doc:"The same in words, in the caller's language."`
}

// whyBody is why the caller was, or was not, alerted of a story.
type whyBody struct {
	StoryID   int64     `json:"story_id" doc:"The story."`
	Decisions []whyItem `json:"decisions" doc:"By stock; none while nothing was decided, as of stories that no champion was asked about."`
}

type whyItem struct {
	AlertID     int64        `json:"alert_id" doc:"The decision."`
	Kind        string       `json:"kind" enum:"signal,disclosure" doc:"A prediction, or a filing."`
	Stock       stockRef     `json:"stock" doc:"The stock."`
	Sent        bool         `json:"sent" doc:"Whether it was an alert, for whoever wants it."`
	Digest      bool         `json:"digest" doc:"Whether it was for digests only."`
	Reason      string       `json:"reason" doc:"Why."`
	Explanation string       `json:"explanation" doc:"The same in words, in the caller's language."`
	DecidedAt   instant      `json:"decided_at" doc:"When that was decided."`
	Options     []optionItem `json:"options" doc:"What each horizon's prediction came to."`
	Mine        *myNotice    `json:"mine" doc:"What became of it for the caller; null when it was no alert, is still being told, or he was no recipient then."`
}

type whyRequest struct {
	Story int64 `query:"story" required:"true" min:"1" doc:"The story."`
}

func (a *api) why(ctx context.Context, call Call, req whyRequest) (whyBody, error) {
	if _, err := a.DB.Story(ctx, req.Story); err != nil {
		return whyBody{}, err
	}
	r, err := a.myRecipient(ctx, call)
	if err != nil {
		return whyBody{}, err
	}
	decisions, err := a.DB.DecisionsOf(ctx, req.Story, a.Now())
	if err != nil {
		return whyBody{}, err
	}
	mine, err := a.mine(ctx, r, showAll(decisions, func(d store.DecisionInfo) int64 { return d.Alert.ID }))
	if err != nil {
		return whyBody{}, err
	}
	return whyBody{StoryID: req.Story, Decisions: showAll(decisions, func(d store.DecisionInfo) whyItem {
		return whyItem{AlertID: d.Alert.ID, Kind: string(d.Alert.Kind), Stock: stockRef{Code: d.Alert.Code, Name: d.StockName}, Sent: d.Alert.Send,
			Digest: d.Alert.Digest, Reason: d.Alert.Reason, Explanation: notice.Explain(d.Alert.Reason, r.Language), DecidedAt: instant(d.Alert.DecidedAt),
			Options: toOptions(d.Alert.Options, r.Language), Mine: mine[d.Alert.ID]}
	})}, nil
}

// mine returns what became of alerts for a recipient.
func (a *api) mine(ctx context.Context, r notice.Recipient, alertIDs []int64) (map[int64]*myNotice, error) {
	rows, err := a.DB.NoticesOf(ctx, r.ID, alertIDs)
	out := make(map[int64]*myNotice, len(rows))
	for _, n := range rows {
		out[n.AlertID] = &myNotice{State: string(n.State), Reason: n.Reason, Explanation: notice.Explain(n.Reason, r.Language), InDigest: n.DigestID != 0,
			SentAt: maybe(n.SentAt)}
	}
	return out, err
}

func toOptions(options []notice.Option, language string) []optionItem {
	return showAll(options, func(o notice.Option) optionItem {
		return optionItem{PredictionID: o.PredictionID, Horizon: o.Horizon, Shift: pct(o.Shift), ScorePct: pct(o.ScorePct), Reason: o.Reason,
			Explanation: notice.Explain(o.Reason, language)}
	})
}

// alertDetail is one decision, also one that was a no.
type alertDetail struct {
	alertItem
	Sent    bool         `json:"sent" doc:"Whether it was an alert, for whoever wants it."`
	Digest  bool         `json:"digest" doc:"Whether it was for digests only."`
	Options []optionItem `json:"options" doc:"What each horizon's prediction came to."`
}

type getAlertRequest struct {
	ID int64 `path:"id" min:"1" doc:"The alert's id."`
}

func (a *api) getAlert(ctx context.Context, call Call, req getAlertRequest) (alertDetail, error) {
	alert, err := a.DB.Alert(ctx, req.ID)
	if err != nil {
		return alertDetail{}, err
	}
	rows, err := a.DB.AlertList(ctx, store.AlertFilter{ID: req.ID, KnownBy: a.Now(), Limit: 1})
	if err != nil {
		return alertDetail{}, err
	}
	if len(rows) == 0 {
		return alertDetail{}, fault.New(fault.NotFound, "alert %d does not exist", req.ID) // the clock was set back behind it
	}
	r, err := a.myRecipient(ctx, call)
	if err != nil {
		return alertDetail{}, err
	}
	mine, err := a.mine(ctx, r, []int64{req.ID})
	item := toAlert(rows[0])
	item.Mine = mine[req.ID]
	return alertDetail{alertItem: item, Sent: alert.Send, Digest: alert.Digest, Options: toOptions(alert.Options, r.Language)}, err
}
