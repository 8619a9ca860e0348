package upstream

import (
	"math"
	"strconv"
	"strings"

	"tickerwire/internal/fault"
)

// ParseLevel reads an index level in points, with or without thousands commas, and rounds it to two decimals. "" and "-"
// mean that there is none and give 0. Anything else, a negative number too, is an Invalid fault.
func ParseLevel(s string) (float64, error) {
	digits := strings.ReplaceAll(strings.TrimSpace(s), ",", "")
	if digits == "" || digits == "-" {
		return 0, nil
	}
	points, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(points >= 0 && points < 1e9) { // NaN fails both
		return 0, fault.New(fault.Invalid, "%q is no index level", s)
	}
	return math.Round(points*100) / 100, nil
}
