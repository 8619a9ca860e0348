package market

// Closes are one stock's closes by day, in won: raw as traded, or adjusted as a broker reckons them back today.
type Closes map[Day]int64

// Factors returns by what to multiply each day's raw close to get its adjusted one, for the days that both know. Adjusted
// closes are whole won, so a single day's ratio is inexact: days on end that one ratio can explain share it, and 1 where
// 1 can. A day without a positive close on either side has no factor.
func Factors(days []Day, raw, adjusted Closes) map[Day]float64 {
	factors := make(map[Day]float64, len(days))
	var run []Day
	low, high := 0.0, 0.0
	settle := func() {
		factor := (low + high) / 2
		if low <= 1 && high >= 1 {
			factor = 1
		}
		for _, d := range run {
			factors[d] = factor
		}
		run = run[:0]
	}
	for _, d := range days {
		if raw[d] <= 0 || adjusted[d] <= 0 {
			continue
		}
		// Whether they round or cut is not told: one won either way covers both.
		least, most := float64(adjusted[d]-1)/float64(raw[d]), float64(adjusted[d]+1)/float64(raw[d])
		if raw[d] == adjusted[d] {
			least, most = 1, 1
		}
		if len(run) > 0 && (most < low || least > high) {
			settle()
		}
		if len(run) == 0 {
			low, high = least, most
		}
		low, high = max(low, least), min(high, most)
		run = append(run, d)
	}
	if len(run) > 0 {
		settle()
	}
	return factors
}
