package bench

import (
	"math"
	"slices"
	"time"
)

// percentile returns the smallest of the values that p percent of them do not exceed; p is over 0 and at most 100. Of
// no values it is NaN.
func percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// median returns the middle value, the mean of the two middle ones where there are two; of no values it is NaN.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// milliseconds returns d in milliseconds.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// difference returns by how much the mean of after is above that of before, and three times the standard error of that: a
// difference below it may well be none. Of fewer than two values each both are NaN.
func difference(before, after []float64) (rise, noise float64) {
	a, va := spread(before)
	b, vb := spread(after)
	return b - a, 3 * math.Sqrt(va/float64(len(before))+vb/float64(len(after)))
}

// spread returns the mean and the variance of values.
func spread(values []float64) (mean, variance float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		variance += (v - mean) * (v - mean) / float64(len(values)-1)
	}
	return mean, variance
}
