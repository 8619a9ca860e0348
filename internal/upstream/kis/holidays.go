package kis

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

const (
	holidaysPath        = "chk-holiday"
	holidaysTransaction = "CTCA0903R"
	holidayPages        = 20
)

// holidayRow is one day of output. Of its four flags opnd_yn tells whether the exchange opens.
type holidayRow struct {
	Day  string `json:"bass_dt"`
	Open string `json:"opnd_yn"`
}

// OpenDays returns KIS's own calendar from a day on, as far as it goes, to the end of ours at most. KIS asks to be asked
// once a day at most; that is the caller's part. Errors are those of StockBars; an answer that opens the exchange on a
// weekend is Unavailable, for nothing in it can be trusted then.
func (c *Client) OpenDays(ctx context.Context, from market.Day) ([]market.OpenDay, error) {
	_, last := c.Calendar.Covers()
	var days []market.OpenDay
	var keyN, keyF string
	for page := range holidayPages {
		var answer struct {
			Rows *[]holidayRow `json:"output"`
			KeyN string        `json:"ctx_area_nk"`
			KeyF string        `json:"ctx_area_fk"`
		}
		query := url.Values{"BASS_DT": {from.Compact()}, "CTX_AREA_NK": {keyN}, "CTX_AREA_FK": {keyF}}
		more, err := c.ask(ctx, call{path: holidaysPath, transaction: holidaysTransaction, query: query, next: page > 0}, &answer)
		if err != nil {
			return nil, fmt.Errorf("kis: open days from %s: %w", from, err)
		}
		if answer.Rows == nil {
			return nil, fault.New(fault.Unavailable, "kis: open days from %s: the answer holds no output", from)
		}
		if days, err = readDays(days, *answer.Rows); err != nil {
			return nil, fmt.Errorf("kis: open days from %s: %w", from, err)
		}
		if !more || len(days) > 0 && days[len(days)-1].Day >= last {
			return days, nil
		}
		next := strings.TrimSpace(answer.KeyN)
		if next == "" || next == keyN {
			return nil, fault.New(fault.Unavailable, "kis: open days from %s: there is more, and no key to it", from)
		}
		keyN, keyF = next, strings.TrimSpace(answer.KeyF)
	}
	return days, nil
}

func readDays(days []market.OpenDay, rows []holidayRow) ([]market.OpenDay, error) {
	for _, row := range rows {
		if row.Day == "" {
			continue // a placeholder
		}
		var f fields
		day := market.OpenDay{Day: f.day(row.Day), Open: row.Open == "Y"}
		switch weekday := day.Day.Weekday(); {
		case f.err != nil:
			return nil, f.err
		case row.Open != "Y" && row.Open != "N":
			return nil, fault.New(fault.Unavailable, "%s is open: %q", day.Day, row.Open)
		case day.Open && (weekday == 0 || weekday == 6):
			return nil, fault.New(fault.Unavailable, "%s is a %s and said to be open", day.Day, weekday)
		}
		days = append(days, day)
	}
	return days, nil
}
