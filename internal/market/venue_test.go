package market_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// spans writes windows as "krx regular 09:00-15:30".
func spans(windows []market.Window) (out []string) {
	for _, w := range windows {
		out = append(out, string(w.Venue)+" "+w.Name+" "+w.From.In(market.KST).Format("15:04")+"-"+w.To.In(market.KST).Format("15:04"))
	}
	return out
}

func TestWindows(t *testing.T) {
	t.Parallel()
	c := market.NewCalendar()
	ordinary := []string{"nxt pre 08:00-08:50", "krx regular 09:00-15:30", "nxt main 09:00-15:20", "nxt after 15:40-20:00"}
	for s, want := range map[string][]string{
		"2025-03-03": nil,                         // a holiday
		"2025-02-28": {"krx regular 09:00-15:30"}, // before Nextrade
		"2025-03-04": ordinary,
		"2026-09-11": ordinary,
		"2026-09-14": append(append([]string{}, ordinary...), "krx after 16:00-20:00"),
		"2026-11-19": {"krx regular 10:00-16:30", "nxt main 10:00-16:20", "nxt after 16:30-20:00", "krx after 17:00-20:00"},
		"2026-01-02": {"krx regular 10:00-15:30", "nxt main 10:00-15:20", "nxt after 15:40-20:00"},
		"2026-11-22": nil,
	} {
		windows, err := c.Windows(day(t, s))
		if diff := cmp.Diff(want, spans(windows)); err != nil || diff != "" {
			t.Errorf("%s: %v %s", s, err, diff)
		}
	}
	if _, err := c.Windows(day(t, "2028-01-03")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("past the table: %v", err)
	}
}

// traded makes minutes at KST times "2026-11-23 09:00:00"; each opens ten won above the one before.
func traded(t *testing.T, venue market.Venue, times ...string) (list []market.Minute) {
	t.Helper()
	for i, s := range times {
		at := moment(t, s)
		list = append(list, market.Minute{Code: "900001", Venue: venue, At: at, Open: int64(1000 + 10*i), High: 2000, Low: 900, Close: 1500,
			Volume: 3, KnownAt: at.Add(time.Minute)})
	}
	return list
}

func TestFirstTrade(t *testing.T) {
	t.Parallel()
	c := market.NewCalendar()
	mon, tue := day(t, "2026-11-23"), day(t, "2026-11-24")
	quiet := traded(t, market.KRX, "2026-11-23 09:03:00")
	quiet[0].Volume = 0
	full := map[market.Day][]market.Minute{
		mon: append(traded(t, market.KRX, "2026-11-23 09:00:00", "2026-11-23 09:01:00", "2026-11-23 15:30:00", "2026-11-23 15:35:00"),
			traded(t, market.NXT, "2026-11-23 08:10:00", "2026-11-23 09:00:00", "2026-11-23 15:25:00", "2026-11-23 15:50:00")...),
		tue: traded(t, market.KRX, "2026-11-24 09:00:00"),
	}
	krxOnly := map[market.Day][]market.Minute{mon: append(quiet, traded(t, market.KRX, "2026-11-23 09:05:00")...), tue: traded(t, market.KRX, "2026-11-24 09:00:00")}
	for _, c2 := range []struct {
		name, after string
		minutes     map[market.Day][]market.Minute
		at, window  string
		price       int64
	}{
		{"before the pre-market", "2026-11-23 07:00:00", full, "2026-11-23 08:10:00", "nxt pre", 1000},
		{"between: the exchange wins at the same minute", "2026-11-23 08:55:00", full, "2026-11-23 09:00:00", "krx regular", 1000},
		{"within a minute: the next one", "2026-11-23 09:00:01", full, "2026-11-23 09:01:00", "krx regular", 1010},
		{"at its beginning: that one", "2026-11-23 09:01:00", full, "2026-11-23 09:01:00", "krx regular", 1010},
		{"the closing auction, past what nobody could trade", "2026-11-23 15:21:00", full, "2026-11-23 15:30:00", "krx regular", 1020},
		{"after the close", "2026-11-23 15:31:00", full, "2026-11-23 15:50:00", "nxt after", 1030},
		{"in the evening: tomorrow", "2026-11-23 21:00:00", full, "2026-11-24 09:00:00", "krx regular", 1000},
		{"on a Sunday", "2026-11-22 12:00:00", full, "2026-11-23 08:10:00", "nxt pre", 1000},
		{"a minute without a trade does not count", "2026-11-23 09:02:00", krxOnly, "2026-11-23 09:05:00", "krx regular", 1000},
		{"nothing more today, and tomorrow known", "2026-11-23 16:00:00", krxOnly, "2026-11-24 09:00:00", "krx regular", 1000},
		{"nobody fetched the day", "2026-11-23 09:00:00", map[market.Day][]market.Minute{tue: full[tue]}, "", "", 0},
		{"the day is over: its lack does no harm", "2026-11-23 20:30:00", map[market.Day][]market.Minute{tue: full[tue]}, "2026-11-24 09:00:00", "krx regular", 1000},
		{"no minutes at all", "2026-11-23 09:00:00", nil, "", "", 0},
		{"halted for days", "2026-11-23 09:00:00", map[market.Day][]market.Minute{mon: nil, tue: nil, tue + 1: nil, tue + 2: nil, tue + 3: nil}, "", "", 0},
	} {
		trade, known, err := c.FirstTrade(moment(t, c2.after).UTC(), c2.minutes)
		if err != nil || known != (c2.at != "") {
			t.Errorf("%s: known %t, %v", c2.name, known, err)
			continue
		}
		if known && (!trade.At.Equal(moment(t, c2.at)) || trade.Price != c2.price || string(trade.Window.Venue)+" "+trade.Window.Name != c2.window ||
			!trade.KnownAt.Equal(trade.At.Add(time.Minute))) {
			t.Errorf("%s: %+v, want %s at %d in %s", c2.name, trade, c2.at, c2.price, c2.window)
		}
	}
}

func TestLearnedDays(t *testing.T) {
	t.Parallel()
	c := market.NewCalendar()
	wed := day(t, "2026-11-25")
	if n := c.Lay([]market.OpenDay{{Day: wed, Open: false}, {Day: wed + 1, Open: true}, {Day: day(t, "2026-12-25"), Open: true},
		{Day: day(t, "2026-11-28"), Open: true}, {Day: day(t, "2028-01-03"), Open: false}}); n != 2 {
		t.Errorf("%d days differ from the table, want the Wednesday and Christmas", n)
	}
	for s, want := range map[string]bool{"2026-11-25": false, "2026-11-26": true, "2026-12-25": true, "2026-11-28": false} {
		if open, err := c.IsOpen(day(t, s)); err != nil || open != want {
			t.Errorf("%s open: %t, %v", s, open, err)
		}
	}
	if next, err := c.Add(day(t, "2026-11-24"), 1); err != nil || next != wed+1 {
		t.Errorf("the day after Tuesday is %s, %v", next, err)
	}
	if base, err := c.BaseDay(wed.At(12, 0)); err != nil || base != wed-1 {
		t.Errorf("the base of the new holiday is %s, %v", base, err)
	}
	if _, err := c.IsOpen(day(t, "2028-01-03")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a learned day past the table must not open it: %v", err)
	}
	if c.Lay(nil) != 0 {
		t.Error("nothing laid differs from nothing")
	}
	if open, err := c.IsOpen(wed); err != nil || !open {
		t.Errorf("a day that is taken back: %t, %v", open, err)
	}
	c.Lay([]market.OpenDay{{Day: day(t, "2027-01-04"), Open: false}})
	if s, ok, err := c.SessionOf(day(t, "2027-01-05")); err != nil || !ok || !s.Open.Equal(moment(t, "2027-01-05 10:00:00")) {
		t.Errorf("the year's first session moves on: %v %t %v", s, ok, err)
	}
}

// TestClosedWeekdays compares the calendar with the lists as their sources give them.
func TestClosedWeekdays(t *testing.T) {
	t.Parallel()
	c := market.NewCalendar()
	for year, want := range map[int][]string{
		2025: {"01-01", "01-27", "01-28", "01-29", "01-30", "03-03", "05-01", "05-05", "05-06", "06-03", "06-06", "08-15", "10-03", "10-06", "10-07", "10-08", "10-09", "12-25", "12-31"},
		2026: {"01-01", "02-16", "02-17", "02-18", "03-02", "05-01", "05-05", "05-25", "06-03", "07-17", "08-17", "09-24", "09-25", "10-05", "10-09", "12-25", "12-31"},
		2027: {"01-01", "02-08", "02-09", "03-01", "05-03", "05-05", "05-13", "07-19", "08-16", "09-14", "09-15", "09-16", "10-04", "10-11", "12-27", "12-31"},
	} {
		var got []string
		for d := market.NewDay(year, time.January, 1); d.Year() == year; d++ {
			open, err := c.IsOpen(d)
			if err != nil {
				t.Fatal(err)
			}
			if !open && d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
				got = append(got, d.String()[5:])
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d: %s", year, diff)
		}
	}
}

func TestFactors(t *testing.T) {
	t.Parallel()
	days := []market.Day{1, 2, 3, 4, 5, 6}
	for name, c := range map[string]struct {
		raw, adjusted []int64
		want          map[market.Day]float64
	}{
		"nothing happened":  {[]int64{100, 101, 102, 0, 104, 105}, []int64{100, 101, 102, 0, 104, 105}, map[market.Day]float64{1: 1, 2: 1, 3: 1, 5: 1, 6: 1}},
		"a split in five":   {[]int64{50_000, 51_000, 49_995, 10_100, 10_200, 9_900}, []int64{10_000, 10_200, 9_999, 10_100, 10_200, 9_900}, map[market.Day]float64{1: .2, 2: .2, 3: .2, 4: 1, 5: 1, 6: 1}},
		"a stock dividend":  {[]int64{10_501, 10_512, 10_523, 10_000, 10_050, 0}, []int64{10_001, 10_011, 10_022, 10_000, 10_050, 7}, map[market.Day]float64{1: .9524, 2: .9524, 3: .9524, 4: 1, 5: 1}},
		"only one knows it": {[]int64{100, 0, 0, 0, 0, 0}, []int64{0, 100, 0, 0, 0, 0}, map[market.Day]float64{}},
	} {
		raw, adjusted := market.Closes{}, market.Closes{}
		for i, d := range days {
			raw[d], adjusted[d] = c.raw[i], c.adjusted[i]
		}
		got := market.Factors(days, raw, adjusted)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", name, got)
		}
		for d, want := range c.want {
			if diff := got[d] - want; diff > .0001 || diff < -.0001 || want == 1 && diff != 0 {
				t.Errorf("%s: day %d is %v, want %v", name, d, got[d], want)
			}
		}
		for d := market.Day(1); d < 3; d++ { // days that share a cause share the very number
			if a, ok := got[d]; ok && c.want[d] == c.want[d+1] && got[d+1] != a {
				t.Errorf("%s: days %d and %d differ: %v, %v", name, d, d+1, a, got[d+1])
			}
		}
	}
}
