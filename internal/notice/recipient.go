package notice

import (
	"slices"
	"time"

	"tickerwire/internal/market"
)

// Allow says whether a recipient's own rule lets an alert through at the instant at, and the first reason why not. What
// he has had that day is Room's question. Urgent filings keep to the rule too. No watchlist means all stocks.
func Allow(r Recipient, a Alert, at time.Time) (ok bool, reason string) {
	switch {
	case !a.Send:
		return false, ReasonNotSend
	case !r.Active:
		return false, ReasonInactive
	case len(r.Codes) > 0 && !slices.Contains(r.Codes, a.Code):
		return false, ReasonNotWatched
	case r.Quiet(at):
		return false, ReasonQuietHours
	}
	return true, ReasonPassed
}

// Room says whether one more notice fits into a recipient's KST day, and why not. sent is how many he has had, alike how
// many of those were of the same stock and topic. Of a stock he hears of one signal a day, and of each kind of urgent
// filing once: a signal must not silence a trading halt, nor a halt a rights issue. A dailyCap of 0 or less means none.
func Room(dailyCap, sent, alike int) (ok bool, reason string) {
	switch {
	case alike > 0:
		return false, ReasonStockAlerted
	case sent >= dailyCap:
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
