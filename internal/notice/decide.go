package notice

import (
	"slices"
	"time"

	"tickerwire/internal/market"
)

// Told is one message that a recipient has had on a KST day or is about to get: due, failed, claimed, sent or ambiguous.
// Digests, and what was held back or suppressed, are none.
type Told struct {
	Code  market.Code
	Kind  Kind
	Topic string
}

// Verdict is what becomes of one alert for one recipient: a State of Due, Held or Suppressed, with its reason.
type Verdict struct {
	State  State
	Reason string
}

// Decide says what becomes of an alert for one recipient at the instant at, given what he has been told that KST day. Urgent
// filings keep to the rule too. Of a stock he hears of one signal a day, and of each kind of urgent filing once: a signal
// must not silence a trading halt, nor a halt a rights issue. The first reason against it counts.
func Decide(r Recipient, a Alert, told []Told, at time.Time) Verdict {
	switch {
	case !a.Send:
		return Verdict{Suppressed, ReasonNotSend}
	case !r.Active:
		return Verdict{Suppressed, ReasonInactive}
	case !r.Watches(a.Code):
		return Verdict{Suppressed, ReasonNotWatched}
	case !r.Reachable():
		return Verdict{Suppressed, ReasonNoChat}
	}
	if v := r.unwilling(at); v.State != Due {
		return v
	}
	switch {
	case slices.ContainsFunc(told, func(t Told) bool { return t == Told{a.Code, a.Kind, a.Topic} }):
		return Verdict{Suppressed, ReasonStockAlerted}
	case len(told) >= r.DailyCap:
		return Verdict{Suppressed, ReasonDailyCap}
	}
	return Verdict{Due, ReasonPassed}
}

// StillDue says what becomes of a notice that was due when somebody gets round to sending it: the recipient may have been
// switched off, muted or gone to bed since.
func StillDue(r Recipient, at time.Time) Verdict {
	switch {
	case !r.Active:
		return Verdict{Suppressed, ReasonInactive}
	case !r.Reachable():
		return Verdict{Suppressed, ReasonNoChat}
	}
	return r.unwilling(at)
}

// unwilling is the recipient's time of day: Due when he takes messages.
func (r Recipient) unwilling(at time.Time) Verdict {
	switch {
	case at.Before(r.MutedUntil):
		return Verdict{Suppressed, ReasonMuted}
	case r.Quiet(at) && r.Digest:
		return Verdict{Held, ReasonQuietHours}
	case r.Quiet(at):
		return Verdict{Suppressed, ReasonQuietHours}
	}
	return Verdict{Due, ReasonPassed}
}
