package kis

import (
	"context"
	"fmt"
	"net/url"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

const (
	holidaysPath        = "chk-holiday"
	holidaysTransaction = "CTCA0903R"
)

// holidayRow is one day of output. Of its four flags opnd_yn tells whether the exchange opens.
type holidayRow struct {
	Day  string `json:"bass_dt"`
	Open string `json:"opnd_yn"`
}

// OpenDays returns a page of KIS's own calendar, about 25 days from a day on, and whether there is more of it within ours:
// it is then asked for from the day after the last. KIS asks to be asked once a day at most; that is the caller's part.
// Errors are those of StockBars; an answer that opens the exchange on a weekend, or one that has more and does not move on,
// is Unavailable, for nothing in it can be trusted then.
func (c *Client) OpenDays(ctx context.Context, from market.Day) (days []market.OpenDay, more bool, err error) {
	var answer struct {
		Rows *[]holidayRow `json:"output"`
	}
	// Without the keys to the next page each one is asked for by its first day, which still holds after a crash.
	query := url.Values{"BASS_DT": {from.Compact()}, "CTX_AREA_NK": {""}, "CTX_AREA_FK": {""}}
	more, err = c.ask(ctx, call{path: holidaysPath, transaction: holidaysTransaction, query: query}, &answer)
	if err == nil && answer.Rows == nil {
		err = fault.New(fault.Unavailable, "the answer holds no output")
	}
	if err == nil {
		days, err = readDays(*answer.Rows)
	}
	if err == nil && more && (len(days) == 0 || days[len(days)-1].Day < from) {
		err = fault.New(fault.Unavailable, "there is more, and no day to ask for it from")
	}
	if err != nil {
		return nil, false, fmt.Errorf("kis: open days from %s: %w", from, err)
	}
	_, last := c.Calendar.Covers()
	return days, more && days[len(days)-1].Day < last, nil
}

func readDays(rows []holidayRow) ([]market.OpenDay, error) {
	var days []market.OpenDay
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
