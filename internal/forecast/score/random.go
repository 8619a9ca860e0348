package score

import "math/bits"

// random draws numbers that are the same for the same seed on every machine and release (SplitMix64).
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a whole number from 0 to n-1.
func (r *random) below(n int) int {
	high, _ := bits.Mul64(r.next(), uint64(n)) // #nosec G115 -- below n, which is above 0
	return int(high)                           // #nosec G115 -- below n, which is above 0
}

// float returns a number from 0 to 1, 1 left out.
func (r *random) float() float64 { return float64(r.next()>>11) / (1 << 53) }
