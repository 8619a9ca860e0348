package market

import "time"

// Window is a span of continuous or auction trading at one venue, From included and To not. A price may be had from the
// first minute on.
type Window struct {
	Venue    Venue
	Name     string // "regular", "after", "pre" or "main"
	From, To time.Time
}

// hours are a venue's windows on an ordinary day, as minutes from midnight KST, and since when.
// Sources: KRX's own rules (after-market 16:00-20:00 since 2026-09-14, in place of the single-price session); Nextrade
// 08:00-08:50, 09:00:30-15:20 and, by later notes than its launch's press, 15:40-20:00. Neither says what an after-market
// does on a day that closes late except Nextrade's 16:30; for KRX the usual half an hour after the close is taken.
var hours = []struct {
	venue    Venue
	name     string
	since    string
	from, to int
}{
	{NXT, "pre", "2025-03-04", 8 * 60, 8*60 + 50},
	{NXT, "main", "2025-03-04", 9 * 60, 15*60 + 20},
	{NXT, "after", "2025-03-04", 15*60 + 40, 20 * 60},
	{KRX, "after", "2026-09-14", 16 * 60, 20 * 60},
}

// Windows returns when a stock may trade on d at any venue, in the order of their beginnings; none on a closed day. On a
// day that opens late Nextrade has no pre-market, opens with the exchange, and stops ten minutes before its close: so it is
// announced for the exam's day, and of the year's first one nobody says otherwise.
func (c *Calendar) Windows(d Day) ([]Window, error) {
	s, open, err := c.SessionOf(d)
	if err != nil || !open {
		return nil, err
	}
	regular := Window{KRX, "regular", s.Open, s.Close}
	var list []Window
	lateOpen, lateClose := s.Open.Sub(d.At(9, 0)), s.Close.Sub(d.At(15, 30))
	for _, h := range hours {
		if d < mustDay(h.since) || lateOpen > 0 && h.name == "pre" {
			continue
		}
		w := Window{h.venue, h.name, d.At(0, h.from), d.At(0, h.to)}
		switch {
		case h.name == "main":
			w.From, w.To = w.From.Add(lateOpen), w.To.Add(lateClose)
		case h.name == "after" && lateClose > 0 && h.venue == NXT:
			w.From = s.Close
		case h.name == "after":
			w.From = w.From.Add(lateClose)
		}
		if regular.Name != "" && !w.From.Before(regular.From) {
			list, regular = append(list, regular), Window{}
		}
		list = append(list, w)
	}
	if regular.Name != "" {
		list = append(list, regular)
	}
	return list, nil
}

// Trade is the first price that somebody who read an article could have had.
type Trade struct {
	Window Window
	At     time.Time // the beginning of the minute
	Price  int64     // won: the minute's first price
	// KnownAt is when that minute was over.
	KnownAt time.Time
}

// tradeDays is how many trading days a first trade is looked for: a stock that is halted for longer has none.
const tradeDays = 5

// FirstTrade returns the first price at which a stock could be traded after an instant: the first price of the first
// minute, at any venue, that begins no earlier. minutes are the stock's by the day that they were fetched for, in any
// order; a day that is not in the map was not fetched. known is false where a day that counts was not fetched, or
// nothing was traded in five trading days: then nobody can say. Only minutes inside of a window count.
func (c *Calendar) FirstTrade(after time.Time, minutes map[Day][]Minute) (trade Trade, known bool, err error) {
	day := DayOf(after)
	if open, err := c.IsOpen(day); err != nil {
		return Trade{}, false, err
	} else if !open {
		if day, err = c.Add(day, 1); err != nil {
			return Trade{}, false, err
		}
	}
	for range tradeDays {
		windows, err := c.Windows(day)
		if err != nil {
			return Trade{}, false, err
		}
		list, fetched := minutes[day]
		if !fetched && stillOpen(windows, after) {
			return Trade{}, false, nil
		}
		if trade, found := earliest(windows, list, after); found {
			return trade, true, nil
		}
		if day, err = c.Add(day, 1); err != nil {
			return Trade{}, false, err
		}
	}
	return Trade{}, false, nil
}

// stillOpen reports whether some window ends after an instant.
func stillOpen(windows []Window, after time.Time) bool {
	for _, w := range windows {
		if w.To.After(after) {
			return true
		}
	}
	return false
}

// earliest picks the first minute that begins at or after an instant within a window of its venue. Closing auctions
// print at the window's very end, so that a regular window takes its last minute, too.
func earliest(windows []Window, minutes []Minute, after time.Time) (best Trade, found bool) {
	for _, m := range minutes {
		if m.At.Before(after) || m.Volume <= 0 || m.Open <= 0 {
			continue
		}
		for _, w := range windows {
			if w.Venue != m.Venue || m.At.Before(w.From) || m.At.After(w.To) || m.At.Equal(w.To) && w.Name != "regular" {
				continue
			}
			if !found || m.At.Before(best.At) || m.At.Equal(best.At) && m.Venue == KRX && best.Window.Venue != KRX {
				best, found = Trade{Window: w, At: m.At, Price: m.Open, KnownAt: m.KnownAt}, true
			}
		}
	}
	return best, found
}
