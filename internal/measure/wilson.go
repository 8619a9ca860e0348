package measure

import (
	"fmt"

	"tickerwire/internal/forecast/score"
)

// Share is how many of N trials were hits.
type Share struct{ Hits, N int }

// Wilson returns the bounds of Wilson's 95 % interval, 0 and 1 when nothing was tried.
func (s Share) Wilson() (low, high float64) { return score.Wilson(s.Hits, s.N) }

// String prints the share with its interval: "0.950 [0.764, 0.991] (19 of 20)", or "none" when nothing was tried.
func (s Share) String() string {
	if s.N == 0 {
		return "none"
	}
	low, high := s.Wilson()
	return fmt.Sprintf("%.3f [%.3f, %.3f] (%d of %d)", float64(s.Hits)/float64(s.N), low, high, s.Hits, s.N)
}
