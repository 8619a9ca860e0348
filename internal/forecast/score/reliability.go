package score

import (
	"math"
	"slices"
)

// Bin is stock-days of about one probability, and how often they rose. Low to High is where 95 % of the frequencies of
// a calibrated forecaster would lie: outside of it the bin tells.
type Bin struct {
	StockDays int
	Mean      float64 // forecast, 0..1
	Frequency float64 // of rises, 0..1
	Low, High float64
}

// Murphy is the Brier score in parts: Reliability - Resolution + Uncertainty + Within. Within is what forecasts that
// differ inside a bin add or take away.
type Murphy struct{ Reliability, Resolution, Uncertainty, Within float64 }

// Reliability is how forecasts and frequencies go together. ECE is the mean distance between the two over bins; it is
// above 0 for a calibrated forecaster, too: ECENull is what he stays below 95 times of a hundred.
type Reliability struct {
	Bins    []Bin
	Murphy  Murphy
	ECE     float64
	ECENull float64
}

const (
	mostBins = 10
	perBin   = 20 // stock-days that a bin has at least, where there are so many
)

// reliability cuts the units into bins of about the same size, whose borders no forecast lies on both sides of.
func (s *sample) reliability() Reliability {
	bins := s.cut()
	out := Reliability{Bins: make([]Bin, len(bins))}
	up := make([]float64, len(s.units))
	for i, u := range s.units {
		up[i] = u.Up()
	}
	for b, members := range bins {
		out.Bins[b] = s.bin(members, up)
	}
	out.Murphy, out.ECE = s.murphy(out.Bins), expectedError(out.Bins)
	s.simulate(bins, &out)
	return out
}

// cut returns the places of each bin's units in s.units.
func (s *sample) cut() [][]int {
	n := len(s.byP)
	count := min(mostBins, max(1, n/perBin))
	var bins [][]int
	from := 0
	for b := 1; b <= count && from < n; b++ {
		to := max(from+1, n*b/count)
		for to < n && s.units[s.byP[to]].P == s.units[s.byP[to-1]].P {
			to++
		}
		bins = append(bins, s.byP[from:to])
		from = to
	}
	return bins
}

func (s *sample) bin(members []int, up []float64) Bin {
	b := Bin{StockDays: len(members)}
	for _, i := range members {
		b.Mean += s.units[i].P
		b.Frequency += up[i]
	}
	b.Mean /= float64(len(members))
	b.Frequency /= float64(len(members))
	return b
}

func expectedError(bins []Bin) float64 {
	sum, n := 0.0, 0
	for _, b := range bins {
		sum += float64(b.StockDays) * math.Abs(b.Mean-b.Frequency)
		n += b.StockDays
	}
	return sum / float64(n)
}

// murphy takes the Brier score apart (Murphy 1973); the rest, that of the forecasts' spread within bins (Stephenson et
// al. 2008), is what is missing to the score itself.
func (s *sample) murphy(bins []Bin) Murphy {
	f := s.figures(s.once())
	var m Murphy
	for _, b := range bins {
		w := float64(b.StockDays) / float64(len(s.units))
		m.Reliability += w * square(b.Mean-b.Frequency)
		m.Resolution += w * square(b.Frequency-f.upRate)
	}
	m.Uncertainty = f.upRate * (1 - f.upRate)
	m.Within = f.brier - (m.Reliability - m.Resolution + m.Uncertainty)
	return m
}

// simulate fills the bins' bands and ECENull from worlds in which every probability is right.
func (s *sample) simulate(bins [][]int, out *Reliability) {
	r := &random{state: seed}
	frequencies := make([][]float64, len(bins))
	errors := make([]float64, 0, resamples)
	drawn := slices.Clone(out.Bins)
	for range resamples {
		for b, members := range bins {
			rose := 0
			for _, i := range members {
				if r.float() < s.units[i].P {
					rose++
				}
			}
			drawn[b].Frequency = float64(rose) / float64(len(members))
			frequencies[b] = append(frequencies[b], drawn[b].Frequency)
		}
		errors = append(errors, expectedError(drawn))
	}
	for b := range out.Bins {
		slices.Sort(frequencies[b])
		out.Bins[b].Low, out.Bins[b].High = quantile(frequencies[b], 0.025), quantile(frequencies[b], 0.975)
	}
	slices.Sort(errors)
	out.ECENull = quantile(errors, 0.95)
}

// inTheLarge is the sum of (y - p) over its standard deviation if every p were right.
func inTheLarge(units []Unit) float64 {
	sum, variance := 0.0, 0.0
	for _, u := range units {
		sum += u.Up() - u.P
		variance += u.P * (1 - u.P)
	}
	return sum / math.Sqrt(variance)
}
