// Package market holds what is true of the Korean stock market without asking anybody: stock codes, days and
// sessions in KST, the closed days, bars and returns. It is pure: no clock, no I/O.
package market

import (
	"time"

	"tickerwire/internal/fault"
)

// KST is the exchange's zone, UTC+9 all year.
var KST = time.FixedZone("KST", 9*60*60)

// Code is a KRX short code: six digits or capital letters, leading zeros kept ("005930").
type Code string

// ParseCode returns the code in s, or an Invalid fault.
func ParseCode(s string) (Code, error) {
	if len(s) != 6 {
		return "", fault.InvalidField("code", "%q is not a six-character stock code", s)
	}
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') {
			return "", fault.InvalidField("code", "%q is not a six-character stock code", s)
		}
	}
	return Code(s), nil
}

// Stock is a listed company that the program tracks.
type Stock struct {
	Code     Code
	Name     string
	Aliases  []string
	Priority int // 1 (watched most closely) to 5
	Active   bool
}

// Listing is a listed company's name, tracked or not. Names that are not tracked keep shorter tracked names from being
// found inside them.
type Listing struct {
	Code   Code
	Name   string
	Market string // "KOSPI" or "KOSDAQ"; "" when unknown
}
