package contest_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/forecast/contest"
	"tickerwire/internal/market"
)

const base = 0.43

// two forecasters say what they say of a stock-day, of which it is drawn whether it rises.
type two func(r *rand.Rand) contest.Pair

// equals are two who know nothing, each with noise of his own.
func equals(r *rand.Rand) contest.Pair {
	return contest.Pair{A: base + (r.Float64()-0.5)/5, B: base + (r.Float64()-0.5)/5, Up: r.Float64() < base}
}

// edge is an A whose direction is right with a probability, against the base rate.
func edge(accuracy float64) two {
	return func(r *rand.Rand) contest.Pair {
		p := contest.Pair{A: base - 0.05, B: base, Up: r.Float64() < base}
		if p.Up == (r.Float64() < accuracy) {
			p.A = base + 0.05
		}
		return p
	}
}

// season draws days of so many stocks. Outcomes of a horizon over one day overlap: a stock's rise is then that of the
// sum of so many daily moves.
func season(r *rand.Rand, days, stocks int, says two) []contest.Day {
	list := make([]contest.Day, days)
	for d := range list {
		pairs := make([]contest.Pair, stocks)
		for s := range pairs {
			pairs[s] = says(r)
		}
		list[d] = contest.NewDay(market.Day(20000+d), pairs)
	}
	return list
}

// overlapping draws a season of two who know nothing, whose outcomes are those of windows of horizon days.
func overlapping(r *rand.Rand, days, stocks, horizon int) []contest.Day {
	moves := make([][]float64, stocks)
	for s := range moves {
		moves[s] = make([]float64, days+horizon)
		for d := range moves[s] {
			moves[s][d] = r.NormFloat64()
		}
	}
	list := make([]contest.Day, days)
	for d := range list {
		pairs := make([]contest.Pair, stocks)
		for s := range pairs {
			sum := 0.0
			for _, m := range moves[s][d : d+horizon] {
				sum += m
			}
			pairs[s] = contest.Pair{A: 0.5 + (r.Float64()-0.5)/5, B: 0.5 + (r.Float64()-0.5)/5, Up: sum > 0}
		}
		list[d] = contest.NewDay(market.Day(20000+d), pairs)
	}
	return list
}

// simulate runs experiments on all processors and counts those of which holds is true. Experiment n is the same each time.
func simulate(experiments int, holds func(r *rand.Rand) bool) int {
	var count atomic.Int64
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		group.Go(func() {
			for n := w; n < experiments; n += workers {
				if holds(rand.New(rand.NewPCG(uint64(n), 99))) {
					count.Add(1)
				}
			}
		})
	}
	group.Wait()
	return int(count.Load())
}

// crossed reports whether one of the two bets is at the threshold on one of the days that is looked at: every so many.
func crossed(days []contest.Day, horizon, every int) bool {
	forA, forB := contest.Capital(days, horizon)
	for i := every - 1; i < len(days); i += every {
		if forA[i] >= contest.Threshold(1) || forB[i] >= contest.Threshold(1) {
			return true
		}
	}
	return false
}

func TestLookingOftenFindsNoFalseWinner(t *testing.T) {
	t.Parallel()
	const experiments = 2000
	for name, c := range map[string]struct {
		horizon int
		draw    func(r *rand.Rand) []contest.Day
	}{
		"one day, ten stocks":     {1, func(r *rand.Rand) []contest.Day { return season(r, 200, 10, equals) }},
		"one day, one stock":      {1, func(r *rand.Rand) []contest.Day { return season(r, 200, 1, equals) }},
		"three days that overlap": {3, func(r *rand.Rand) []contest.Day { return overlapping(r, 200, 5, 3) }},
		"five days that overlap":  {5, func(r *rand.Rand) []contest.Day { return overlapping(r, 200, 5, 5) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			won := simulate(experiments, func(r *rand.Rand) bool { return crossed(c.draw(r), c.horizon, 2) })
			t.Logf("100 looks: %d false winners in %d experiments", won, experiments)
			if won > experiments/20 {
				t.Errorf("%d false winners in %d experiments, at most one in twenty was promised", won, experiments)
			}
		})
	}
}

func TestPower(t *testing.T) {
	t.Parallel()
	const experiments = 200
	for _, stocks := range []int{10, 20, 40} {
		won := simulate(experiments, func(r *rand.Rand) bool {
			return crossed(season(r, contest.MaxDays, stocks, edge(0.55)), 1, 1)
		})
		t.Logf("right in 55 %% against the base rate, %d stock-days a day: shown in %.0f %% of experiments of %d days",
			stocks, 100*float64(won)/experiments, contest.MaxDays)
		if stocks == 40 && won < experiments*8/10 {
			t.Errorf("with 40 stock-days a day it is shown %d times in %d", won, experiments)
		}
	}
}

func TestADayIsBoundByItsForecasts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		pairs := make([]contest.Pair, 1+r.IntN(5))
		for i := range pairs {
			pairs[i] = contest.Pair{A: r.Float64(), B: r.Float64()}
		}
		var bound float64
		for came := range 1 << len(pairs) {
			for i := range pairs {
				pairs[i].Up = came>>i&1 == 1
			}
			d := contest.NewDay(1, pairs)
			if came > 0 && d.Bound != bound {
				t.Fatalf("the bound of %+v depends on what came", pairs)
			}
			if bound = d.Bound; math.Abs(d.Diff) > bound+1e-12 || bound > 1 {
				t.Fatalf("day %+v of %+v", d, pairs)
			}
		}
	}
	if d := contest.NewDay(7, []contest.Pair{{A: 0.6, B: 0.5, Up: true}, {A: 0.6, B: 0.5}}); math.Abs(d.Diff+0.01) > 1e-12 ||
		math.Abs(d.Bound-0.11) > 1e-12 || d.StockDays != 2 || d.Day != 7 {
		t.Errorf("day %+v, want a difference of (.09-.11)/2 within .11", d)
	}
}

func TestTheSameForecastsAreNoEvidence(t *testing.T) {
	t.Parallel()
	same := func(r *rand.Rand) contest.Pair { return contest.Pair{A: 0.4, B: 0.4, Up: r.Float64() < base} }
	got := contest.Evaluate(season(rand.New(rand.NewPCG(2, 2)), 60, 10, same), 3, 1)
	last := got.Points[len(got.Points)-1]
	if got.Verdict != contest.Undecided || last.ForA != 1 || last.ForB != 1 || last.Low != 0 || last.High != 0 {
		t.Errorf("%q, %+v", got.Verdict, last)
	}
	if none := contest.Evaluate(nil, 1, 1); none.Verdict != contest.Collecting || len(none.Points) != 0 {
		t.Errorf("no days: %+v", none)
	}
}

func TestSwappingTheTwoSwapsTheVerdict(t *testing.T) {
	t.Parallel()
	days := season(rand.New(rand.NewPCG(3, 3)), 250, 40, edge(0.58))
	swapped := make([]contest.Day, len(days))
	for i, d := range days {
		swapped[i] = d
		swapped[i].Diff = -d.Diff
	}
	a, b := contest.Evaluate(days, 1, 1), contest.Evaluate(swapped, 1, 1)
	if a.Verdict != contest.ABetter || b.Verdict != contest.BBetter || len(a.Points) != len(b.Points) || len(a.Points) >= 250 {
		t.Fatalf("%q after %d days, swapped %q after %d", a.Verdict, len(a.Points), b.Verdict, len(b.Points))
	}
	for i, p := range a.Points {
		q := b.Points[i]
		want := contest.Point{Day: p.Day, ForA: p.ForB, ForB: p.ForA, Mean: -p.Mean, Low: -p.High, High: -p.Low, StockDays: p.StockDays, Days: p.Days}
		if diff := cmp.Diff(want, q); diff != "" {
			t.Fatalf("day %d: %s", i, diff)
		}
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	sure := func(r *rand.Rand) contest.Pair {
		up := r.Float64() < base
		p := contest.Pair{A: base - 0.1, B: base, Up: up}
		if up {
			p.A = base + 0.1
		}
		return p
	}
	for name, c := range map[string]struct {
		days, stocks, comparisons int
		says                      two
		verdict                   contest.Verdict
		points                    int
	}{
		"all evidence, too few days":        {39, 50, 1, sure, contest.Collecting, 39},
		"on the first day that may decide":  {60, 50, 1, sure, contest.ABetter, 40},
		"all evidence, too few stock-days":  {49, 10, 1, sure, contest.Collecting, 49},
		"with the 500th":                    {60, 10, 1, sure, contest.ABetter, 50},
		"nothing between them":              {300, 10, 1, equals, contest.NoDifference, 250},
		"nothing between them so far":       {249, 10, 1, equals, contest.Undecided, 249},
		"few stock-days, the time has gone": {300, 1, 1, sure, contest.NoDifference, 250},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := contest.Evaluate(season(rand.New(rand.NewPCG(4, 4)), c.days, c.stocks, c.says), 1, c.comparisons)
			if got.Verdict != c.verdict || len(got.Points) != c.points || got.Threshold != 40 {
				t.Errorf("%q after %d days, threshold %v", got.Verdict, len(got.Points), got.Threshold)
			}
		})
	}
	if contest.Threshold(3) != 120 || contest.Threshold(0) != 40 {
		t.Errorf("thresholds %v, %v", contest.Threshold(3), contest.Threshold(0))
	}
	for v, final := range map[contest.Verdict]bool{contest.Collecting: false, contest.Undecided: false, contest.ABetter: true, contest.NoDifference: true, contest.Stopped: true} {
		if v.Final() != final {
			t.Errorf("%q ends its experiment: %t", v, v.Final())
		}
	}
}

// TestTheConfidenceSequenceHoldsTheTruth on all days at once, and closes in on it.
func TestTheConfidenceSequenceHoldsTheTruth(t *testing.T) {
	t.Parallel()
	const experiments = 100
	// A moves .05 from the base, and lies nearer to what comes in 55 % of both rises and falls.
	truth := 2*0.05*(0.55-0.45)*2*base*(1-base) - 0.05*0.05
	missed := simulate(experiments, func(r *rand.Rand) bool {
		trail := contest.Evaluate(season(r, 80, 10, edge(0.55)), 1, 1)
		before := contest.Point{Low: -1, High: 1}
		for _, p := range trail.Points {
			if p.Low > truth || p.High < truth {
				return true
			}
			if p.Low < before.Low || p.High > before.High {
				t.Error("the sequence has widened")
			}
			before = p
		}
		if last := trail.Points[len(trail.Points)-1]; last.High-last.Low > 0.05 {
			t.Errorf("after 80 days it is as wide as %v", last.High-last.Low)
		}
		return false
	})
	if missed > experiments/20+4 {
		t.Errorf("the truth was missed in %d of %d experiments", missed, experiments)
	}
}
