package notice

import (
	"slices"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

// Rule is what a recipient wants to hear, and when.
type Rule struct {
	MinShift  float64 // least |probability - base rate| of a signal; 0 leaves it to the gate
	Horizons  []int   // of signals, trading days; none means no signals
	Direction int     // +1: only signals that point up, -1: only down, 0: both
	Urgent    bool    // urgent filings, too
	Digest    bool    // what was held back and what is unproven, once a day; else it is dropped
	QuietFrom int     // hour KST, 0..23; QuietFrom == QuietTo means no quiet hours
	QuietTo   int
	DailyCap  int // messages a day, digests apart
}

// The limits of a rule that a person sets.
const (
	MaxDailyCap  = 5
	MaxWatchlist = 200 // stocks
)

// DefaultRule is the rule of whoever has set none: everything, three times a day, not between 21 and 8 o'clock.
func DefaultRule() Rule {
	return Rule{Horizons: slices.Clone(forecast.Horizons[:]), Urgent: true, Digest: true, QuietFrom: 21, QuietTo: 8, DailyCap: 3}
}

// Check returns an Invalid error that names the first field that no person may set so.
func (r Rule) Check() error {
	switch {
	case !(r.MinShift >= 0 && r.MinShift <= 0.5):
		return fault.InvalidField("min_shift", "is between 0 and 0.5")
	case r.Direction < -1 || r.Direction > 1:
		return fault.InvalidField("direction", "is -1, 0 or 1")
	case r.QuietFrom < 0 || r.QuietFrom > 23:
		return fault.InvalidField("quiet_from", "is an hour from 0 to 23")
	case r.QuietTo < 0 || r.QuietTo > 23:
		return fault.InvalidField("quiet_to", "is an hour from 0 to 23")
	case r.DailyCap < 1 || r.DailyCap > MaxDailyCap:
		return fault.InvalidField("daily_cap", "is between 1 and %d", MaxDailyCap)
	}
	for i, h := range r.Horizons {
		if !slices.Contains(forecast.Horizons[:], h) || slices.Contains(r.Horizons[:i], h) {
			return fault.InvalidField("horizons", "are some of %v, each once", forecast.Horizons)
		}
	}
	return nil
}

// Recipient is who gets alerts: a user, with or without a chat yet, or a bare chat, as of a group.
type Recipient struct {
	ID         int64
	UserID     int64  // 0 for a bare chat
	ChatID     int64  // 0 while none is linked: everything is decided, nothing is sent
	HookURL    string // of a webhook, which has no chat
	HookSecret string // that signs what is posted there
	Language   string // "ko" or "en"
	Active     bool
	OffReason  string        // why it is not active; "" when it is, or when its owner switched it off
	MutedUntil time.Time     // nothing is sent before; zero for not muted
	WatchAll   bool          // every stock, whatever Codes says
	Codes      []market.Code // the watchlist
	Silent     []market.Code // those of Codes that he is not alerted of, nor of everything where WatchAll is set
	Rule
}

// Reachable reports whether there is anything that a message could go to.
func (r Recipient) Reachable() bool { return r.ChatID != 0 || r.HookURL != "" }

// Hears reports whether a stock is on the recipient's list, and not as one that he is not alerted of.
func (r Recipient) Hears(code market.Code) bool {
	return (r.WatchAll || slices.Contains(r.Codes, code)) && !slices.Contains(r.Silent, code)
}

// Watch sets the list. Of what it does not hold nothing is silent any more.
func (r *Recipient) Watch(codes []market.Code) {
	r.Codes = codes
	r.Silence(r.Silent)
}

// Silence says of which stocks there are no alerts; those that are not on the list are left out.
func (r *Recipient) Silence(codes []market.Code) {
	r.Silent = slices.DeleteFunc(slices.Clone(codes), func(c market.Code) bool { return !slices.Contains(r.Codes, c) })
}

// Quiet reports whether at falls into the rule's quiet hours: from the full hour QuietFrom up to the full hour QuietTo in
// KST, over midnight when QuietFrom is the later of the two.
func (r Rule) Quiet(at time.Time) bool {
	hour := at.In(market.KST).Hour()
	if r.QuietFrom <= r.QuietTo {
		return r.QuietFrom <= hour && hour < r.QuietTo
	}
	return r.QuietFrom <= hour || hour < r.QuietTo
}
