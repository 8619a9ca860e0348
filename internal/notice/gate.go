package notice

import (
	"cmp"
	"math"
	"slices"
	"strings"
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
	Title       string                // of the first article
	Companies   int                   // that the story names
	Earlier     []Earlier             // what was alerted of other stories of its echo cluster
	Gate        GateConfig
	Proven      map[int]bool // per horizon, whether the record says that the model's distances from the base rate are worth anything
	FloorPct    float64      // what the score must reach to be among the best of a day; see Floor
}

// Earlier is an alert of another story of the same echo cluster.
type Earlier struct {
	Code      market.Code
	Title     string
	Direction int // that a signal said, 0 for a filing
}

// DecideSignal picks the horizon with the best score and decides. The alert is returned whatever the answer, with the
// first reason against it; PredictionID is 0 when there is no prediction to go by. It is a candidate when nothing is
// against it but its own numbers and the model's record. Where all that is against it is that record, it is for digests.
func DecideSignal(in SignalInput) Alert {
	a := Alert{Kind: Signal, Topic: TopicSignal, StoryID: in.StoryID, ArticleID: in.ArticleID, Code: in.Code, DecidedAt: in.At, SigmaPct: in.SigmaPct}
	if in.Companies >= MarketWide {
		a.Topic = TopicMarket
	}
	top, all := best(in)
	a.PredictionID, a.Send, a.Reason, a.ScorePct = top.id, top.send, top.reason, top.score
	material := len(in.Earlier) > 0 && changed(in, top.direction)
	against := storyReason(in, material)
	a.Candidate = top.spoken && against == ""
	a.Digest = top.reason == ReasonUnproven && against == ""
	switch {
	case a.Send && against != "":
		a.Send, a.Reason = false, against
	case a.Send && material:
		a.Topic, a.Reason = TopicReversal, ReasonMaterial
	}
	for _, c := range all {
		o := Option{PredictionID: c.id, Horizon: c.horizon, Shift: c.shift, ScorePct: c.score, Reason: c.reason}
		if c.send {
			o.Reason = cmp.Or(against, a.Reason)
		}
		a.Options = append(a.Options, o)
	}
	return a
}

// storyReason is what speaks against a story itself, whatever its predictions say; "" for nothing.
func storyReason(in SignalInput, material bool) string {
	switch {
	case in.Stale:
		return ReasonStale
	case !in.InTitle:
		return ReasonNotInTitle
	case len(in.Earlier) > 0 && !material:
		return ReasonEcho
	}
	return ""
}

// changed reports whether an echo is news of its own: it points the other way than every signal that its stock was alerted
// with, or it takes back, by its title, what the titles before did not.
func changed(in SignalInput, direction int) bool {
	opposite := false
	for _, e := range in.Earlier {
		if e.Code == in.Code && e.Direction*direction > 0 {
			return takesBack(in)
		}
		opposite = opposite || e.Code == in.Code && e.Direction*direction < 0
	}
	return opposite || takesBack(in)
}

// reversals are words of a headline that takes an earlier one back.
var reversals = [...]string{"철회", "무산", "취소", "번복", "부인", "사실무근", "사실 무근", "백지화", "중단", "오보", "정정"}

func takesBack(in SignalInput) bool {
	for _, word := range reversals {
		if strings.Contains(in.Title, word) && !slices.ContainsFunc(in.Earlier, func(e Earlier) bool { return strings.Contains(e.Title, word) }) {
			return true
		}
	}
	return false
}

// choice is a horizon that may speak for a story.
type choice struct {
	id        int64
	horizon   int
	direction int
	shift     float64
	score     float64
	send      bool
	spoken    bool // in time, and something other than the base rate
	reason    string
}

// best returns the prediction with the highest score of those that pass, else of all; the shorter horizon wins a tie. It
// returns all that are of the stock, too, by horizon.
func best(in SignalInput) (top choice, all []choice) {
	top = choice{reason: ReasonNoEvidence}
	for _, p := range in.Predictions {
		if p.Code != in.Code {
			continue
		}
		c := choice{id: p.ID, horizon: p.Horizon, direction: p.Direction(), shift: p.Probability - p.BaseRate}
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
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b choice) int { return cmp.Compare(a.horizon, b.horizon) })
	return top, all
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
