package krx

import (
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// Read lets the tests reach the parser without a server.
func (c *Client) Read(res *upstream.Response, day market.Day) ([]market.Bar, error) {
	rows, err := read[row](c, res, nil)
	if err != nil {
		return nil, err
	}
	var bars []market.Bar
	for _, row := range rows {
		bar, _, err := row.read(day)
		if err != nil {
			return nil, err
		}
		bars = append(bars, bar)
	}
	return bars, nil
}
