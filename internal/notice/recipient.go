package notice

import (
	"slices"
	"time"

	"tickerwire/internal/market"
)

// Allow says whether a recipient's own rule lets an alert through at the instant at, and the first reason why not.
// sentToday is how many notices he has had on at's KST day. Urgent filings keep to the rule too. No watchlist means all
// stocks; a DailyCap of 0 or less means none.
func Allow(r Recipient, a Alert, at time.Time, sentToday int) (ok bool, reason string) {
	switch {
	case !a.Send:
		return false, ReasonNotSend
	case !r.Active:
		return false, ReasonInactive
	case len(r.Codes) > 0 && !slices.Contains(r.Codes, a.Code):
		return false, ReasonNotWatched
	case r.Quiet(at):
		return false, ReasonQuietHours
	case sentToday >= r.DailyCap:
		return false, ReasonDailyCap
	}
	return true, ReasonPassed
}

// Quiet reports whether at falls into the recipient's quiet hours: from the full hour QuietFrom up to the full hour
// QuietTo in KST, over midnight when QuietFrom is the later of the two.
func (r Recipient) Quiet(at time.Time) bool {
	hour := at.In(market.KST).Hour()
	if r.QuietFrom <= r.QuietTo {
		return r.QuietFrom <= hour && hour < r.QuietTo
	}
	return r.QuietFrom <= hour || hour < r.QuietTo
}
