package score

import (
	"cmp"
	"math"
	"slices"

	"tickerwire/internal/forecast"
)

// figures are what a sample comes to. Those that it cannot give are NaN.
type figures struct {
	brier, baseBrier     float64
	skill                float64 // 1 - brier/baseBrier
	logLoss, baseLogLoss float64
	accuracy             float64 // of the stock-days of which something was said
	balanced             float64 // mean of the shares that were right among rises and among falls
	auc                  float64
	upRate, coverage     float64
}

// sample is units in a form that can be counted again and again with other weights.
type sample struct {
	units  []Unit
	starts []int // see days
	marks  []mark
	byP    []int // units in the order of P
	ties   []int // where in byP each group of the same P begins, with len(byP) at the end
}

// mark is what a unit adds to each sum. up, said and right are 1 or 0: whether it rose, whether a direction was said, and
// rightly.
type mark struct{ brier, baseBrier, log, baseLog, up, said, right float64 }

func newSample(units []Unit) *sample {
	s := &sample{units: units, starts: days(units), byP: make([]int, len(units)), marks: make([]mark, len(units))}
	for i, u := range units {
		s.byP[i] = i
		y := u.Up()
		m := mark{brier: square(u.P - y), baseBrier: square(u.Base - y), log: logLoss(u.P, y), baseLog: logLoss(u.Base, y), up: y}
		if u.Direction() != 0 {
			m.said = 1
		}
		if u.Right() {
			m.right = 1
		}
		s.marks[i] = m
	}
	slices.SortStableFunc(s.byP, func(a, b int) int { return cmp.Compare(units[a].P, units[b].P) })
	for i := range s.byP {
		if i == 0 || units[s.byP[i]].P != units[s.byP[i-1]].P {
			s.ties = append(s.ties, i)
		}
	}
	s.ties = append(s.ties, len(units))
	return s
}

// once is the weights that count each unit once.
func (s *sample) once() []float64 {
	weights := make([]float64, len(s.units))
	for i := range weights {
		weights[i] = 1
	}
	return weights
}

// dayCount is how many days the sample has.
func (s *sample) dayCount() int { return len(s.starts) - 1 }

func square(x float64) float64 { return x * x }

// logLoss is the negative log likelihood of y, 0 or 1, with certainty taken for one in a million.
func logLoss(p, y float64) float64 {
	x := forecast.Logit(p)
	if y > 0 {
		x = -x
	}
	return math.Log1p(math.Exp(x))
}

// figures counts each unit as often as its weight says.
func (s *sample) figures(weights []float64) figures {
	var n, answered, right, ups, rises, risesRight float64
	var f figures
	for i, w := range weights {
		if w == 0 {
			continue
		}
		m := s.marks[i]
		n += w
		ups += w * m.up
		f.brier += w * m.brier
		f.baseBrier += w * m.baseBrier
		f.logLoss += w * m.log
		f.baseLogLoss += w * m.baseLog
		answered += w * m.said
		right += w * m.right
		rises += w * m.said * m.up
		risesRight += w * m.right * m.up
	}
	f.skill = 1 - f.brier/f.baseBrier
	f.brier, f.baseBrier, f.logLoss, f.baseLogLoss = f.brier/n, f.baseBrier/n, f.logLoss/n, f.baseLogLoss/n
	f.upRate, f.coverage = ups/n, answered/n
	f.accuracy, f.balanced = right/answered, (risesRight/rises+(right-risesRight)/(answered-rises))/2
	f.auc = s.auc(weights)
	return f
}

// AUC is the chance that a rise was given a higher probability than a fall, a tie counting half; NaN when one of the two is
// missing.
func AUC(units []Unit) float64 {
	s := newSample(units)
	return s.auc(s.once())
}

func (s *sample) auc(weights []float64) float64 {
	var rises, falls, won float64
	for t := range s.ties[1:] {
		var up, all float64
		for _, i := range s.byP[s.ties[t]:s.ties[t+1]] {
			all += weights[i]
			up += weights[i] * s.marks[i].up
		}
		won += up * (falls + (all-up)/2)
		rises += up
		falls += all - up
	}
	return won / (rises * falls)
}
