package forecast

import "math"

// Calibration maps a model's distance from the base rate to what its past distances were worth:
// logit(p') = logit(base) + Intercept + Slope*(logit(p) - logit(base)). A slope of 0 is the honest answer of a model
// without skill. The zero Calibration is none: it leaves p alone.
type Calibration struct {
	Intercept float64
	Slope     float64
	StockDays int // resolved stock-days it was fitted on; 0 when it was not
}

// Recalibrate returns p, 0..1, after c.
func Recalibrate(p, base float64, c Calibration) float64 {
	if c == (Calibration{}) {
		return p
	}
	return 1 / (1 + math.Exp(-(logit(base) + c.Intercept + c.Slope*(logit(p)-logit(base)))))
}

// logit is kept finite: certainty is taken for one in a million.
func logit(p float64) float64 {
	const least = 1e-6
	p = min(max(p, least), 1-least)
	return math.Log(p / (1 - p))
}
