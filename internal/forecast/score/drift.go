package score

import (
	"math"
	"slices"
)

// Flag says that something drifts, and how far beyond which limit. A flag asks for a person: nothing is refitted by it.
type Flag struct {
	Name  string
	Value float64
	Limit float64
}

// The flags.
const (
	FlagLoss       = "loss"        // the daily loss against the base rate has got worse
	FlagInTheLarge = "calibration" // forecasts as a whole are too high or too low
	FlagJump       = "jump"        // the last day's forecasts lie elsewhere than those before
	FlagPress      = "press"       // the mix of presses has changed
	FlagLength     = "length"      // that of the titles' lengths
	FlagComparable = "comparable"  // the share of news without comparable past news
	FlagTags       = "tags"        // the share of articles that name a company
	FlagLag        = "crawl_lag"   // news comes late
	FlagPrices     = "prices"      // closes are missing
	FlagVoid       = "void"        // outcomes are void
	FlagEmbedder   = "embedder"    // more than one version of the embedder
)

// What is compared: the last watched days with all those before.
const (
	watchedDays     = 60
	referenceDays   = 40 // that must be there at least
	falseAlarmEvery = 250
	cusumSlack      = 0.5 // standard deviations a day that are forgiven
	lastStockDays   = 200
	inTheLargeLimit = 3
	jumpLimit       = 3    // standard deviations
	jumpLeast       = 0.02 // in probability
)

// Drift returns the flags that are up at the end of a record, whose units are in the order of days.
func Drift(units []Unit, horizon int) []Flag { return drift(newSample(units), horizon) }

func drift(s *sample, horizon int) []Flag {
	var flags []Flag
	loss, lean := make([]float64, s.dayCount()), make([]float64, s.dayCount())
	for d := range loss {
		n := float64(s.starts[d+1] - s.starts[d])
		for i := s.starts[d]; i < s.starts[d+1]; i++ {
			loss[d] += (s.marks[i].brier - s.marks[i].baseBrier) / n
			lean[d] += (s.units[i].P - s.units[i].Base) / n
		}
	}
	block := 1
	if horizon > 1 {
		block = 5 * horizon // most neighbours stay together
	}
	if f, up := cusum(loss, block); up {
		flags = append(flags, f)
	}
	if n := len(s.units); n >= lastStockDays {
		if z := inTheLarge(s.units[n-lastStockDays:]); math.Abs(z) > inTheLargeLimit {
			flags = append(flags, Flag{FlagInTheLarge, z, inTheLargeLimit})
		}
	}
	if f, up := jump(lean); up {
		flags = append(flags, f)
	}
	return flags
}

// cusum watches whether the last days' values lie above those before (Page 1954): the sum of what each exceeds the mean
// by, in standard deviations less the slack, never below 0. The flag goes down again when the days get better. Days hang together over less than a block.
func cusum(daily []float64, block int) (Flag, bool) {
	split := len(daily) - watchedDays
	if split < referenceDays {
		return Flag{}, false
	}
	m, sd := mean(daily[:split]), deviation(daily[:split])
	if !(sd > 0) {
		return Flag{}, false
	}
	reference := make([]float64, split)
	for i, v := range daily[:split] {
		reference[i] = (v - m) / sd
	}
	sum := 0.0
	for _, v := range daily[split:] {
		sum = max(0, sum+(v-m)/sd-cusumSlack)
	}
	limit := cusumLimit(reference, block)
	return Flag{FlagLoss, sum, limit}, sum > limit
}

const (
	alarmRuns  = 400
	alarmSteps = 4 * falseAlarmEvery
)

// cusumLimit returns the limit that days drawn from the reference, block after block, exceed for the first time after
// falseAlarmEvery days on average.
func cusumLimit(reference []float64, block int) float64 {
	r := &random{state: seed}
	records := make([][]peak, alarmRuns)
	for run := range records {
		sum, top, day := 0.0, 0.0, r.below(len(reference))
		for step := 1; step <= alarmSteps; step++ {
			if sum = max(0, sum+reference[day]-cusumSlack); sum > top {
				top = sum
				records[run] = append(records[run], peak{sum, step})
			}
			if day++; step%block == 0 || day == len(reference) {
				day = r.below(len(reference))
			}
		}
	}
	low, high := 0.0, 100.0
	for range 40 {
		middle := (low + high) / 2
		if meanRun(records, middle) < falseAlarmEvery {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// peak is a new record of a run's sum, and when it was set.
type peak struct {
	sum  float64
	step int
}

// meanRun is the mean number of days until the limit is exceeded; runs that did not get there are taken to go on for
// another falseAlarmEvery, since they have no memory.
func meanRun(records [][]peak, limit float64) float64 {
	total := 0
	for _, peaks := range records {
		i, _ := slices.BinarySearchFunc(peaks, limit, func(p peak, limit float64) int {
			if p.sum > limit {
				return 1
			}
			return -1
		})
		if i < len(peaks) {
			total += peaks[i].step
		} else {
			total += alarmSteps + falseAlarmEvery
		}
	}
	return float64(total) / float64(len(records))
}

// jump compares the last day with the ones before it.
func jump(daily []float64) (Flag, bool) {
	n := len(daily) - 1
	if n < referenceDays {
		return Flag{}, false
	}
	before := daily[max(0, n-watchedDays):n]
	distance := math.Abs(daily[n] - mean(before))
	limit := max(jumpLimit*deviation(before), jumpLeast)
	return Flag{FlagJump, distance, limit}, distance > limit
}
