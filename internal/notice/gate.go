package notice

import (
	"math"
	"time"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// GateConfig is how much a prediction must say to be worth a message. A field that is 0 means its default.
type GateConfig struct {
	MinShift    float64 // least |probability - base rate|; .05
	MinScorePct float64 // the score must exceed it, percent; .30, the cost of a round trip
}

// DefaultGate returns the thresholds that a zero GateConfig stands for.
func DefaultGate() GateConfig { return GateConfig{MinShift: 0.05, MinScorePct: 0.30} }

func (c GateConfig) filled() GateConfig {
	if c.MinShift == 0 {
		c.MinShift = DefaultGate().MinShift
	}
	if c.MinScorePct == 0 {
		c.MinScorePct = DefaultGate().MinScorePct
	}
	return c
}

// meanOfSigma is E|r| of a normal r in units of its sigma, rounded.
const meanOfSigma = 0.8

// shiftSlack forgives the last bits of a difference of two rates: .50 - .45 is a little less than .05.
const shiftSlack = 1e-9

// Gate scores one prediction and says whether the score alone is worth an alert, and why not. score is the expected
// favourable excess move, 2*|p-base|*.8*sigma*sqrt(h), in percent; sigmaPct is the stock's daily sigma, 0 when unknown.
func Gate(p forecast.Prediction, sigmaPct float64, cfg GateConfig) (score float64, send bool, reason string) {
	cfg = cfg.filled()
	shift := math.Abs(p.Probability - p.BaseRate)
	score = 2 * shift * meanOfSigma * sigmaPct * math.Sqrt(float64(p.Horizon))
	switch {
	case p.Origin == forecast.Backtest:
		return score, false, ReasonBacktest
	case p.Late:
		return score, false, ReasonLate
	case p.Direction() == 0:
		return score, false, ReasonNoEvidence
	case shift < cfg.MinShift-shiftSlack:
		return score, false, ReasonBelowThreshold
	case !(score > cfg.MinScorePct):
		return score, false, ReasonBelowCost
	}
	return score, true, ReasonPassed
}

// SignalInput is what decides whether the champion's predictions for one story and one stock become an alert.
type SignalInput struct {
	StoryID     int64
	ArticleID   int64 // the story's first article
	Code        market.Code
	At          time.Time             // when it is decided
	SigmaPct    float64               // the stock's daily sigma as of the story; 0 when unknown
	Predictions []forecast.Prediction // of one call, one per horizon; those of other stocks are passed over
	InTitle     bool                  // the title names the company, or it filed the article itself
	Stale       bool                  // the first article is Stale
	EchoAlerted bool                  // another story of its echo cluster was alerted
	Gate        GateConfig
}

// DecideSignal picks the horizon with the best score and decides. The alert is returned whatever the answer, with the
// first reason against it; PredictionID is 0 when there is no prediction to go by.
func DecideSignal(in SignalInput) Alert {
	a := Alert{Kind: Signal, Topic: TopicSignal, StoryID: in.StoryID, ArticleID: in.ArticleID, Code: in.Code, DecidedAt: in.At}
	a.PredictionID, a.Send, a.Reason = best(in)
	switch {
	case !a.Send:
	case in.Stale:
		a.Send, a.Reason = false, ReasonStale
	case !in.InTitle:
		a.Send, a.Reason = false, ReasonNotInTitle
	case in.EchoAlerted:
		a.Send, a.Reason = false, ReasonEcho
	}
	return a
}

// best returns the prediction with the highest score of those that pass the gate, else of all; the shorter horizon
// wins a tie.
func best(in SignalInput) (id int64, send bool, reason string) {
	reason = ReasonNoEvidence
	top, horizon := 0.0, 0
	for _, p := range in.Predictions {
		if p.Code != in.Code {
			continue
		}
		score, pass, why := Gate(p, in.SigmaPct, in.Gate)
		better := pass == send && (score > top || score == top && p.Horizon < horizon)
		if horizon == 0 || pass && !send || better {
			id, send, reason, top, horizon = p.ID, pass, why, score, p.Horizon
		}
	}
	return id, send, reason
}

// staleAfter is how long before we could see it an article may have been published to be news still.
const staleAfter = 2 * time.Hour

// Stale reports whether an article was no news any more when it became available: published more than two hours before,
// or, of filings and of what carries only a date, more than one calendar day before that day in KST.
func Stale(a news.Article) bool {
	if a.Kind == news.KindDisclosure || a.TimeQuality == news.TimeDate {
		return market.DayOf(a.AvailableAt)-market.DayOf(a.PublishedAt) > 1
	}
	return a.AvailableAt.Sub(a.PublishedAt) > staleAfter
}
