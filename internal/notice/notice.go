// Package notice decides who should hear of what, and in which words. It is pure: deciding, sending and recording are
// three steps, and only the first lives here.
package notice

import (
	"time"

	"tickerwire/internal/market"
)

// Kind is why somebody is told something.
type Kind string

// The kinds of alert.
const (
	Signal     Kind = "signal"     // a champion's prediction that passed the gate
	Disclosure Kind = "disclosure" // an urgent filing; needs no prediction
)

// The topics of signals.
const (
	TopicSignal   = "signal"
	TopicMarket   = "market"   // a story of so many companies that it is the market's: MarketWide
	TopicReversal = "reversal" // an echo that says the opposite of what was alerted
)

// MarketWide is how many companies a story names at least to be about the market.
const MarketWide = 4

// Alert is a decision about one story and one stock, also when the answer is no.
type Alert struct {
	ID           int64
	Kind         Kind
	StoryID      int64
	ArticleID    int64
	Code         market.Code
	PredictionID int64 // 0 for a disclosure
	// Topic is what a recipient hears of once per stock and day: a signal's, or the kind of an urgent filing; "" for a filing
	// that is not urgent. Of TopicMarket he hears once a day, whatever the stock.
	Topic     string
	Send      bool
	Digest    bool   // for digests only: all that is missing is a record that proves the model; never with Send
	Reason    string // why it was or was not sent, in one of the Reason constants
	DecidedAt time.Time
	Cluster   int64    // the first story of those that echo each other; 0 when it was not asked for
	Options   []Option // of a signal: what each horizon's prediction says; not read back unless it was asked for
	// Of a signal: its score and the stock's daily sigma, percent, and whether only these and the model's record decided.
	ScorePct  float64
	SigmaPct  float64
	Candidate bool
}

// Option is one prediction that an alert may speak of, and why it does or does not.
type Option struct {
	PredictionID int64
	Horizon      int     // trading days
	Shift        float64 // probability less base rate
	ScorePct     float64
	Reason       string // ReasonPassed, ReasonMaterial, ReasonUnproven: it may be told of, the last in digests only; or why not
}

// told reports whether the option speaks for the alert.
func (o Option) tells(a Alert) bool {
	if a.Digest {
		return o.Reason == ReasonUnproven
	}
	return o.Reason == ReasonPassed || o.Reason == ReasonMaterial
}

// The reasons of decisions, and of notices that a recipient's own rule held back. They are part of the API.
const (
	ReasonPassed         = "passed"
	ReasonBelowThreshold = "below_threshold" // too near to the base rate
	ReasonBelowCost      = "below_cost"      // the expected move does not pay its cost, or the stock's volatility is unknown
	ReasonLate           = "late"            // made after the target session opened
	ReasonNoEvidence     = "no_evidence"     // the model has nothing to say, or said nothing
	ReasonBacktest       = "backtest"        // history is never announced
	ReasonUnproven       = "unproven"        // the model's record does not say that its distances from the base rate are worth anything
	ReasonBelowFloor     = "below_floor"     // lately there were enough better ones a day
	ReasonNotInTitle     = "company_not_in_title"
	ReasonEcho           = "echo_of_alerted"
	ReasonMaterial       = "material_change" // an echo, but it says the opposite of what was alerted
	ReasonAlerted        = "story_already_alerted"
	ReasonStale          = "stale" // published long before we could see it: a first start, or a source that was away

	ReasonUrgent         = "urgent"
	ReasonNotUrgent      = "not_urgent"
	ReasonSubsidiary     = "subsidiary_only" // urgent for the subsidiary's holders, not for the filer's
	ReasonAttachmentOnly = "attachment_only" // only an attachment was corrected or added

	ReasonNotSend    = "not_to_send" // the alert's own decision was no
	ReasonInactive   = "inactive"
	ReasonNoChat     = "no_chat"          // nothing is linked that a message could go to
	ReasonNotWatched = "not_on_watchlist" // or there without alerts
	ReasonMuted      = "muted"
	ReasonNoUrgent   = "urgent_not_wanted"
	ReasonHorizon    = "horizon_not_wanted"
	ReasonDirection  = "direction_not_wanted"
	ReasonThreshold  = "below_own_threshold"
	ReasonQuietHours = "quiet_hours"
	ReasonDailyCap   = "daily_cap"

	ReasonStockAlerted  = "stock_already_alerted_today" // this recipient, of the same topic
	ReasonMarketAlerted = "market_already_alerted_today"
	ReasonTakenDown     = "taken_down" // its article was
)

// State is where a notice stands on its way to one recipient.
type State string

// The states. A decision makes a notice Due, Held or Suppressed. Claimed is passed before the request leaves; a notice found
// claimed after a crash becomes Ambiguous. Only Due and Failed are ever sent: they are surely not accepted yet.
const (
	Due        State = "due"        // to be sent
	Held       State = "held"       // kept for the recipient's next digest
	Claimed    State = "claimed"    // somebody sends it now
	Sent       State = "sent"       // accepted
	Suppressed State = "suppressed" // the recipient's own rule said no
	Failed     State = "failed"     // surely not accepted; to be tried again
	Refused    State = "refused"    // the chat will not have it: blocked, deactivated, malformed
	Ambiguous  State = "ambiguous"  // it may have been accepted: never sent again, shown to the operator
)

// Notice is one alert on its way to one recipient, unique by (AlertID, RecipientID); or, without an alert, one part of the
// digest of his day, unique by (RecipientID, Day, Part).
type Notice struct {
	ID           int64
	AlertID      int64 // 0 for a digest
	RecipientID  int64
	Day          market.Day // KST day of the application clock that it counts for
	Part         int        // from 1
	DigestID     int64      // the digest that carries a held one; 0 before
	PredictionID int64      // what a signal's notice speaks of; 0 for filings and digests
	State        State
	Reason       string // why it is held or suppressed, in one of the Reason constants; or how the send went
	Text         string // what the chat is to show, in Telegram's HTML
	Version      int    // of Text; the chat shows Shown, and is edited where that is older
	Shown        int
	MessageID    int64
	Attempt      int
	ClaimedAt    time.Time
	SentAt       time.Time
}
