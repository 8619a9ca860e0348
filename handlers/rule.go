package handlers

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
)

// ruleBody is what the caller wants to hear, and when.
type ruleBody struct {
	Language   string   `json:"language" enum:"ko,en" doc:"Of messages."`
	Active     bool     `json:"active" doc:"Whether anything is sent at all."`
	OffReason  string   `json:"off_reason" doc:"Why nothing is sent; empty when something is, or when the owner switched it off."`
	Linked     bool     `json:"linked" doc:"Whether a chat is linked: without one everything is decided, and nothing sent."`
	MutedUntil *instant `json:"muted_until" doc:"Nothing is sent before; null for not muted."`
	MinShift   pct      `json:"min_shift" doc:"Least distance of a signal's probability from the base rate; 0 leaves it to the gate."`
	Horizons   []int    `json:"horizons" doc:"Of signals, trading days; none means no signals."`
	Direction  int      `json:"direction" enum:"-1,0,1" doc:"1: only signals that point up; -1: only down; 0: both."`
	Urgent     bool     `json:"urgent" doc:"Urgent filings, too."`
	Digest     bool     `json:"digest" doc:"What was held back, and unproven signals, once a day; else they are dropped."`
	QuietFrom  int      `json:"quiet_from" doc:"The hour, KST, from which nothing is sent. Equal to quiet_to: no quiet hours."`
	QuietTo    int      `json:"quiet_to" doc:"The hour, KST, up to which nothing is sent; earlier than quiet_from: over midnight."`
	DailyCap   int      `json:"daily_cap" doc:"Messages a day at most, the digest apart. Of a stock one signal a day comes in any case."`
	Gate       gateNow  `json:"gate" doc:"What a signal must come to now, whatever the rule."`
}

// gateNow is the part of the gate that a rule stands beside.
type gateNow struct {
	MinShift    pct `json:"min_shift" doc:"Least distance of the probability from the base rate."`
	MinScorePct pct `json:"min_score_pct" doc:"What the expected favourable move must exceed, percent."`
}

// ruleRequest is a whole rule: what is left out is as the default has it.
type ruleRequest struct {
	MinShift  *float64 `json:"min_shift" min:"0" max:"0.5" doc:"Least distance of a signal's probability from the base rate; 0 leaves it to the gate."`
	Horizons  *[]int   `json:"horizons" doc:"Of signals, trading days: some of 1, 3 and 5; none means no signals."`
	Direction *int     `json:"direction" enum:"-1,0,1" doc:"1: only signals that point up; -1: only down; 0: both."`
	Urgent    *bool    `json:"urgent" doc:"Urgent filings, too."`
	Digest    *bool    `json:"digest" doc:"What was held back, and unproven signals, once a day."`
	QuietFrom *int     `json:"quiet_from" min:"0" max:"23" doc:"The hour, KST, from which nothing is sent."`
	QuietTo   *int     `json:"quiet_to" min:"0" max:"23" doc:"The hour, KST, up to which nothing is sent."`
	DailyCap  *int     `json:"daily_cap" min:"1" max:"5" doc:"Messages a day at most."`
}

type putRuleRequest struct {
	ruleRequest
	Language   string     `json:"language" enum:"ko,en" doc:"Of messages; left out it stays as it is."`
	Active     *bool      `json:"active" doc:"Whether anything is sent at all; left out it stays as it is."`
	MutedUntil *time.Time `json:"muted_until" doc:"Nothing is sent before; left out it is not muted."`
}

func (r ruleRequest) rule() (notice.Rule, error) {
	rule := notice.DefaultRule()
	set(&rule.MinShift, r.MinShift)
	set(&rule.Horizons, r.Horizons)
	set(&rule.Direction, r.Direction)
	set(&rule.Urgent, r.Urgent)
	set(&rule.Digest, r.Digest)
	set(&rule.QuietFrom, r.QuietFrom)
	set(&rule.QuietTo, r.QuietTo)
	set(&rule.DailyCap, r.DailyCap)
	return rule, rule.Check()
}

func (a *api) getRule(ctx context.Context, call Call, _ nothing) (ruleBody, error) {
	r, err := a.myRecipient(ctx, call)
	if err != nil {
		return ruleBody{}, err
	}
	return a.toRule(ctx, r)
}

func (a *api) putRule(ctx context.Context, call Call, req putRuleRequest) (ruleBody, error) {
	rule, err := req.rule()
	if err != nil {
		return ruleBody{}, err
	}
	r, err := a.editMine(ctx, call, func(r *notice.Recipient) error {
		r.Rule, r.MutedUntil = rule, time.Time{}
		set(&r.MutedUntil, req.MutedUntil)
		if req.Language != "" {
			r.Language = req.Language
		}
		if req.Active != nil {
			r.Active, r.OffReason = *req.Active, ""
		}
		return nil
	})
	if err != nil {
		return ruleBody{}, err
	}
	return a.toRule(ctx, r)
}

func (a *api) toRule(ctx context.Context, r notice.Recipient) (ruleBody, error) {
	gate, err := a.DB.AlertGate(ctx)
	body := ruleBody{Language: r.Language, Active: r.Active, OffReason: r.OffReason, Linked: r.ChatID != 0, MinShift: pct(r.MinShift),
		Horizons: notNil(r.Horizons), Direction: r.Direction, Urgent: r.Urgent, Digest: r.Digest, QuietFrom: r.QuietFrom, QuietTo: r.QuietTo, DailyCap: r.DailyCap,
		Gate: gateNow{MinShift: pct(gate.MinShift), MinScorePct: pct(gate.MinScorePct)}}
	if a.Now().Before(r.MutedUntil) {
		body.MutedUntil = maybe(r.MutedUntil)
	}
	return body, err
}

// previewBody is what a rule would have made of what was decided lately.
type previewBody struct {
	Days       int           `json:"days" doc:"Calendar days that were looked at."`
	Candidates int           `json:"candidates" doc:"Alerts of these days, those for digests included; of more than 2000 the newest."`
	Sent       int           `json:"sent" doc:"How many would have been sent at once."`
	Held       int           `json:"held" doc:"How many would have been held for the digest."`
	Reasons    []reasonCount `json:"reasons" doc:"What became of them, the most frequent first."`
	Signals    int           `json:"signals" doc:"How many of those sent at once would have been signals; the others are urgent filings, which nobody judges."`
	Judged     []pickedItem  `json:"judged" doc:"How these signals came out, as far as that is known, beside the two choosers of the same days."`
}

// pickedItem is how somebody's picks came out.
type pickedItem struct {
	Chooser  string `json:"chooser" enum:"sent,random,sigma" doc:"sent: by the rule; random: anybody of the gate's candidates; sigma: those whose stock moves most. The controls pick as many a day as the rule's cap, at most."`
	Picks    int    `json:"picks" doc:"Picks with a known outcome."`
	Right    int    `json:"right" doc:"Of them, those that went in the direction that was said."`
	BaseRate *pct   `json:"base_rate" doc:"Mean base rate of the directions that were said; null without a pick."`
}

func toPicked(chooser string, p score.Precision) pickedItem {
	item := pickedItem{Chooser: chooser, Picks: p.Picks, Right: p.Right}
	if p.Picks > 0 {
		item.BaseRate = share(p.Base)
	}
	return item
}

type reasonCount struct {
	State  string `json:"state" enum:"due,held,suppressed" doc:"due: sent at once."`
	Reason string `json:"reason" doc:"Why."`
	Count  int    `json:"count" doc:"How many."`
}

const (
	previewDays = 30
	previewMost = 2000
)

// previewRule decides on the alerts of the last days anew, in their order, as if the caller had had the rule, a chat and no
// mute. Nothing is kept.
func (a *api) previewRule(ctx context.Context, call Call, req ruleRequest) (previewBody, error) {
	rule, err := req.rule()
	if err != nil {
		return previewBody{}, err
	}
	r, err := a.myRecipient(ctx, call)
	if err != nil {
		return previewBody{}, err
	}
	r.Rule, r.Active, r.ChatID, r.MutedUntil = rule, true, 1, time.Time{}
	now := a.Now()
	alerts, err := a.DB.RecentAlerts(ctx, now.Add(-previewDays*24*time.Hour), now, previewMost)
	if err != nil {
		return previewBody{}, err
	}
	body := previewBody{Days: previewDays, Candidates: len(alerts)}
	told, counts := map[market.Day][]notice.Told{}, map[notice.Verdict]int{}
	var signals []int64
	for _, alert := range alerts {
		day := market.DayOf(alert.DecidedAt)
		v := notice.Decide(r, alert, told[day], alert.DecidedAt)
		switch v.State {
		case notice.Due:
			body.Sent++
			if v.PredictionID != 0 {
				signals = append(signals, v.PredictionID)
			}
			told[day] = append(told[day], notice.Told{Code: alert.Code, Kind: alert.Kind, Topic: alert.Topic, Cluster: alert.Cluster})
		case notice.Held:
			body.Held++
		}
		counts[notice.Verdict{State: v.State, Reason: v.Reason}]++
	}
	body.Reasons = []reasonCount{}
	for v, n := range counts {
		body.Reasons = append(body.Reasons, reasonCount{State: string(v.State), Reason: v.Reason, Count: n})
	}
	slices.SortFunc(body.Reasons, func(a, b reasonCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.State, b.State))
	})
	body.Signals = len(signals)
	body.Judged, err = a.judged(ctx, signals, rule.DailyCap)
	return body, err
}

// judged says how predictions came out that a rule would have sent within the preview's days, and the controls of these days.
func (a *api) judged(ctx context.Context, predictionIDs []int64, dailyCap int) ([]pickedItem, error) {
	now := a.Now()
	own, err := a.DB.JudgedPredictions(ctx, predictionIDs, now)
	if err != nil {
		return nil, err
	}
	picks, err := a.DB.Picks(ctx, market.DayOf(now)-previewDays, now, mostPicks)
	if err != nil {
		return nil, err
	}
	longest := slices.Max(forecast.Horizons[:])
	return []pickedItem{
		toPicked(store.PickedSent, score.PrecisionAt(own, 1, longest)), // each is a choice of its own
		toPicked(store.PickedRandom, score.PrecisionAt(picks[store.PickedRandom], dailyCap, longest)),
		toPicked(store.PickedSigma, score.PrecisionAt(picks[store.PickedSigma], dailyCap, longest)),
	}, nil
}
