package notice

import (
	"cmp"
	"hash/fnv"
	"slices"

	"tickerwire/internal/market"
)

// Candidate is a signal that was decided on by its numbers alone, of one stock on one KST day.
type Candidate struct {
	AlertID  int64
	Code     market.Code
	Day      market.Day
	ScorePct float64
	SigmaPct float64
}

// FloorDays is how many days with candidates a floor is taken from, and FloorLeast how many there must be.
const (
	FloorDays  = 20
	floorLeast = 5
)

// Floor returns the score that so many candidates a day have reached lately, so that whoever alerts at once, without
// knowing the rest of the day, comes to about that many: the (1 - perDay/n) quantile of the days' candidates, n being how
// many a day has on average. It is 0 while there are too few days to go by, and where days have no more than perDay. A
// stock counts once a day, with its best score; the newest FloorDays days count.
func Floor(candidates []Candidate, perDay int) float64 {
	byDay := make(map[market.Day]map[market.Code]float64)
	for _, c := range candidates {
		if byDay[c.Day] == nil {
			byDay[c.Day] = make(map[market.Code]float64)
		}
		byDay[c.Day][c.Code] = max(byDay[c.Day][c.Code], c.ScorePct)
	}
	days := make([]market.Day, 0, len(byDay))
	for d := range byDay {
		days = append(days, d)
	}
	slices.SortFunc(days, func(a, b market.Day) int { return int(b - a) })
	days = days[:min(len(days), FloorDays)]
	var scores []float64
	for _, d := range days {
		for _, score := range byDay[d] {
			scores = append(scores, score)
		}
	}
	keep := perDay * len(days)
	if len(days) < floorLeast || len(scores) <= keep {
		return 0
	}
	slices.Sort(scores)
	return scores[len(scores)-max(keep, 1)]
}

// ControlPicks is how many candidates a control picks a day.
const ControlPicks = 5

// Controls returns what two choosers without a model would have picked of one day's candidates, the first pick first: one
// picks at random, the same each time for a day, the other whatever moves most. A stock counts once, with the candidate
// that was decided first.
func Controls(day market.Day, candidates []Candidate) (random, sigma []Candidate) {
	byID := slices.Clone(candidates)
	slices.SortFunc(byID, func(a, b Candidate) int { return cmp.Compare(a.AlertID, b.AlertID) })
	seen := make(map[market.Code]bool)
	var once []Candidate
	for _, c := range byID {
		if !seen[c.Code] {
			seen[c.Code] = true
			once = append(once, c)
		}
	}
	sigma = slices.Clone(once)
	slices.SortStableFunc(sigma, func(a, b Candidate) int { return cmp.Compare(b.SigmaPct, a.SigmaPct) })
	slices.SortStableFunc(once, func(a, b Candidate) int { return cmp.Compare(lot(day, a.Code), lot(day, b.Code)) })
	return once[:min(len(once), ControlPicks)], sigma[:min(len(sigma), ControlPicks)]
}

// lot is what a stock draws on a day.
func lot(day market.Day, code market.Code) uint64 {
	h := fnv.New64a()
	h.Write([]byte(day.String() + " " + string(code))) // #nosec G104 -- a hash never fails to be written
	z := h.Sum64()                                     // whose high bits are weak where texts are alike: mixed as in MurmurHash3
	z = (z ^ z>>33) * 0xff51afd7ed558ccd
	z = (z ^ z>>33) * 0xc4ceb9fe1a85ec53
	return z ^ z>>33
}
