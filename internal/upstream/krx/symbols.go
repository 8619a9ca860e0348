package krx

import (
	"context"
	"fmt"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// symbol is a listed security; ISU_CD is its ISIN here.
type symbol struct {
	Code  string `json:"ISU_SRT_CD"`
	Legal string `json:"ISU_NM"`
	Short string `json:"ISU_ABBRV"`
}

// Symbols returns every stock that was listed on a trading day under the short name that the market knows it by, two
// calls in all. Errors are those of DailyBars.
func (c *Client) Symbols(ctx context.Context, day market.Day) ([]market.Listing, error) {
	var all []market.Listing
	ctx = upstream.Several(ctx)
	for _, b := range boards() {
		rows, err := rowsOf[symbol](ctx, c, b.symbols, day)
		if err != nil {
			return nil, fmt.Errorf("krx: symbols of %s on %s: %w", day, b.market, err)
		}
		for _, row := range rows {
			listing, err := row.read()
			if err != nil {
				return nil, fmt.Errorf("krx: symbols of %s on %s: %w", day, b.market, err)
			}
			listing.Market = b.market
			all = append(all, listing)
		}
	}
	return all, nil
}

func (s symbol) read() (market.Listing, error) {
	code, err := market.ParseCode(strings.TrimSpace(s.Code))
	short := strings.TrimSpace(s.Short)
	if short == "" {
		short = strings.TrimSpace(s.Legal)
	}
	if err == nil && short == "" {
		err = fault.New(fault.Invalid, "it has no name")
	}
	if err != nil {
		return market.Listing{}, fault.New(fault.Unavailable, "row of %q (%s): %w", s.Code, s.Legal, err)
	}
	return market.Listing{Code: code, Name: short}, nil
}
