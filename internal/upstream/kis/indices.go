package kis

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

const (
	indexPath        = "inquire-index-daily-price"
	indexTransaction = "FHPUP02120000"
	indexPerPage     = 100
)

// indexCodes are KIS's own numbers of the indices.
var indexCodes = map[market.IndexName]string{market.KOSPI: "0001", market.KOSDAQ: "1001", market.KOSPI200: "2001"}

// indexRow is one day of output2, newest first.
type indexRow struct {
	Day   string `json:"stck_bsop_date"`
	Open  string `json:"bstp_nmix_oprc"`
	High  string `json:"bstp_nmix_hgpr"`
	Low   string `json:"bstp_nmix_lwpr"`
	Close string `json:"bstp_nmix_prpr"`
}

// IndexDays returns an index's days from from to to (both included), oldest first, as far as they are official at Now: 35
// minutes after the close. Errors are those of StockBars; an index that is not kept is Invalid.
func (c *Client) IndexDays(ctx context.Context, index market.IndexName, from, to market.Day) ([]market.IndexDay, error) {
	number, ok := indexCodes[index]
	if !ok || to < from {
		return nil, fault.New(fault.Invalid, "kis: index %q from %s to %s", index, from, to)
	}
	ctx = upstream.Several(ctx)
	byDay := map[market.Day]market.IndexDay{}
	for end := to; ; {
		rows, err := c.indexPage(ctx, number, end)
		if err != nil {
			return nil, fmt.Errorf("kis: %s until %s: %w", index, end, err)
		}
		oldest, err := c.keepIndex(byDay, rows, index, from, to)
		if err != nil {
			return nil, fmt.Errorf("kis: %s until %s: %w", index, end, err)
		}
		if len(rows) < indexPerPage || oldest <= from {
			break
		}
		if oldest > end {
			return nil, fault.New(fault.Unavailable, "kis: %s until %s: a page of later days only", index, end)
		}
		end = oldest - 1
	}
	days := make([]market.IndexDay, 0, len(byDay))
	for _, day := range byDay {
		days = append(days, day)
	}
	slices.SortFunc(days, func(a, b market.IndexDay) int { return int(a.Day - b.Day) })
	return days, nil
}

func (c *Client) indexPage(ctx context.Context, number string, end market.Day) ([]indexRow, error) {
	var answer struct {
		Rows *[]indexRow `json:"output2"`
	}
	query := url.Values{"FID_PERIOD_DIV_CODE": {"D"}, "FID_COND_MRKT_DIV_CODE": {"U"}, "FID_INPUT_ISCD": {number},
		"FID_INPUT_DATE_1": {end.Compact()}}
	if _, err := c.ask(ctx, call{path: indexPath, transaction: indexTransaction, query: query}, &answer); err != nil {
		return nil, err
	}
	if answer.Rows == nil {
		return nil, fault.New(fault.Unavailable, "the answer holds no output2")
	}
	return *answer.Rows, nil
}

// keepIndex puts the page's official rows into byDay and returns the oldest day on the page, 0 when it names none.
func (c *Client) keepIndex(byDay map[market.Day]market.IndexDay, rows []indexRow, index market.IndexName, from, to market.Day) (oldest market.Day, err error) {
	for _, row := range rows {
		if row.Day == "" {
			continue // a placeholder
		}
		var f fields
		day := market.IndexDay{Name: index, Day: f.day(row.Day), Open: f.points(row.Open), High: f.points(row.High),
			Low: f.points(row.Low), Close: f.points(row.Close), Source: name}
		if f.err != nil {
			return 0, f.err
		}
		if oldest == 0 || day.Day < oldest {
			oldest = day.Day
		}
		if day.Day < from || day.Day > to || day.Close == 0 {
			continue
		}
		if day.KnownAt, err = c.official(day.Day); err != nil {
			return 0, err
		}
		if !day.KnownAt.IsZero() {
			byDay[day.Day] = day
		}
	}
	return oldest, nil
}
