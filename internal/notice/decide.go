package notice

import (
	"math"
	"slices"
	"time"

	"tickerwire/internal/market"
)

// Told is one message that a recipient has had on a KST day or is about to get: due, failed, claimed, sent or ambiguous.
// Digests, and what was held back or suppressed, are none.
type Told struct {
	Code    market.Code
	Kind    Kind
	Topic   string
	Cluster int64
}

// Verdict is what becomes of one alert for one recipient: a State of Due, Held or Suppressed, with its reason.
type Verdict struct {
	State        State
	Reason       string
	PredictionID int64 // of a signal: the prediction that he hears of, the best of those that he wants; 0 when he wants none
}

// Decide says what becomes of an alert for one recipient at the instant at, given what he has been told that KST day. Urgent
// filings keep to the rule, too. The first reason against it counts.
//
// Of a stock he hears of one signal a day, and of each kind of urgent filing once: a signal must not silence a trading halt,
// nor a halt a rights issue. Of stories that echo each other he hears once, whatever the stocks, but for a material change;
// of stories about the market once a day. What is for digests, and what comes in his quiet hours, is held for his digest.
func Decide(r Recipient, a Alert, told []Told, at time.Time) Verdict {
	v := Verdict{State: Suppressed}
	var ok bool
	switch {
	case !a.Send && !a.Digest:
		v.Reason = ReasonNotSend
	case !r.Active:
		v.Reason = ReasonInactive
	case !r.Hears(a.Code):
		v.Reason = ReasonNotWatched
	case !r.Reachable():
		v.Reason = ReasonNoChat
	case a.Kind == Disclosure && !r.Urgent:
		v.Reason = ReasonNoUrgent
	case a.Kind == Signal:
		if v.PredictionID, v.Reason, ok = r.choose(a); ok {
			return r.room(v, a, told, at)
		}
	default:
		return r.room(v, a, told, at)
	}
	return v
}

// choose returns the prediction with the best score of those that the recipient wants, or what keeps him from the rest.
func (r Recipient) choose(a Alert) (id int64, reason string, ok bool) {
	best, reason := Option{}, ReasonHorizon
	for _, o := range a.Options {
		switch {
		case !o.tells(a) || !slices.Contains(r.Horizons, o.Horizon):
		case float64(r.Direction)*o.Shift < 0:
			reason = ReasonDirection
		case math.Abs(o.Shift) < r.MinShift-shiftSlack:
			reason = ReasonThreshold
		case !ok || o.ScorePct > best.ScorePct:
			best, ok = o, true
		}
	}
	if ok {
		return best.PredictionID, ReasonPassed, true
	}
	return 0, reason, false
}

// room is the part of a decision that depends on the day and the hour.
func (r Recipient) room(v Verdict, a Alert, told []Told, at time.Time) Verdict {
	hour := r.hour(at)
	switch {
	case a.Digest && r.Digest && hour.Reason != ReasonMuted:
		v.State, v.Reason = Held, ReasonUnproven
	case a.Digest:
		v.Reason = ReasonUnproven
	case hour.State != Due:
		v.State, v.Reason = hour.State, hour.Reason
	default:
		if v.Reason = heard(a, told, r.DailyCap); v.Reason == "" {
			v.State, v.Reason = Due, ReasonPassed
		}
	}
	return v
}

// heard is what a recipient's day has against one more alert; "" for nothing.
func heard(a Alert, told []Told, dailyCap int) string {
	for _, t := range told {
		switch {
		case t.Code == a.Code && t.Kind == a.Kind && t.Topic == a.Topic:
			return ReasonStockAlerted
		case a.Kind == Signal && t.Kind == Signal && t.Cluster == a.Cluster && a.Cluster != 0 && a.Topic != TopicReversal:
			return ReasonAlerted
		case a.Topic == TopicMarket && t.Topic == TopicMarket:
			return ReasonMarketAlerted
		}
	}
	if len(told) >= dailyCap {
		return ReasonDailyCap
	}
	return ""
}

// StillDue says what becomes of a notice that was due when somebody gets round to sending it: the recipient may have been
// switched off, muted or gone to bed since. The verdict names no prediction.
func StillDue(r Recipient, at time.Time) Verdict {
	switch {
	case !r.Active:
		return Verdict{State: Suppressed, Reason: ReasonInactive}
	case !r.Reachable():
		return Verdict{State: Suppressed, Reason: ReasonNoChat}
	}
	return r.hour(at)
}

// hour is what a recipient's time of day says to any message: Due when he takes it.
func (r Recipient) hour(at time.Time) Verdict {
	switch {
	case at.Before(r.MutedUntil):
		return Verdict{State: Suppressed, Reason: ReasonMuted}
	case r.Quiet(at) && r.Digest:
		return Verdict{State: Held, Reason: ReasonQuietHours}
	case r.Quiet(at):
		return Verdict{State: Suppressed, Reason: ReasonQuietHours}
	}
	return Verdict{State: Due, Reason: ReasonPassed}
}
