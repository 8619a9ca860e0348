package krx

import (
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// row is one stock's day. Every value is a string; numbers come with and without thousands commas, "" and "-" for none.
type row struct {
	Day    string `json:"BAS_DD"`
	Code   string `json:"ISU_CD"` // the six-character code here, an ISIN among the symbols
	Name   string `json:"ISU_NM"`
	Open   string `json:"TDD_OPNPRC"`
	High   string `json:"TDD_HGPRC"`
	Low    string `json:"TDD_LWPRC"`
	Close  string `json:"TDD_CLSPRC"`
	Volume string `json:"ACC_TRDVOL"`
}

// read returns the row in our words, without KnownAt and market. A row of another form is Unavailable: better no day
// than a wrong one.
func (r row) read(day market.Day) (market.Bar, market.Listing, error) {
	refuse := func(err error) (market.Bar, market.Listing, error) {
		return market.Bar{}, market.Listing{}, fault.New(fault.Unavailable, "row of %q (%s): %w", r.Code, r.Name, err)
	}
	code, err := market.ParseCode(strings.TrimSpace(r.Code))
	if err != nil {
		return refuse(err)
	}
	if got, err := market.ParseDay(r.Day); err != nil || got != day {
		return refuse(fault.New(fault.Invalid, "it is dated %q", r.Day))
	}
	bar := market.Bar{Code: code, Day: day, AdjFactor: 1, Source: name}
	for _, field := range []struct {
		into *int64
		text string
	}{{&bar.Open, r.Open}, {&bar.High, r.High}, {&bar.Low, r.Low}, {&bar.Close, r.Close}, {&bar.Volume, r.Volume}} {
		if *field.into, err = number(field.text); err != nil {
			return refuse(err)
		}
	}
	return bar, market.Listing{Code: code, Name: strings.TrimSpace(r.Name)}, nil
}
