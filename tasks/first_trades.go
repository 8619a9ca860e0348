package tasks

import (
	"context"
	"time"

	"tickerwire/internal/market"
	"tickerwire/store"
)

const (
	// tradeLookback is how many calendar days before a fetched day stories may lie whose first trade is on it: five
	// trading days over the longest holidays.
	tradeLookback = 16
	tradeBatch    = 500
)

// findFirstTrades looks which stories of a stock have their first trade on the days of late, now that more of its minutes
// are stored. A day counts as fetched when both venues are, to their ends: earlier, a first price at one could still be
// beaten by one at the other.
func (w *Worker) findFirstTrades(ctx context.Context, code market.Code, day market.Day) error {
	covered, _ := w.Calendar.Covers()
	first := max(covered, day-tradeLookback)
	stories, err := w.DB.Untraded(ctx, code, first.At(0, 0), tradeBatch)
	if err != nil || len(stories) == 0 {
		return err
	}
	minutes, err := w.wholeDays(ctx, code, first)
	if err != nil || len(minutes) == 0 {
		return err
	}
	var trades []store.FirstTrade
	for _, s := range stories {
		trade, known, err := w.Calendar.FirstTrade(s.AvailableAt, minutes)
		if err != nil {
			return err
		}
		if known {
			trades = append(trades, store.FirstTrade{StoryID: s.StoryID, Code: code, Trade: trade})
		}
	}
	return w.DB.SaveFirstTrades(ctx, trades)
}

// wholeDays returns a stock's minutes by day, of the days from one on that are fetched to their ends at every venue.
func (w *Worker) wholeDays(ctx context.Context, code market.Code, first market.Day) (map[market.Day][]market.Minute, error) {
	now := w.Now()
	fetched, err := w.fetchedTo(ctx, []market.Code{code}, first)
	if err != nil || len(fetched) == 0 {
		return nil, err
	}
	whole := map[market.Day][]market.Minute{}
	for key := range fetched {
		complete := true
		for _, venue := range []market.Venue{market.KRX, market.NXT} {
			_, to, open, err := tradingSpan(w.Calendar, venue, key.day)
			if err != nil {
				return nil, err
			}
			if open && fetched[minuteKey{code, venue, key.day}].Before(to) {
				complete = false
			}
		}
		if complete {
			whole[key.day] = nil
		}
	}
	list, err := w.DB.Minutes(ctx, store.MinuteFilter{Code: code, From: first.At(0, 0), To: now.Add(time.Minute), KnownBy: now})
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if day := market.DayOf(m.At); hasDay(whole, day) {
			whole[day] = append(whole[day], m)
		}
	}
	return whole, nil
}

func hasDay(days map[market.Day][]market.Minute, day market.Day) bool {
	_, ok := days[day]
	return ok
}
