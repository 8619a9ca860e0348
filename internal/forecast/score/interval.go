package score

import (
	"math"
	"slices"
)

// Estimate is a figure with its 95 % interval. Known says whether the sample gives the figure at all, Ranged whether it
// gives an interval; otherwise the numbers are 0.
type Estimate struct {
	Value, Low, High float64
	Known, Ranged    bool
}

func estimate(value float64, span interval) Estimate {
	e := Estimate{Known: finite(value), Ranged: finite(value) && finite(span.low) && finite(span.high)}
	if e.Known {
		e.Value = value
	}
	if e.Ranged {
		e.Low, e.High = span.low, span.high
	}
	return e
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

type interval struct{ low, high float64 }

var nothing = interval{math.NaN(), math.NaN()}

// wider returns the wider of two intervals; one that is not known gives way.
func wider(a, b interval) interval {
	if !finite(a.low) || !finite(a.high) || finite(b.low) && b.high-b.low > a.high-a.low {
		return b
	}
	return a
}

// Wilson returns the 95 % interval of a share of which right of n were seen; 0 to 1 for none. It assumes that the n are
// independent: for stock-days of one day it is too narrow.
func Wilson(right, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z2 = z95 * z95
	share, count := float64(right)/float64(n), float64(n)
	centre := (share + z2/(2*count)) / (1 + z2/count)
	half := z95 / (1 + z2/count) * math.Sqrt(share*(1-share)/count+z2/(4*count*count))
	return max(0, centre-half), min(1, centre+half)
}

const (
	z95 = 1.959963984540054 // of a 95 % interval
	z80 = 1.2815515655446004

	resamples = 1000 // of a bootstrap
)

// stockDays is a bootstrap sample of single stock-days.
func (s *sample) stockDays(r *random, weights []float64) {
	clear(weights)
	for range s.units {
		weights[r.below(len(s.units))]++
	}
}

// dayBlocks is a bootstrap sample of blocks of so many days that follow each other, the last being followed by the
// first.
func (s *sample) dayBlocks(r *random, block int, weights []float64) {
	clear(weights)
	n := s.dayCount()
	for drawn := 0; drawn < n; {
		for first, k := r.below(n), 0; k < block && drawn < n; k, drawn = k+1, drawn+1 {
			d := (first + k) % n
			for i := s.starts[d]; i < s.starts[d+1]; i++ {
				weights[i]++
			}
		}
	}
}

// spans are the intervals of the figures that have one.
type spans struct{ skill, logLoss, accuracy, balanced, auc interval }

// bootstrap returns 95 % percentile intervals from samples that draw makes.
func (s *sample) bootstrap(r *random, draw func(*random, []float64)) spans {
	var skill, logLoss, accuracy, balanced, auc []float64
	weights := make([]float64, len(s.units))
	for range resamples {
		draw(r, weights)
		f := s.figures(weights)
		skill, logLoss, accuracy = append(skill, f.skill), append(logLoss, f.logLoss), append(accuracy, f.accuracy)
		balanced, auc = append(balanced, f.balanced), append(auc, f.auc)
	}
	return spans{percentiles(skill), percentiles(logLoss), percentiles(accuracy), percentiles(balanced), percentiles(auc)}
}

// intervals returns, per figure, the wider of the intervals that single stock-days and blocks of at least block days
// give. With fewer than MinDays days blocks say nothing yet: then single stock-days alone do.
func (s *sample) intervals(block int) spans {
	r := &random{state: seed + uint64(block)} // #nosec G115 -- a number from 0
	single := s.bootstrap(r, s.stockDays)
	if s.dayCount() < MinDays {
		return single
	}
	blocks := s.bootstrap(r, func(r *random, weights []float64) { s.dayBlocks(r, block, weights) })
	return spans{wider(single.skill, blocks.skill), wider(single.logLoss, blocks.logLoss), wider(single.accuracy, blocks.accuracy),
		wider(single.balanced, blocks.balanced), wider(single.auc, blocks.auc)}
}

// seed of everything that is drawn: the same record always gets the same intervals.
const seed = 20260101

// meanOfBlocks returns the 95 % interval of the mean of values that are dealt out to days, by blocks of days; nothing for
// too few days.
func meanOfBlocks(values []float64, starts []int, block int) interval {
	n := len(starts) - 1
	if n < MinDays {
		return nothing
	}
	r := &random{state: seed + uint64(block)} // #nosec G115 -- a number from 0
	means := make([]float64, resamples)
	for m := range means {
		sum, count := 0.0, 0
		for drawn := 0; drawn < n; {
			for first, k := r.below(n), 0; k < max(1, block) && drawn < n; k, drawn = k+1, drawn+1 {
				d := (first + k) % n
				for _, v := range values[starts[d]:starts[d+1]] {
					sum += v
				}
				count += starts[d+1] - starts[d]
			}
		}
		means[m] = sum / float64(count)
	}
	return percentiles(means)
}

// percentiles returns the middle 95 % of values, in which NaN count as not drawn.
func percentiles(values []float64) interval {
	kept := slices.DeleteFunc(values, math.IsNaN)
	if len(kept) < resamples/2 {
		return nothing
	}
	slices.Sort(kept)
	return interval{quantile(kept, 0.025), quantile(kept, 0.975)}
}

// quantile interpolates in sorted values, of which there is one at least.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
