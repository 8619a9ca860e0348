package score

import "tickerwire/internal/forecast"

// A recalibration is fitted on the newest so many stock-days of which something was said, and on none below the least.
const (
	MinRecalibration = 500
	MaxRecalibration = 2000
)

// The ridge is the precision of what is believed before any record: a slope of 0 +- .5, since nearly all published skill
// at this horizon is none, and a lean of 0 +- .1 logits. Without the second, a forecaster without skill would lend every
// story the drift of its last months, the same direction for all.
const (
	ridgeIntercept = 100
	ridgeSlope     = 4
)

// Recalibration fits logit P(up) = logit(base) + a + b*(logit(p) - logit(base)), with b pulled to 0, on the newest units
// of which P, as the model itself had said it, differs from Base. ok is false while they are too few or the fit has no
// answer. A forecaster whose loss drifts is believed half, and counts as unproven. Units are in the order of days, as
// Collapse returns them.
func Recalibration(units []Unit, horizon int) (c forecast.Calibration, ok bool) {
	var said []Unit
	for _, u := range units {
		if u.Direction() != 0 {
			said = append(said, u)
		}
	}
	if len(said) < MinRecalibration {
		return forecast.Calibration{}, false
	}
	s := newSample(said[max(0, len(said)-MaxRecalibration):])
	r := s.regression(horizon)
	r.ridge = [2]float64{ridgeIntercept, ridgeSlope}
	for i, u := range s.units {
		r.offset[i] = forecast.Logit(u.Base)
		r.x[i] = forecast.Logit(u.P) - r.offset[i]
	}
	f, ok := r.fit()
	if !ok {
		return forecast.Calibration{}, false
	}
	c = forecast.Calibration{Intercept: f.a, Slope: f.b, SlopeLow: f.b - z80*f.seB, SlopeHigh: f.b + z80*f.seB, StockDays: len(s.units)}
	for _, flag := range Drift(said, horizon) {
		if flag.Name == FlagLoss {
			c.Slope, c.SlopeHigh, c.SlopeLow, c.Drifting = c.Slope/2, c.SlopeHigh/2, min(0, c.SlopeLow/2), true
		}
	}
	return c, true
}
