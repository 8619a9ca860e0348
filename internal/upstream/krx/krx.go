// Package krx reads a day's official rows of every stock, the symbols and the indices from the Korea Exchange's own Open
// API. It uses nothing that needs a login or scrapes the exchange's pages.
package krx

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// DefaultBaseURL is the real Open API.
const DefaultBaseURL = "https://data-dbg.krx.co.kr"

const (
	name      = "krx"
	knownHour = 8 // KST, of the next trading day
)

// boards are the markets and the services of each one's day.
func boards() []board {
	return []board{
		{"KOSPI", "/svc/apis/sto/stk_bydd_trd", "/svc/apis/sto/stk_isu_base_info", "/svc/apis/idx/kospi_dd_trd"},
		{"KOSDAQ", "/svc/apis/sto/ksq_bydd_trd", "/svc/apis/sto/ksq_isu_base_info", "/svc/apis/idx/kosdaq_dd_trd"},
	}
}

type board struct{ market, bars, symbols, indices string }

// Client is the Open API. Each service needs its own approval for the key.
type Client struct {
	Client   *upstream.Client
	BaseURL  string // scheme and host; "" means DefaultBaseURL
	Key      string
	Calendar *market.Calendar
}

// DailyBars returns the raw rows of all KOSPI and KOSDAQ stocks on a trading day, two calls in all, and the names that
// the exchange lists them under. A stock without a close that day has a listing and no bar. Bars carry source "krx",
// adjustment factor 1, and count as known from 08:00 KST of the next trading day.
// Errors: NotFound when a market's rows are not published yet (before T+1 08:00) or day had no session; Unauthorized
// (the key), Forbidden (the service is not approved for it), Limited (10,000 calls a day: until midnight KST), Invalid
// (a wrong address), Unavailable (an outage, or rows of another form than ours).
func (c *Client) DailyBars(ctx context.Context, day market.Day) ([]market.Bar, []market.Listing, error) {
	next, err := c.Calendar.Add(day, 1)
	if err != nil {
		return nil, nil, fmt.Errorf("krx: daily bars of %s: %w", day, err)
	}
	var bars []market.Bar
	var listings []market.Listing
	for _, b := range boards() {
		rows, err := rowsOf[row](ctx, c, b.bars, day)
		if err != nil {
			return nil, nil, fmt.Errorf("krx: daily bars of %s on %s: %w", day, b.market, err)
		}
		for _, row := range rows {
			bar, listing, err := row.read(day)
			if err != nil {
				return nil, nil, fmt.Errorf("krx: daily bars of %s on %s: %w", day, b.market, err)
			}
			listing.Market = b.market
			listings = append(listings, listing)
			if bar.Close > 0 {
				bar.KnownAt = next.At(knownHour, 0)
				bars = append(bars, bar)
			}
		}
	}
	return bars, listings, nil
}

// rowsOf asks one service for one day's rows.
func rowsOf[R any](ctx context.Context, c *Client, path string, day market.Day) ([]R, error) {
	base := c.BaseURL
	if base == "" {
		base = DefaultBaseURL
	}
	res, err := c.Client.Do(ctx, upstream.Request{
		URL:     base + path,
		Query:   url.Values{"basDd": {day.Compact()}},
		Header:  http.Header{"AUTH_KEY": {c.Key}},
		Key:     name,
		Secrets: []string{c.Key},
	})
	if res == nil {
		return nil, err
	}
	rows, err := read[R](c, res, err)
	return rows, c.Client.Heed(ctx, name, err)
}
