package contest

import (
	"cmp"
	"slices"

	"tickerwire/internal/market"
)

// Verdict is the word for how an experiment stands. There is none for being ahead.
type Verdict string

// The verdicts. All but the first two end an experiment.
const (
	Collecting   Verdict = "collecting"               // too little for any word
	Undecided    Verdict = "undecided"                // enough to decide on, and not decided
	ABetter      Verdict = "a_better"                 // shown
	BBetter      Verdict = "b_better"                 // shown
	NoDifference Verdict = "no_detectable_difference" // none was shown in MaxDays
	Stopped      Verdict = "stopped"                  // by a person, without a result
)

// Final reports whether the verdict ends its experiment.
func (v Verdict) Final() bool { return v != Collecting && v != Undecided }

// What a verdict needs, and when there will be none.
const (
	MinStockDays = 500
	MinDays      = 40
	MaxDays      = 250
)

// Threshold is the capital that shows a winner at a level of 5 % in both directions together, where one champion is
// compared with so many challengers at once.
func Threshold(comparisons int) float64 { return 20 * 2 * float64(max(1, comparisons)) }

// Point is how things stood after a day. Low to High is the confidence sequence of the mean of B's Brier score less A's:
// with 95 % it holds the truth on all days at once.
type Point struct {
	Day        market.Day
	ForA, ForB float64 // capital of the bets that A, that B is better
	Mean       float64 // of the days' differences so far
	Low, High  float64
	StockDays  int // so far
	Days       int
}

// Trail is the evidence over time, up to the day of the verdict.
type Trail struct {
	Threshold float64
	Verdict   Verdict
	Points    []Point
}

// Evaluate bets on the days in their order and says where that leads. Days after a final verdict are not looked at. The
// horizon is in trading days.
func Evaluate(days []Day, horizon, comparisons int) Trail {
	t := Trail{Threshold: Threshold(comparisons), Verdict: Collecting}
	forA, forB := Capital(days, horizon)
	sum, stockDays := 0.0, 0
	for i, d := range days {
		sum += d.Diff
		stockDays += d.StockDays
		p := Point{Day: d.Day, ForA: forA[i], ForB: forB[i], Mean: sum / float64(i+1), StockDays: stockDays, Days: i + 1}
		t.Points = append(t.Points, p)
		if t.Verdict = verdict(p, t.Threshold); t.Verdict.Final() {
			break
		}
	}
	t.addSequence(days[:len(t.Points)], horizon)
	return t
}

func verdict(p Point, threshold float64) Verdict {
	switch {
	case p.StockDays < MinStockDays || p.Days < MinDays:
		if p.Days >= MaxDays {
			return NoDifference
		}
		return Collecting
	case p.ForA >= threshold:
		return ABetter
	case p.ForB >= threshold:
		return BBetter
	case p.Days >= MaxDays:
		return NoDifference
	}
	return Undecided
}

// Capital returns, after each day, the capital of who bets that A is better and of who bets that B is.
func Capital(days []Day, horizon int) (forA, forB []float64) {
	a, b := newProcess(horizon), newProcess(horizon)
	for _, d := range days {
		forA = append(forA, a.bet(d.Diff, d.Bound))
		forB = append(forB, b.bet(-d.Diff, d.Bound))
	}
	return forA, forB
}

// halvings of the search for an end of a confidence sequence: to a ten-thousandth of the range.
const halvings = 14

// addSequence fills the points' confidence sequence: the means that no bet against has made the threshold of.
func (t *Trail) addSequence(days []Day, horizon int) {
	if len(days) == 0 {
		return
	}
	widest := slices.MaxFunc(days, func(a, b Day) int { return cmp.Compare(a.Bound, b.Bound) }).Bound
	low, high := -widest, widest
	for i := range t.Points {
		low = max(low, end(days[:i+1], horizon, t.Threshold, widest, 1))
		high = min(high, -end(days[:i+1], horizon, t.Threshold, widest, -1))
		t.Points[i].Low, t.Points[i].High = low, high
	}
}

// end returns the largest mean, in the direction of sign, that the bets that the truth lies above it have refuted;
// -widest when they have refuted none.
func end(days []Day, horizon int, threshold, widest float64, sign float64) float64 {
	low, high := -widest, widest
	for range halvings {
		middle := (low + high) / 2
		if refuted(days, horizon, threshold, middle, sign) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// refuted reports whether the bets against a mean of at most m have ever reached the threshold.
func refuted(days []Day, horizon int, threshold, m, sign float64) bool {
	p := newProcess(horizon)
	for _, d := range days {
		if p.bet(sign*d.Diff-m, d.Bound+max(m, -m)) >= threshold {
			return true
		}
	}
	return false
}
