package score

import (
	"cmp"
	"slices"

	"tickerwire/internal/market"
)

// Pick is a stock-day that somebody chose, in the direction that was said of it, with its outcome.
type Pick struct {
	Day       market.Day
	Rank      int     // 1 is the day's first choice
	Direction int     // 1 or -1
	BaseRate  float64 // of a positive excess return, 0..1
	ExcessPct float64
}

// CostPct is what a round trip costs, percent: a mean return is shown less it.
const CostPct = 0.30

// Precision is how a chooser's first k picks a day came out. Base is the mean base rate of the directions that were said:
// calls of a fall begin well above one half. Hits has the wider of Wilson's interval and that of blocks of days.
type Precision struct {
	K          int
	Picks      int
	Days       int
	Right      int
	Hits       Estimate
	Base       float64
	NetMeanPct Estimate // mean excess return in the direction that was said, less CostPct
}

// PrecisionAt judges the picks of rank 1 to k. The horizon is that of the longest outcome among them, in trading days.
func PrecisionAt(picks []Pick, k, horizon int) Precision {
	out := Precision{K: k}
	kept := slices.DeleteFunc(slices.Clone(picks), func(p Pick) bool { return p.Rank > k || p.Direction == 0 })
	slices.SortStableFunc(kept, func(a, b Pick) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Rank, b.Rank)) })
	if out.Picks = len(kept); out.Picks == 0 {
		return out
	}
	var hits, nets []float64
	var starts []int
	for i, p := range kept {
		if i == 0 || p.Day != kept[i-1].Day {
			starts = append(starts, i)
		}
		hit, base := 0.0, p.BaseRate
		if p.ExcessPct > 0 == (p.Direction > 0) {
			hit = 1
			out.Right++
		}
		if p.Direction < 0 {
			base = 1 - base
		}
		out.Base += base / float64(len(kept))
		hits, nets = append(hits, hit), append(nets, float64(p.Direction)*p.ExcessPct-CostPct)
	}
	out.Days = len(starts)
	starts = append(starts, len(kept))
	low, high := Wilson(out.Right, out.Picks)
	out.Hits = estimate(mean(hits), wider(interval{low, high}, meanOfBlocks(hits, starts, horizon)))
	out.NetMeanPct = estimate(mean(nets), meanOfBlocks(nets, starts, horizon))
	return out
}
