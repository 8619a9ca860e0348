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
	PerDay      int     // alerts a day that a floor is to come to; 3
}

// DefaultGate returns the thresholds that a zero GateConfig stands for.
func DefaultGate() GateConfig { return GateConfig{MinShift: 0.05, MinScorePct: 0.30, PerDay: 3} }

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
	Proven      map[int]bool // per horizon, whether the record says that the model's distances from the base rate are worth anything
	FloorPct    float64      // what the score must reach to be among the best of a day; see Floor
}

// DecideSignal picks the horizon with the best score and decides. The alert is returned whatever the answer, with the
// first reason against it; PredictionID is 0 when there is no prediction to go by. It is a candidate when nothing is
// against it but its own numbers and the model's record.
func DecideSignal(in SignalInput) Alert {
	a := Alert{Kind: Signal, Topic: TopicSignal, StoryID: in.StoryID, ArticleID: in.ArticleID, Code: in.Code, DecidedAt: in.At, SigmaPct: in.SigmaPct}
	top := best(in)
	a.PredictionID, a.Send, a.Reason, a.ScorePct = top.id, top.send, top.reason, top.score
	a.Candidate = top.spoken && !in.Stale && in.InTitle && !in.EchoAlerted
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

// choice is the horizon that speaks for a story.
type choice struct {
	id      int64
	horizon int
	score   float64
	send    bool
	spoken  bool // in time, and something other than the base rate
	reason  string
}

// best returns the prediction with the highest score of those that pass, else of all; the shorter horizon wins a tie.
func best(in SignalInput) choice {
	top := choice{reason: ReasonNoEvidence}
	for _, p := range in.Predictions {
		if p.Code != in.Code {
			continue
		}
		c := choice{id: p.ID, horizon: p.Horizon}
		c.score, c.send, c.reason = Gate(p, in.SigmaPct, in.Gate)
		c.spoken = c.send || c.reason == ReasonBelowThreshold || c.reason == ReasonBelowCost
		switch {
		case !c.send:
		case !in.Proven[p.Horizon]:
			c.send, c.reason = false, ReasonUnproven
		case c.score < in.FloorPct:
			c.send, c.reason = false, ReasonBelowFloor
		}
		better := c.send == top.send && (c.score > top.score || c.score == top.score && c.horizon < top.horizon)
		if top.horizon == 0 || c.send && !top.send || better {
			top = c
		}
	}
	return top
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
