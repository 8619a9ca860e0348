package krx

import (
	"context"
	"fmt"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// indexRow is one index's day; a board has dozens.
type indexRow struct {
	Day   string `json:"BAS_DD"`
	Name  string `json:"IDX_NM"`
	Open  string `json:"OPNPRC_IDX"`
	High  string `json:"HGPRC_IDX"`
	Low   string `json:"LWPRC_IDX"`
	Close string `json:"CLSPRC_IDX"`
}

// indexNames are the indices that we keep, by KRX's names of them.
func indexNames() map[string]market.IndexName {
	return map[string]market.IndexName{"코스피": market.KOSPI, "코스닥": market.KOSDAQ, "코스피 200": market.KOSPI200}
}

// IndexDays returns the levels of KOSPI, KOSPI200 and KOSDAQ on a trading day, two calls in all. They count as known from
// 08:00 KST of the next trading day. Errors are those of DailyBars; a day without one of the two main indices is
// Unavailable.
func (c *Client) IndexDays(ctx context.Context, day market.Day) ([]market.IndexDay, error) {
	next, err := c.Calendar.Add(day, 1)
	if err != nil {
		return nil, fmt.Errorf("krx: indices of %s: %w", day, err)
	}
	var all []market.IndexDay
	found := map[market.IndexName]bool{}
	ctx = upstream.Several(ctx)
	for _, b := range boards() {
		rows, err := rowsOf[indexRow](ctx, c, b.indices, day)
		if err != nil {
			return nil, fmt.Errorf("krx: indices of %s on %s: %w", day, b.market, err)
		}
		for _, row := range rows {
			index, kept := indexNames()[strings.TrimSpace(row.Name)]
			if !kept {
				continue
			}
			levels, err := row.read(day)
			if err != nil {
				return nil, fmt.Errorf("krx: indices of %s on %s: %w", day, b.market, err)
			}
			levels.Name, levels.KnownAt = index, next.At(knownHour, 0)
			all, found[index] = append(all, levels), true
		}
	}
	if !found[market.KOSPI] || !found[market.KOSDAQ] {
		return nil, fault.New(fault.Unavailable, "krx: indices of %s: KOSPI or KOSDAQ is missing", day)
	}
	return all, nil
}

// read returns the row in our words, without KnownAt and name.
func (r indexRow) read(day market.Day) (market.IndexDay, error) {
	refuse := func(err error) (market.IndexDay, error) {
		return market.IndexDay{}, fault.New(fault.Unavailable, "row of %q: %w", r.Name, err)
	}
	if got, err := market.ParseDay(r.Day); err != nil || got != day {
		return refuse(fault.New(fault.Invalid, "it is dated %q", r.Day))
	}
	levels := market.IndexDay{Day: day, Source: name}
	for _, field := range []struct {
		into *float64
		text string
	}{{&levels.Open, r.Open}, {&levels.High, r.High}, {&levels.Low, r.Low}, {&levels.Close, r.Close}} {
		points, err := upstream.ParseLevel(field.text)
		if err != nil {
			return refuse(err)
		}
		*field.into = points
	}
	if levels.Close == 0 {
		return refuse(fault.New(fault.Invalid, "it has no close"))
	}
	return levels, nil
}
