package kis

import (
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// Read lets the tests reach the parser without a server.
func (c *Client) Read(res *upstream.Response, code market.Code, from, to market.Day) ([]market.Bar, error) {
	var answer struct {
		Rows []dailyRow `json:"output2"`
	}
	if _, err := read(res, nil, &answer, nil); err != nil {
		return nil, err
	}
	byDay := map[market.Day]market.Bar{}
	if _, err := c.keep(byDay, answer.Rows, code, from, to); err != nil {
		return nil, err
	}
	var bars []market.Bar
	for _, bar := range byDay {
		bars = append(bars, bar)
	}
	return bars, nil
}
