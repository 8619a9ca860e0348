package kis

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// The two services of minute bars. Neither pages by itself: one asks again with an earlier end.
const (
	todayPath        = "inquire-time-itemchartprice"
	todayTransaction = "FHKST03010200"
	todayPerPage     = 30
	pastPath         = "inquire-time-dailychartprice"
	pastTransaction  = "FHKST03010230"
	pastPerPage      = 120
	// minutePages is the most pages of one walk: a day from 08:00 to 20:00 has 721 minutes.
	minutePages = 26
)

// The markets as KIS names them.
const (
	divisionKRX = "J"
	divisionNXT = "NX"
)

// minuteRow is one minute of output2, newest first; rows can be placeholders without a day or an hour.
type minuteRow struct {
	Day    string `json:"stck_bsop_date"`
	Hour   string `json:"stck_cntg_hour"`
	Open   string `json:"stck_oprc"`
	High   string `json:"stck_hgpr"`
	Low    string `json:"stck_lwpr"`
	Close  string `json:"stck_prpr"`
	Volume string `json:"cntg_vol"`
}

// Minutes returns a stock's minutes at a venue that began from from to to, both of one day, oldest first; none when it
// did not trade. Only minutes that are over at Now are returned: the running one shows the volume of the one before
// until its first trade, and an end in the future is answered with the current price over and over.
// Past days are kept for about a year, and for real accounts only: Forbidden on a paper one. Else errors are those of
// StockBars, with Invalid for a range that is none or of several days.
func (c *Client) Minutes(ctx context.Context, code market.Code, venue market.Venue, from, to time.Time) ([]market.Minute, error) {
	day, now := market.DayOf(to), c.Now()
	fail := func(err error) ([]market.Minute, error) {
		return nil, fmt.Errorf("kis: minutes of %s on %s: %w", code, day, err)
	}
	past := day < market.DayOf(now)
	switch {
	case to.Before(from) || market.DayOf(from) != day:
		return fail(fault.New(fault.Invalid, "%s to %s is no span of one day", from, to))
	case past && c.Paper:
		return fail(fault.New(fault.Forbidden, "paper accounts have no minutes of past days"))
	}
	page := minutePager(c.todayPage)
	if past {
		page = c.pastPage
	}
	if last := now.Add(-time.Minute); to.After(last) {
		to = last // what began later is not over
	}
	byMinute, err := walk(ctx, page, code, venue, from, to)
	if err != nil {
		return fail(err)
	}
	minutes := make([]market.Minute, 0, len(byMinute))
	for _, m := range byMinute {
		minutes = append(minutes, m)
	}
	slices.SortFunc(minutes, func(a, b market.Minute) int { return a.At.Compare(b.At) })
	return minutes, nil
}

// minutePager asks for the page that ends at a minute; full says that there may be earlier ones.
type minutePager func(ctx context.Context, code market.Code, venue market.Venue, end time.Time) (rows []minuteRow, full bool, err error)

// walk goes back page by page until from.
func walk(ctx context.Context, page minutePager, code market.Code, venue market.Venue, from, to time.Time) (map[time.Time]market.Minute, error) {
	ctx = upstream.Several(ctx)
	byMinute := map[time.Time]market.Minute{}
	for end, pages := to.Truncate(time.Minute), 0; !end.Before(from.Truncate(time.Minute)); pages++ {
		if pages == minutePages {
			return nil, fault.New(fault.Unavailable, "the pages have no end")
		}
		rows, full, err := page(ctx, code, venue, end)
		if err != nil {
			return nil, err
		}
		oldest, err := keepMinutes(byMinute, rows, code, venue, from, to)
		if err != nil {
			return nil, err
		}
		if !full || oldest.IsZero() {
			break
		}
		if oldest.After(end) {
			return nil, fault.New(fault.Unavailable, "a page of minutes after %s only", end)
		}
		end = oldest.Add(-time.Minute)
	}
	return byMinute, nil
}

func (c *Client) todayPage(ctx context.Context, code market.Code, venue market.Venue, end time.Time) (rows []minuteRow, full bool, err error) {
	query := url.Values{"FID_ETC_CLS_CODE": {""}, "FID_PW_DATA_INCU_YN": {"N"}}
	rows, err = c.minutePage(ctx, call{path: todayPath, transaction: todayTransaction, query: query}, code, venue, end)
	return rows, len(rows) >= todayPerPage, err
}

func (c *Client) pastPage(ctx context.Context, code market.Code, venue market.Venue, end time.Time) (rows []minuteRow, full bool, err error) {
	query := url.Values{"FID_INPUT_DATE_1": {market.DayOf(end).Compact()}, "FID_PW_DATA_INCU_YN": {"N"}, "FID_FAKE_TICK_INCU_YN": {"N"}}
	rows, err = c.minutePage(ctx, call{path: pastPath, transaction: pastTransaction, query: query}, code, venue, end)
	return rows, len(rows) >= pastPerPage, err
}

func (c *Client) minutePage(ctx context.Context, ask call, code market.Code, venue market.Venue, end time.Time) ([]minuteRow, error) {
	division := divisionKRX
	if venue == market.NXT {
		division = divisionNXT
	}
	ask.query.Set("FID_COND_MRKT_DIV_CODE", division)
	ask.query.Set("FID_INPUT_ISCD", string(code))
	ask.query.Set("FID_INPUT_HOUR_1", end.In(market.KST).Format("1504")+"00")
	var answer struct {
		Rows *[]minuteRow `json:"output2"`
	}
	if _, err := c.ask(ctx, ask, &answer); err != nil {
		return nil, err
	}
	if answer.Rows == nil {
		return nil, fault.New(fault.Unavailable, "the answer holds no output2")
	}
	return *answer.Rows, nil
}

// keepMinutes puts the page's minutes from from to to into byMinute and returns the oldest on the page, zero when it
// names none of the day.
func keepMinutes(byMinute map[time.Time]market.Minute, rows []minuteRow, code market.Code, venue market.Venue, from, to time.Time) (oldest time.Time, err error) {
	for _, row := range rows {
		if row.Day == "" || row.Hour == "" {
			continue // a placeholder
		}
		m, err := row.read(code, venue)
		if err != nil {
			return time.Time{}, err
		}
		if market.DayOf(m.At) != market.DayOf(to) {
			continue // the last session's, as on holidays
		}
		if oldest.IsZero() || m.At.Before(oldest) {
			oldest = m.At
		}
		if !m.At.Before(from) && !m.At.After(to) && m.Close > 0 && m.Volume > 0 {
			byMinute[m.At] = m
		}
	}
	return oldest, nil
}

func (r minuteRow) read(code market.Code, venue market.Venue) (market.Minute, error) {
	var f fields
	at := f.minute(r.Day, r.Hour)
	m := market.Minute{Code: code, Venue: venue, At: at, Open: f.count(r.Open), High: f.count(r.High), Low: f.count(r.Low),
		Close: f.count(r.Close), Volume: f.count(r.Volume), Source: name, KnownAt: at.Add(time.Minute)}
	if f.err != nil {
		return market.Minute{}, f.err
	}
	return m, nil
}
