package score

import (
	"math"

	"tickerwire/internal/forecast"
)

// Classes are probabilities of a fall, of no move (within the flat band) and of a rise; they sum to 1.
type Classes [3]float64

// ClassesOf returns what a probability of a positive excess return says of the three classes: the excess return is taken
// for normal with the stock's sigma, percent a day, and a mean that makes the probability true.
func ClassesOf(p, sigmaPct float64, horizon int) Classes {
	scale := sigmaPct * math.Sqrt(float64(horizon))
	band := forecast.FlatBandPct(sigmaPct, horizon) / scale
	shift := math.Sqrt2 * math.Erfinv(2*min(max(p, 1e-6), 1-1e-6)-1) // the mean in sigmas
	down, up := phi(-band-shift), phi(shift-band)
	return Classes{down, 1 - down - up, up}
}

// phi is the distribution function of the standard normal.
func phi(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// class returns what came: 0 a fall, 1 no move, 2 a rise.
func (u Unit) class() int {
	switch {
	case u.Flat:
		return 1
	case u.ExcessPct > 0:
		return 2
	}
	return 0
}

// rps is the ranked probability score, 0..1: a near miss costs less than a far one. brier is the Brier score over the
// three classes, 0..2.
func (c Classes) rps(came int) float64 {
	sum, forecastSum, cameSum := 0.0, 0.0, 0.0
	for k := range c[:2] {
		forecastSum += c[k]
		if k == came {
			cameSum = 1
		}
		sum += square(forecastSum - cameSum)
	}
	return sum / 2
}

func (c Classes) brier(came int) float64 {
	sum := 0.0
	for k, p := range c {
		y := 0.0
		if k == came {
			y = 1
		}
		sum += square(p - y)
	}
	return sum
}

// ThreeWay is the score over falls, flat days and rises, of the stock-days whose sigma was known, against the same made
// of the base rate.
type ThreeWay struct {
	StockDays        int
	RPS, BaseRPS     float64
	Brier, BaseBrier float64
}

func threeWay(units []Unit, horizon int) ThreeWay {
	var t ThreeWay
	for _, u := range units {
		if u.SigmaPct <= 0 {
			continue
		}
		model, base, came := ClassesOf(u.P, u.SigmaPct, horizon), ClassesOf(u.Base, u.SigmaPct, horizon), u.class()
		t.StockDays++
		t.RPS += model.rps(came)
		t.BaseRPS += base.rps(came)
		t.Brier += model.brier(came)
		t.BaseBrier += base.brier(came)
	}
	if n := float64(t.StockDays); n > 0 {
		t.RPS, t.BaseRPS, t.Brier, t.BaseBrier = t.RPS/n, t.BaseRPS/n, t.Brier/n, t.BaseBrier/n
	}
	return t
}
