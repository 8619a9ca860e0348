// Package score judges predictions by what happened. The unit of evidence is the stock-day: however many stories a
// stock has on a base day, they share one outcome, so they are collapsed to one forecast before anything is counted.
// Everything is a pure function of what is passed in, also where it draws random numbers: those are seeded. Whoever
// passes it chooses the outcomes that were known by his as_of.
package score

import (
	"cmp"
	"slices"

	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

// Item is one prediction of one story for one stock and one horizon, with its outcome.
type Item struct {
	StoryID     int64
	Cluster     int64 // stories that echo each other share it: of one cluster the first story speaks
	Code        market.Code
	Day         market.Day // the base day
	Probability float64    // of a positive excess return, 0..1
	BaseRate    float64    // what would be said without the story, 0..1
	ExcessPct   float64    // the outcome; nothing when Void is set
	SigmaPct    float64    // the stock's daily sigma as of the story, percent; 0 when unknown
	Flat        bool       // within the flat band
	Void        bool       // there is no label
}

// Unit is one stock-day: the mean of its stories' forecasts, in logits, and the outcome that they share.
type Unit struct {
	Code      market.Code
	Day       market.Day
	P, Base   float64
	ExcessPct float64
	SigmaPct  float64
	Flat      bool
	Stories   int // that speak, near-duplicates left out
}

// Up is 1 when the excess return was positive, else 0.
func (u Unit) Up() float64 {
	if u.ExcessPct > 0 {
		return 1
	}
	return 0
}

// Direction is sign(P - Base), 0 where the forecast said nothing.
func (u Unit) Direction() int { return cmp.Compare(u.P, u.Base) }

// Right reports whether the sign of the excess return is the one that was said.
func (u Unit) Right() bool { return u.Direction() != 0 && u.ExcessPct > 0 == (u.Direction() > 0) }

// Collapse makes one unit per stock and base day, in the order of (day, code). Void items are left out, and of stories
// that echo each other all but the one with the lowest id. The order of the items does not matter.
func Collapse(items []Item) []Unit {
	sorted := slices.DeleteFunc(slices.Clone(items), func(i Item) bool { return i.Void })
	slices.SortFunc(sorted, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Code, b.Code), cmp.Compare(a.StoryID, b.StoryID))
	})
	var units []Unit
	for len(sorted) > 0 {
		first := sorted[0]
		n := slices.IndexFunc(sorted, func(i Item) bool { return i.Day != first.Day || i.Code != first.Code })
		if n < 0 {
			n = len(sorted)
		}
		units = append(units, collapse(sorted[:n]))
		sorted = sorted[n:]
	}
	return units
}

// collapse makes the unit of one stock-day's items, ordered by story.
func collapse(items []Item) Unit {
	first := items[0]
	u := Unit{Code: first.Code, Day: first.Day, ExcessPct: first.ExcessPct, SigmaPct: first.SigmaPct, Flat: first.Flat}
	seen := make(map[int64]bool, len(items))
	p, base := 0.0, 0.0
	for _, i := range items {
		if seen[i.Cluster] {
			continue
		}
		seen[i.Cluster] = true
		p += forecast.Logit(i.Probability)
		base += forecast.Logit(i.BaseRate)
		u.Stories++
	}
	u.P, u.Base = forecast.Logistic(p/float64(u.Stories)), forecast.Logistic(base/float64(u.Stories))
	return u
}

// days returns where each day's units begin, with len(units) at the end; units are in the order of days.
func days(units []Unit) []int {
	starts := []int{0}
	for i := 1; i < len(units); i++ {
		if units[i].Day != units[i-1].Day {
			starts = append(starts, i)
		}
	}
	if len(units) == 0 {
		return starts
	}
	return append(starts, len(units))
}
