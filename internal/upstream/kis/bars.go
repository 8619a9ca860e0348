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
	if to < from {
		return nil, fault.New(fault.Invalid, "kis: daily bars of %s: %s lies before %s", code, to, from)
	}
	byDay := map[market.Day]market.Bar{}
	for end := to; ; {
		rows, err := c.dailyPage(ctx, code, from, end)
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

func (c *Client) dailyPage(ctx context.Context, code market.Code, from, to market.Day) ([]dailyRow, error) {
	query := url.Values{
		"FID_COND_MRKT_DIV_CODE": {"J"}, "FID_INPUT_ISCD": {string(code)},
		"FID_INPUT_DATE_1": {from.Compact()}, "FID_INPUT_DATE_2": {to.Compact()},
		"FID_PERIOD_DIV_CODE": {"D"}, "FID_ORG_ADJ_PRC": {"1"}, // 1: raw
	}
	var answer struct {
		Rows *[]dailyRow `json:"output2"`
	}
	if err := c.quote(ctx, barsPath, barsTransaction, query, &answer); err != nil {
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
		open, err := c.Calendar.IsOpen(bar.Day)
		if err != nil {
			return 0, err
		}
		if !open {
			continue // seen on holidays: a row of the day itself or of a day to come
		}
		if bar.KnownAt, err = c.Calendar.BarKnownAt(bar.Day); err != nil {
			return 0, err
		}
		if !bar.KnownAt.After(c.Now()) {
			byDay[bar.Day] = bar
		}
	}
	return oldest, nil
}

// read returns the row in our words, without KnownAt. A row of another form is Unavailable.
func (r dailyRow) read(code market.Code) (market.Bar, error) {
	day, err := market.ParseDay(r.Day)
	if err != nil {
		return market.Bar{}, fault.New(fault.Unavailable, "row dated %q: %w", r.Day, err)
	}
	bar := market.Bar{Code: code, Day: day, AdjFactor: 1, Source: name}
	for _, field := range []struct {
		into *int64
		text string
	}{{&bar.Open, r.Open}, {&bar.High, r.High}, {&bar.Low, r.Low}, {&bar.Close, r.Close}, {&bar.Volume, r.Volume}} {
		if *field.into, err = upstream.ParseInt(field.text); err != nil {
			return market.Bar{}, fault.New(fault.Unavailable, "row of %s: %w", day, err)
		}
		if *field.into < 0 {
			return market.Bar{}, fault.New(fault.Unavailable, "row of %s: %q is negative", day, field.text)
		}
	}
	return bar, nil
}
