package score

import (
	"math"
	"slices"
)

// PSILimit is the population stability index above which a mix counts as changed.
const PSILimit = 0.25

// PSI is the population stability index between two counts of the same kinds: 0 for the same shares. A kind that one
// side lacks counts as half a case there.
func PSI(before, now map[string]int) float64 {
	kinds := make(map[string]bool, len(before)+len(now))
	totalBefore, totalNow := 0.0, 0.0
	for k, n := range before {
		kinds[k] = true
		totalBefore += float64(n)
	}
	for k, n := range now {
		kinds[k] = true
		totalNow += float64(n)
	}
	if totalBefore == 0 || totalNow == 0 {
		return 0
	}
	names := make([]string, 0, len(kinds))
	for k := range kinds {
		names = append(names, k)
	}
	slices.Sort(names) // sums of floats depend on their order
	sum := 0.0
	for _, k := range names {
		p, q := max(float64(before[k]), 0.5)/totalBefore, max(float64(now[k]), 0.5)/totalNow
		sum += (q - p) * math.Log(q/p)
	}
	return sum
}

// Mixes are how often each kind of something was seen, by the flag that it belongs to.
type Mixes map[string]map[string]int

// leastMixed is how many cases both sides of a comparison need.
const leastMixed = 100

// MixFlags compares what came lately with what came before.
func MixFlags(before, now Mixes) []Flag {
	var flags []Flag
	for _, name := range []string{FlagPress, FlagLength, FlagComparable, FlagTags} {
		if total(before[name]) < leastMixed || total(now[name]) < leastMixed {
			continue
		}
		if psi := PSI(before[name], now[name]); psi > PSILimit {
			flags = append(flags, Flag{name, psi, PSILimit})
		}
	}
	return flags
}

func total(counts map[string]int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}

// Plumbing is how well the last days' data came in.
type Plumbing struct {
	LagP95Minutes float64 // from publication to the first sight of it, of articles with an exact time
	MissingPrices float64 // share of the closes that should be there, 0..1
	VoidShare     float64 // of outcomes, 0..1
	Embedders     int     // versions among the queries
}

// The limits of plumbing.
const (
	lagLimit     = 60 // minutes
	missingLimit = 0.05
	voidLimit    = 0.10
)

// PlumbingFlags returns what is beyond its limit.
func PlumbingFlags(p Plumbing) []Flag {
	var flags []Flag
	for _, f := range []Flag{
		{FlagLag, p.LagP95Minutes, lagLimit},
		{FlagPrices, p.MissingPrices, missingLimit},
		{FlagVoid, p.VoidShare, voidLimit},
		{FlagEmbedder, float64(p.Embedders), 1},
	} {
		if f.Value > f.Limit {
			flags = append(flags, f)
		}
	}
	return flags
}
