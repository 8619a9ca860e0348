package forecast

import "math"

// Calibration maps a model's distance from the base rate to what its past distances were worth:
// logit(p') = logit(base) + Intercept + Slope*(logit(p) - logit(base)). A slope of 0 is the honest answer of a model
// without skill. The zero Calibration is none: it leaves p alone. SlopeLow to SlopeHigh is the slope's 80 % interval.
type Calibration struct {
	ID        int64 // 0 for one that is not kept
	Intercept float64
	Slope     float64
	SlopeLow  float64
	SlopeHigh float64
	StockDays int  // resolved stock-days it was fitted on; 0 when it was not
	Drifting  bool // the slope was halved, since the loss had got worse lately
}

// Proven reports whether the record says that the model's distances from the base rate are worth anything: the 80 %
// interval of the slope lies above 0.
func (c Calibration) Proven() bool { return c.StockDays > 0 && c.SlopeLow > 0 }

// Recalibrate returns p, 0..1, after c.
func Recalibrate(p, base float64, c Calibration) float64 {
	if c == (Calibration{}) {
		return p
	}
	return Logistic(Logit(base) + c.Intercept + c.Slope*(Logit(p)-Logit(base)))
}

// Recalibrated returns a model's prediction after c, within reach of the base rate, with what the model itself had said
// kept in Raw. A prediction that says the base rate has nothing to be recalibrated: it is left alone, as all are by the
// zero Calibration.
func Recalibrated(p Prediction, c Calibration) Prediction {
	if c == (Calibration{}) || p.Direction() == 0 {
		return p
	}
	p.CalibrationID, p.Raw = c.ID, p.Probability
	p.Probability = reach(Recalibrate(p.Probability, p.BaseRate, c), p.BaseRate)
	return p
}

// Logit returns ln(p/(1-p)), kept finite: certainty is taken for one in a million.
func Logit(p float64) float64 {
	const least = 1e-6
	p = min(max(p, least), 1-least)
	return math.Log(p / (1 - p))
}

// Logistic is the way back from Logit.
func Logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
