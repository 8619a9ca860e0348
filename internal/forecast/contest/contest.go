// Package contest decides between two forecasters of the same things by betting: capital that starts at 1 is bet, day by
// day, on one of them being the better. If he is not, it stays below any threshold with a chance of at most one in that
// threshold, however often anybody looks (Ville). Nothing is ever said to lead: there is evidence, and when there is
// enough of it, a verdict. Everything is pure.
package contest

import (
	"math"

	"tickerwire/internal/market"
)

// Pair is two forecasts of one stock-day, 0..1, and what came.
type Pair struct {
	A, B float64
	Up   bool
}

// Day is one base day's pairs in a form that can be bet on.
type Day struct {
	Day       market.Day
	Diff      float64 // mean of Brier(B) - Brier(A) over the stock-days, -1..1: above 0 where A was better
	Bound     float64 // |Diff| cannot exceed it, whatever came: known from the forecasts alone
	StockDays int
}

// NewDay collapses a day's pairs, of which there is one at least.
func NewDay(day market.Day, pairs []Pair) Day {
	d := Day{Day: day, StockDays: len(pairs)}
	for _, p := range pairs {
		y := 0.0
		if p.Up {
			y = 1
		}
		d.Diff += (p.B-y)*(p.B-y) - (p.A-y)*(p.A-y)
		d.Bound += math.Abs(p.B-p.A) * max(p.A+p.B, 2-p.A-p.B)
	}
	d.Diff /= float64(len(pairs))
	d.Bound /= float64(len(pairs))
	return d
}

// The largest stake, in bounds, and what the stake is reckoned with before there is anything to go by.
const (
	mostStake     = 0.75
	priorVariance = 0.25
)

// bettor bets on one direction over the days of one process.
type bettor struct {
	capital  float64
	n        float64
	sum      float64 // of the days' differences in bounds, in his direction
	squares  float64
	boundSum float64
}

func newBettor() bettor { return bettor{capital: 1} }

// bet takes one day: diff is what he bets to be above 0, bound what it cannot exceed. The stake is set before the day,
// from the days before it: near the share that makes capital grow fastest, mean/(variance + mean^2), at most mostStake.
// Days are measured in their own bound or the mean one of the days before, whichever is larger, so that days on which
// both say nearly the same weigh little.
func (b *bettor) bet(diff, bound float64) {
	scale := bound
	if b.n > 0 {
		scale = max(scale, b.boundSum/b.n)
	}
	if scale > 0 {
		x := diff / scale
		m := b.sum / (b.n + 1)
		variance := (priorVariance + b.squares - 2*m*b.sum + b.n*m*m) / (b.n + 1)
		stake := min(max(m/(variance+m*m), 0), mostStake)
		b.capital *= 1 + stake*x
		b.sum += x
		b.squares += x * x
	}
	b.n++
	b.boundSum += bound
}

// process is the capital of one direction over all days. Outcomes over more than one day overlap; so the days are dealt
// out to as many bettors as the horizon has days, whose windows do not, and their capital is averaged. For a mean over
// bettors Ville's inequality holds on any day that is named before; that it holds on the day when it first crosses, too,
// is what the simulations in the tests are for.
type process struct {
	bettors []bettor
	dealt   int
}

func newProcess(horizon int) *process {
	p := &process{bettors: make([]bettor, max(1, horizon))}
	for i := range p.bettors {
		p.bettors[i] = newBettor()
	}
	return p
}

func (p *process) bet(diff, bound float64) float64 {
	p.bettors[p.dealt%len(p.bettors)].bet(diff, bound)
	p.dealt++
	return p.capital()
}

func (p *process) capital() float64 {
	sum := 0.0
	for _, b := range p.bettors {
		sum += b.capital
	}
	return sum / float64(len(p.bettors))
}
