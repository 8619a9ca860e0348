package score

import "tickerwire/internal/market"

// BigMove is a stock-day with news whose excess return over one day lay beyond two of the stock's daily sigmas, and what had
// been said.
type BigMove struct {
	Day     market.Day
	Code    market.Code
	Alerted bool // a signal was sent
	Right   bool // and named the direction
}

// Recall is how many of the big moves alerts had announced. Share has the wider of Wilson's interval and that of blocks of
// days.
type Recall struct {
	Moves   int
	Days    int
	Alerted int
	Right   int
	Share   Estimate // Alerted/Moves
}

// RecallOf counts big moves, which are in the order of days.
func RecallOf(moves []BigMove) Recall {
	out := Recall{Moves: len(moves)}
	if len(moves) == 0 {
		return out
	}
	hits := make([]float64, len(moves))
	var starts []int
	for i, m := range moves {
		if i == 0 || m.Day != moves[i-1].Day {
			starts = append(starts, i)
		}
		if m.Alerted {
			hits[i] = 1
			out.Alerted++
		}
		if m.Alerted && m.Right {
			out.Right++
		}
	}
	out.Days = len(starts)
	low, high := Wilson(out.Alerted, out.Moves)
	out.Share = estimate(mean(hits), wider(interval{low, high}, meanOfBlocks(hits, append(starts, len(moves)), 1)))
	return out
}
