package news

import (
	"time"

	"tickerwire/internal/market"
)

// Yield says whether a source that answers shows as much as it used to.
type Yield string

// The yields.
const (
	YieldNormal   Yield = "normal"
	YieldDry      Yield = "dry"      // nothing new for longer than ever on this weekday at this hour
	YieldLearning Yield = "learning" // too little is known of this weekday and hour
)

// enoughHours is how many past days of the same kind must be known before a silence is called long.
const enoughHours = 4

// YieldMemory is how far back silences are compared.
const YieldMemory = 8 * 7 * 24 * time.Hour

// Quiet is the longest silence of a source, the time since it had last shown something new, that was seen within one
// clock hour.
type Quiet struct {
	Hour    time.Time
	Longest time.Duration
}

// JudgeYield compares a silence at an instant with those of the same hour of the day on past days of the same kind. A
// day is compared with the same weekday; one on which the exchange is closed although it is no weekend, with every
// closed day. A day that the calendar does not know cannot be judged: YieldLearning.
func JudgeYield(at time.Time, silence time.Duration, past []Quiet, c *market.Calendar) Yield {
	today := market.DayOf(at)
	open, err := c.IsOpen(today)
	if err != nil {
		return YieldLearning
	}
	known, longest := 0, time.Duration(0)
	for _, q := range past {
		day := market.DayOf(q.Hour)
		if day >= today || at.Sub(q.Hour) > YieldMemory || q.Hour.In(market.KST).Hour() != at.In(market.KST).Hour() {
			continue
		}
		wasOpen, err := c.IsOpen(day)
		alike := day.Weekday() == today.Weekday() || !open && !weekend(today)
		if err != nil || wasOpen != open || !alike {
			continue
		}
		known++
		longest = max(longest, q.Longest)
	}
	switch {
	case known < enoughHours:
		return YieldLearning
	case silence > longest:
		return YieldDry
	}
	return YieldNormal
}

// holidaysBack is how far back a holiday explains a silence: no run of them is longer.
const holidaysBack = 14

// QuietSince returns the instant from which a silence at t counts at the earliest: midnight at the start or the end of
// the last holiday, as news stop and begin with it. The zero time when there was none lately.
func QuietSince(t time.Time, c *market.Calendar) time.Time {
	today := market.DayOf(t)
	for day := today; day > today-holidaysBack; day-- {
		open, err := c.IsOpen(day)
		switch {
		case err != nil:
			return time.Time{}
		case open || weekend(day):
		case day == today:
			return day.At(0, 0)
		default:
			return (day + 1).At(0, 0)
		}
	}
	return time.Time{}
}

func weekend(d market.Day) bool {
	return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
}
