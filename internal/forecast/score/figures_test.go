package score_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/forecast"
	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
)

func TestAUCIsTheShareOfPairs(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20, 1))
	for range 50 {
		var units []score.Unit
		for range 2 + r.IntN(40) {
			units = append(units, score.Unit{P: float64(r.IntN(8)) / 10, ExcessPct: r.NormFloat64()})
		}
		won, pairs := 0.0, 0.0
		for _, a := range units {
			for _, b := range units {
				if !(a.ExcessPct > 0 && b.ExcessPct <= 0) {
					continue
				}
				pairs++
				switch {
				case a.P > b.P:
					won++
				case a.P == b.P:
					won += 0.5
				}
			}
		}
		if got, want := score.AUC(units), won/pairs; math.Abs(got-want) > 1e-12 && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("AUC %v, want %v", got, want)
		}
	}
}

func TestWilson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		right, n  int
		low, high float64
	}{
		{8, 10, 0.4902, 0.9433}, {0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}, {0, 0, 0, 1}, {50, 100, 0.4038, 0.5962},
	} {
		low, high := score.Wilson(c.right, c.n)
		if math.Abs(low-c.low) > 5e-5 || math.Abs(high-c.high) > 5e-5 {
			t.Errorf("%d of %d: %v to %v, want %v to %v", c.right, c.n, low, high, c.low, c.high)
		}
	}
}

func TestReportsAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	items := record(21, 30, 6, right(0.55, 0.05))
	if diff := cmp.Diff(judge(items), judge(items)); diff != "" {
		t.Error(diff)
	}
}

// TestDaysThatMoveTogetherWidenIntervals: when all stocks of a day share their fate, single stock-days know less than
// their number says.
func TestDaysThatMoveTogetherWidenIntervals(t *testing.T) {
	t.Parallel()
	apart := record(22, 40, 20, right(0.55, 0.05))
	together := record(22, 40, 20, right(0.55, 0.05))
	r := rand.New(rand.NewPCG(23, 1))
	for d := 0; d < len(together); d += 20 {
		luck := r.Float64() < 0.55
		for i := range together[d : d+20] {
			item := &together[d+i]
			item.Probability = base - 0.05
			if item.ExcessPct > 0 == luck {
				item.Probability = base + 0.05
			}
		}
	}
	a, b := judge(apart).Accuracy, judge(together).Accuracy
	if b.High-b.Low < 2*(a.High-a.Low) {
		t.Errorf("an interval of %+v where days hang together, of %+v where they do not", b, a)
	}
	// And outcomes that overlap are cut into longer blocks.
	one := score.Judge(score.Record{Horizon: 1, Items: together}).Skill
	five := score.Judge(score.Record{Horizon: 5, Items: together}).Skill
	if one == five {
		t.Error("the horizon does not matter")
	}
}

func TestMurphySumsToTheBrierScore(t *testing.T) {
	t.Parallel()
	for _, says := range []forecaster{theBase, noise, right(0.6, 0.07), oracle} {
		r := judge(record(24, 30, 20, says))
		m := r.Reliability.Murphy
		if math.Abs(m.Reliability-m.Resolution+m.Uncertainty+m.Within-r.Brier) > 1e-12 || math.Abs(m.Within) > 0.005 {
			t.Errorf("%+v is not %v", m, r.Brier)
		}
		n := 0
		for i, b := range r.Reliability.Bins {
			n += b.StockDays
			if b.Low > b.High || i > 0 && b.Mean <= r.Reliability.Bins[i-1].Mean {
				t.Errorf("bins %+v", r.Reliability.Bins)
			}
		}
		if n != r.StockDays {
			t.Errorf("bins hold %d of %d stock-days", n, r.StockDays)
		}
	}
}

// calibrated draws outcomes from the probabilities that it says.
func calibrated(seed uint64, days, stocks int, stretch float64) []score.Item {
	r := rand.New(rand.NewPCG(seed, 2))
	items := record(seed, days, stocks, theBase)
	for i := range items {
		x := r.NormFloat64() * 0.4
		items[i].Probability = forecast.Logistic(forecast.Logit(base) + stretch*x)
		up := r.Float64() < forecast.Logistic(forecast.Logit(base)+x)
		if up != (items[i].ExcessPct > 0) {
			items[i].ExcessPct = -items[i].ExcessPct
		}
	}
	return items
}

func TestACalibratedForecasterLooksCalibrated(t *testing.T) {
	t.Parallel()
	r := judge(calibrated(25, 60, 40, 1))
	if r.Reliability.ECE > r.Reliability.ECENull || r.Reliability.ECENull > 0.06 || r.Reliability.ECENull < 0.02 {
		t.Errorf("ECE %v, 95 %% of calibrated ones stay below %v", r.Reliability.ECE, r.Reliability.ECENull)
	}
	for _, b := range r.Reliability.Bins {
		if b.Frequency < b.Low-0.03 || b.Frequency > b.High+0.03 || b.Mean < b.Low || b.Mean > b.High {
			t.Errorf("bin %+v", b)
		}
	}
	if math.Abs(r.Slope.Value-1) > 0.25 || r.Slope.Low > 1 || r.Slope.High < 1 || r.Intercept.Low > 0 || r.Intercept.High < 0 || math.Abs(r.InTheLarge) > 3 {
		t.Errorf("slope %+v, intercept %+v, z %v", r.Slope, r.Intercept, r.InTheLarge)
	}
	bold := judge(calibrated(25, 60, 40, 3))
	if math.Abs(bold.Slope.Value-1.0/3) > 0.1 || bold.Slope.High > 0.6 || bold.Reliability.ECE < bold.Reliability.ECENull {
		t.Errorf("three times too bold: slope %+v, ECE %v of %v", bold.Slope, bold.Reliability.ECE, bold.Reliability.ECENull)
	}
}

func TestClasses(t *testing.T) {
	t.Parallel()
	even := score.ClassesOf(0.5, 2, 1)
	if math.Abs(even[0]-even[2]) > 1e-12 || math.Abs(even[1]-0.3328) > 1e-3 { // P(|z| <= .43)
		t.Errorf("classes of .5: %v", even)
	}
	up := score.ClassesOf(0.7, 2, 5)
	if math.Abs(up[0]+up[1]+up[2]-1) > 1e-12 || up[2] < even[2] || up[0] > even[0] {
		t.Errorf("classes of .7: %v", up)
	}
	// The ranked score of certainty in a rise: right 0, one class off 1/2, two off 1.
	items := record(26, 20, 5, func(*rand.Rand, float64) float64 { return 1 })
	for i := range items {
		items[i].SigmaPct, items[i].ExcessPct, items[i].Flat = 1, []float64{5, 0.1, -5, -5}[i%4], i%4 == 1
	}
	three := judge(items).ThreeWay
	if three.StockDays != 100 || math.Abs(three.RPS-0.625) > 0.001 || math.Abs(three.Brier-1.5) > 0.001 {
		t.Errorf("%+v", three)
	}
	for i := range items {
		items[i].SigmaPct = 0
	}
	if three = judge(items).ThreeWay; three != (score.ThreeWay{}) {
		t.Errorf("without a sigma: %+v", three)
	}
}

func TestRecalibration(t *testing.T) {
	t.Parallel()
	fit := func(items []score.Item) (forecast.Calibration, bool) {
		return score.Recalibration(score.Collapse(items), 1)
	}
	if _, ok := fit(calibrated(27, 49, 10, 1)); ok {
		t.Error("490 stock-days were enough")
	}
	if _, ok := fit(record(27, 100, 10, theBase)); ok {
		t.Error("a forecaster who says nothing was fitted")
	}
	for name, c := range map[string]struct {
		stretch, low, high float64
		proven             bool
	}{
		"right as it is":       {1, 0.8, 1.1, true},
		"three times too bold": {3, 0.25, 0.42, true},
		"turned over":          {-1, -1.1, -0.7, false},
	} {
		got, ok := fit(calibrated(28, 60, 40, c.stretch))
		if !ok || got.Slope < c.low || got.Slope > c.high || got.Proven() != c.proven || got.StockDays != score.MaxRecalibration ||
			!(got.SlopeLow < got.Slope && got.Slope < got.SlopeHigh) || math.Abs(got.Intercept) > 0.15 {
			t.Errorf("%s: %+v, ok %t", name, got, ok)
		}
	}
	// What says nothing true is drawn to 0, and hardly ever proven: one in ten, by an 80 % interval's upper end.
	proven, sum := 0, 0.0
	for seed := range uint64(100) {
		got, ok := fit(record(1000+seed, 30, 20, noise))
		if !ok {
			t.Fatal("not fitted")
		}
		sum += math.Abs(got.Slope)
		if got.Proven() {
			proven++
		}
	}
	if proven > 20 || sum/100 > 0.4 {
		t.Errorf("noise: %d of 100 proven, mean |slope| %v", proven, sum/100)
	}
}

// TestRecalibrationTakesTheNewest: what the last 2,000 stock-days do not show is forgotten.
func TestRecalibrationTakesTheNewest(t *testing.T) {
	t.Parallel()
	old, fresh := calibrated(29, 60, 40, -1), calibrated(30, 60, 40, 1)
	for i := range old {
		old[i].Day -= 100
	}
	both, ok := score.Recalibration(score.Collapse(append(old, fresh...)), 1)
	alone, _ := score.Recalibration(score.Collapse(fresh), 1)
	if !ok || both != alone {
		t.Errorf("%+v, without the old ones %+v", both, alone)
	}
}

func TestIntervalsOfTheSlopeKnowThatOutcomesOverlap(t *testing.T) {
	t.Parallel()
	// Each outcome is repeated on the two days after it: three days know what one does.
	items := calibrated(33, 120, 20, 1)
	for i := range items {
		d := i / 20
		source := items[(d-d%3)*20+i%20]
		items[i].ExcessPct, items[i].Probability = source.ExcessPct, source.Probability
		items[i].Day = monday + market.Day(d)
	}
	one, _ := score.Recalibration(score.Collapse(items), 1)
	three, ok := score.Recalibration(score.Collapse(items), 3)
	if !ok || one.Drifting || three.Slope != one.Slope || three.SlopeHigh-three.SlopeLow < 1.2*(one.SlopeHigh-one.SlopeLow) {
		t.Errorf("horizon 1 %+v, horizon 3 %+v", one, three)
	}
}

func TestPrecisionOfPicks(t *testing.T) {
	t.Parallel()
	var picks []score.Pick
	for d := range market.Day(30) {
		for rank := 1; rank <= 5; rank++ {
			p := score.Pick{Day: 20000 + d, Rank: rank, Direction: -1, BaseRate: 0.42, ExcessPct: -1.3}
			if rank > 1 && (int(d)+rank)%2 == 0 {
				p.ExcessPct = 1.3
			}
			picks = append(picks, p)
		}
	}
	one, three := score.PrecisionAt(picks, 1, 5), score.PrecisionAt(picks, 3, 5)
	if one.Picks != 30 || one.Right != 30 || one.Hits.Value != 1 || one.Hits.Low > 0.89 || one.NetMeanPct.Value != 1 || math.Abs(one.Base-0.58) > 1e-12 {
		t.Errorf("the first picks: %+v", one)
	}
	if three.Picks != 90 || three.Right != 60 || three.Days != 30 || three.NetMeanPct.Low > three.NetMeanPct.Value || math.Abs(three.NetMeanPct.Value-(1.3/3-0.3)) > 1e-9 {
		t.Errorf("the first three: %+v", three)
	}
	if few := score.PrecisionAt(picks[:50], 5, 5); few.Days != 10 || few.NetMeanPct.Ranged || !few.Hits.Ranged {
		t.Errorf("ten days: %+v", few)
	}
	if none := score.PrecisionAt(nil, 3, 5); none != (score.Precision{K: 3}) {
		t.Errorf("no picks: %+v", none)
	}
}

func TestRecallOfBigMoves(t *testing.T) {
	t.Parallel()
	var moves []score.BigMove
	for d := range market.Day(30) {
		for n := range 4 {
			moves = append(moves, score.BigMove{Day: 20000 + d, Alerted: n == 0, Right: d%2 == 0})
		}
	}
	got := score.RecallOf(moves)
	if got.Moves != 120 || got.Days != 30 || got.Alerted != 30 || got.Right != 15 || got.Share.Value != 0.25 || got.Share.Low > 0.19 || got.Share.High < 0.33 {
		t.Errorf("%+v", got)
	}
	if none := score.RecallOf(nil); none != (score.Recall{}) {
		t.Errorf("no moves: %+v", none)
	}
}
