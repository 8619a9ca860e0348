package score

import (
	"math"

	"tickerwire/internal/forecast"
)

// regression is logit P(y = 1) = offset + a + b*x over units in the order of days, with a ridge that pulls a and b to 0.
type regression struct {
	offset, x, y []float64
	starts       []int // see days
	ridge        [2]float64
	lag          int // days whose outcomes overlap: the horizon less one
}

// fitted is a regression's answer: a and b with their standard errors.
type fitted struct{ a, b, seA, seB float64 }

const (
	newtonSteps = 50
	converged   = 1e-10
	farthest    = 30 // logits: a fit that runs further away has no end (one side holds no case)
)

// matrix is symmetric, 2 by 2.
type matrix struct{ aa, ab, bb float64 }

// inverse is not ok for a matrix that has none, as when x does not vary.
func (m matrix) inverse() (matrix, bool) {
	det := m.aa*m.bb - m.ab*m.ab
	if !(det > 1e-12*m.aa*m.bb) || !finite(det) {
		return matrix{}, false
	}
	return matrix{m.bb / det, -m.ab / det, m.aa / det}, true
}

// around returns m*v*m for symmetric matrices.
func (m matrix) around(v matrix) matrix {
	ra, rb := [2]float64{m.aa*v.aa + m.ab*v.ab, m.aa*v.ab + m.ab*v.bb}, [2]float64{m.ab*v.aa + m.bb*v.ab, m.ab*v.ab + m.bb*v.bb}
	return matrix{ra[0]*m.aa + ra[1]*m.ab, ra[0]*m.ab + ra[1]*m.bb, rb[0]*m.ab + rb[1]*m.bb}
}

// fit is not ok where the likelihood has no single finite maximum. The standard errors are the larger ones of those of
// independent stock-days and those of days that may be correlated within themselves and with the days whose outcomes
// overlap (a sandwich with Bartlett weights up to the lag).
func (r regression) fit() (f fitted, ok bool) {
	for range newtonSteps {
		gradA, gradB, hess := r.slope(f.a, f.b)
		inv, invertible := hess.inverse()
		if !invertible {
			return fitted{}, false
		}
		stepA, stepB := inv.aa*gradA+inv.ab*gradB, inv.ab*gradA+inv.bb*gradB
		f.a, f.b = f.a+stepA, f.b+stepB
		if math.Abs(f.a)+math.Abs(f.b) > farthest*100 || !finite(f.a+f.b) {
			return fitted{}, false
		}
		if math.Abs(stepA)+math.Abs(stepB) < converged {
			clustered := inv.around(r.meat(f.a, f.b))
			f.seA = math.Sqrt(max(inv.aa, clustered.aa))
			f.seB = math.Sqrt(max(inv.bb, clustered.bb))
			return f, true
		}
	}
	return fitted{}, false
}

// slope returns the gradient of the penalised log likelihood, and its negative second derivative.
func (r regression) slope(a, b float64) (gradA, gradB float64, hess matrix) {
	hess = matrix{aa: r.ridge[0], bb: r.ridge[1]}
	gradA, gradB = -r.ridge[0]*a, -r.ridge[1]*b
	for i, x := range r.x {
		p := forecast.Logistic(r.offset[i] + a + b*x)
		gradA += r.y[i] - p
		gradB += (r.y[i] - p) * x
		w := p * (1 - p)
		hess.aa += w
		hess.ab += w * x
		hess.bb += w * x * x
	}
	return gradA, gradB, hess
}

// meat is the covariance of the sum of the days' scores.
func (r regression) meat(a, b float64) matrix {
	n := len(r.starts) - 1
	scores := make([][2]float64, n)
	for d := range n {
		for i := r.starts[d]; i < r.starts[d+1]; i++ {
			residual := r.y[i] - forecast.Logistic(r.offset[i]+a+b*r.x[i])
			scores[d][0] += residual
			scores[d][1] += residual * r.x[i]
		}
	}
	var m matrix
	for d := range n {
		for lag := 0; lag <= r.lag && lag <= d; lag++ {
			w := 2 * (1 - float64(lag)/float64(r.lag+1))
			if lag == 0 {
				w = 1
			}
			u, v := scores[d], scores[d-lag]
			m.aa += w * u[0] * v[0]
			m.ab += w * (u[0]*v[1] + u[1]*v[0]) / 2
			m.bb += w * u[1] * v[1]
		}
	}
	return m
}

// cox fits logit P(up) = intercept + slope*logit(p): 0 and 1 for a calibrated forecaster (Cox 1958).
func (s *sample) cox(horizon int) (fitted, bool) {
	r := s.regression(horizon)
	for i, u := range s.units {
		r.x[i] = forecast.Logit(u.P)
	}
	return r.fit()
}

func (s *sample) regression(horizon int) regression {
	n := len(s.units)
	r := regression{offset: make([]float64, n), x: make([]float64, n), y: make([]float64, n), starts: s.starts, lag: max(0, horizon-1)}
	for i, u := range s.units {
		r.y[i] = u.Up()
	}
	return r
}
