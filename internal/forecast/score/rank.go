package score

import (
	"cmp"
	"math"
	"slices"
)

// minRanked is how many stock-days a day needs for its rank correlation to count.
const minRanked = 3

// dailyIC returns, per day, the rank correlation of the forecasts' distance from the base rate with the excess return;
// days on which it is not defined are left out.
func (s *sample) dailyIC() []float64 {
	var list []float64
	for d := range s.dayCount() {
		units := s.units[s.starts[d]:s.starts[d+1]]
		if len(units) < minRanked {
			continue
		}
		said, moved := make([]float64, len(units)), make([]float64, len(units))
		for i, u := range units {
			said[i], moved[i] = u.P-u.Base, u.ExcessPct
		}
		if ic := correlation(ranks(said), ranks(moved)); !math.IsNaN(ic) {
			list = append(list, ic)
		}
	}
	return list
}

// ranks returns each value's rank, ties sharing the mean of theirs.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	out := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			out[k] = float64(i+j-1) / 2
		}
		i = j
	}
	return out
}

// correlation is Pearson's; NaN when one side does not vary.
func correlation(a, b []float64) float64 {
	ma, mb := mean(a), mean(b)
	var ab, aa, bb float64
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += square(a[i] - ma)
		bb += square(b[i] - mb)
	}
	if aa == 0 || bb == 0 {
		return math.NaN()
	}
	return ab / math.Sqrt(aa*bb)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// deviation is the sample standard deviation; NaN for fewer than two values.
func deviation(values []float64) float64 {
	m, sum := mean(values), 0.0
	for _, v := range values {
		sum += square(v - m)
	}
	return math.Sqrt(sum / float64(len(values)-1))
}
