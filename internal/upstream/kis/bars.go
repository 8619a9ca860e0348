package kis

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

const (
	barsPath        = "inquire-daily-itemchartprice"
	barsTransaction = "FHKST03010100"
	barsPerPage     = 100

	adjustedPrices = "0"
	rawPrices      = "1"
)

// dailyRow is one day of one stock, raw as traded. Every value is a string; rows can be placeholders without a day.
type dailyRow struct {
	Day    string `json:"stck_bsop_date"`
	Open   string `json:"stck_oprc"`
	High   string `json:"stck_hgpr"`
	Low    string `json:"stck_lwpr"`
	Close  string `json:"stck_clpr"`
	Volume string `json:"acml_vol"`
}

// StockBars returns the official daily rows of a stock from from to to (both included), raw prices, oldest first; none
// when it did not trade. Left out are placeholders, rows dated on a day without a session, and rows that are not
// official yet at Now: a bar counts as known 35 minutes after its day's close. Bars carry source "kis" and adjustment
// factor 1.
// Errors: Invalid (code or range), Limited (about a second), Unauthorized (keys, or a second token refused), Forbidden
// (a blocked account), Unavailable (an outage, Redis, rows of another form than ours, or days outside of the calendar).
func (c *Client) StockBars(ctx context.Context, code market.Code, from, to market.Day) ([]market.Bar, error) {
	return c.daily(ctx, code, rawPrices, from, to)
}

// daily walks the pages from to back to from.
func (c *Client) daily(ctx context.Context, code market.Code, prices string, from, to market.Day) ([]market.Bar, error) {
	if to < from {
		return nil, fault.New(fault.Invalid, "kis: daily bars of %s: %s lies before %s", code, to, from)
	}
	ctx = upstream.Several(ctx)
	byDay := map[market.Day]market.Bar{}
	for end := to; ; {
		rows, err := c.dailyPage(ctx, code, prices, from, end)
		if err != nil {
			return nil, fmt.Errorf("kis: daily bars of %s until %s: %w", code, end, err)
		}
		oldest, err := c.keep(byDay, rows, code, from, to)
		if err != nil {
			return nil, fmt.Errorf("kis: daily bars of %s until %s: %w", code, end, err)
		}
		if len(rows) < barsPerPage || oldest <= from {
			break
		}
		if oldest > end {
			return nil, fault.New(fault.Unavailable, "kis: daily bars of %s until %s: a page of later days only", code, end)
		}
		end = oldest - 1
	}
	bars := make([]market.Bar, 0, len(byDay))
	for _, bar := range byDay {
		bars = append(bars, bar)
	}
	slices.SortFunc(bars, func(a, b market.Bar) int { return cmp.Compare(a.Day, b.Day) })
	return bars, nil
}

// Factors returns by what to multiply each raw close of a stock from from to to, as KIS reckons back today over every split
// and the like up to Now. Raw and adjusted closes are asked for together: whether they count the after-market is not
// known, and so they are compared with each other only. Errors are those of StockBars.
func (c *Client) Factors(ctx context.Context, code market.Code, from, to market.Day) (map[market.Day]float64, error) {
	ctx = upstream.Several(ctx)
	raw, err := c.StockBars(ctx, code, from, to)
	if err != nil {
		return nil, err
	}
	adjusted, err := c.daily(ctx, code, adjustedPrices, from, to)
	if err != nil {
		return nil, err
	}
	days := make([]market.Day, len(raw))
	for i, bar := range raw {
		days[i] = bar.Day
	}
	return market.Factors(days, closes(raw), closes(adjusted)), nil
}

func closes(bars []market.Bar) market.Closes {
	byDay := make(market.Closes, len(bars))
	for _, bar := range bars {
		byDay[bar.Day] = bar.Close
	}
	return byDay
}

func (c *Client) dailyPage(ctx context.Context, code market.Code, prices string, from, to market.Day) ([]dailyRow, error) {
	query := url.Values{
		"FID_COND_MRKT_DIV_CODE": {divisionKRX}, "FID_INPUT_ISCD": {string(code)},
		"FID_INPUT_DATE_1": {from.Compact()}, "FID_INPUT_DATE_2": {to.Compact()},
		"FID_PERIOD_DIV_CODE": {"D"}, "FID_ORG_ADJ_PRC": {prices},
	}
	var answer struct {
		Rows *[]dailyRow `json:"output2"`
	}
	if _, err := c.ask(ctx, call{path: barsPath, transaction: barsTransaction, query: query}, &answer); err != nil {
		return nil, err
	}
	if answer.Rows == nil {
		return nil, fault.New(fault.Unavailable, "the answer holds no output2")
	}
	return *answer.Rows, nil
}

// keep puts the page's official rows into byDay and returns the oldest day on the page, 0 when it names none.
func (c *Client) keep(byDay map[market.Day]market.Bar, rows []dailyRow, code market.Code, from, to market.Day) (market.Day, error) {
	var oldest market.Day
	for _, row := range rows {
		if row.Day == "" {
			continue // a placeholder
		}
		bar, err := row.read(code)
		if err != nil {
			return 0, err
		}
		if oldest == 0 || bar.Day < oldest {
			oldest = bar.Day
		}
		if bar.Day < from || bar.Day > to || bar.Close == 0 {
			continue
		}
		if bar.KnownAt, err = c.official(bar.Day); err != nil {
			return 0, err
		}
		if !bar.KnownAt.IsZero() {
			byDay[bar.Day] = bar
		}
	}
	return oldest, nil
}

// read returns the row in our words, without KnownAt. A row of another form is Unavailable.
func (r dailyRow) read(code market.Code) (market.Bar, error) {
	var f fields
	bar := market.Bar{Code: code, Day: f.day(r.Day), Open: f.count(r.Open), High: f.count(r.High), Low: f.count(r.Low),
		Close: f.count(r.Close), Volume: f.count(r.Volume), AdjFactor: 1, Source: name}
	if f.err != nil {
		return market.Bar{}, fmt.Errorf("row of %q: %w", r.Day, f.err)
	}
	return bar, nil
}
