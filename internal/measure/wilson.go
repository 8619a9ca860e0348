package measure

import (
	"fmt"
	"math"
)

// Share is how many of N trials were hits.
type Share struct{ Hits, N int }

// z95 is the two-sided 95 % quantile of the normal distribution.
const z95 = 1.959964

// Wilson returns the bounds of Wilson's 95 % interval (1927), which holds its coverage for small counts and near 1;
// 0 and 1 when nothing was tried.
func (s Share) Wilson() (low, high float64) {
	if s.N == 0 {
		return 0, 1
	}
	n, p := float64(s.N), float64(s.Hits)/float64(s.N)
	middle := p + z95*z95/(2*n)
	reach := z95 * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	scale := 1 + z95*z95/n
	return math.Max(0, (middle-reach)/scale), math.Min(1, (middle+reach)/scale)
}

// String prints the share with its interval: "0.950 [0.764, 0.991] (19 of 20)", or "none" when nothing was tried.
func (s Share) String() string {
	if s.N == 0 {
		return "none"
	}
	low, high := s.Wilson()
	return fmt.Sprintf("%.3f [%.3f, %.3f] (%d of %d)", float64(s.Hits)/float64(s.N), low, high, s.Hits, s.N)
}
