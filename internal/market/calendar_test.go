package market_test

import (
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

func day(t *testing.T, s string) market.Day {
	t.Helper()
	d, err := market.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// moment reads a KST wall time.
func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", s, market.KST)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSessionsPerYear(t *testing.T) {
	t.Parallel()
	c := market.NewCalendar()
	first, last := c.Covers()
	if first != day(t, "2025-01-01") || last != day(t, "2027-12-31") {
		t.Fatalf("covers %s to %s", first, last)
	}
	sessions := map[int]int{}
	for d := first; d <= last; d++ {
		open, err := c.IsOpen(d)
		if err != nil {
			t.Fatal(err)
		}
		if open {
			sessions[d.Year()]++
		}
	}
	for year, want := range map[int]int{2025: 242, 2026: 244, 2027: 245} {
		if sessions[year] != want {
			t.Errorf("%d has %d sessions, want %d", year, sessions[year], want)
		}
	}
}

func TestIsOpen(t *testing.T) {
	t.Parallel()
	c := market.NewCalendar()
	for s, want := range map[string]bool{
		"2025-01-01": false, "2025-01-02": true, "2025-01-27": false, "2025-01-31": true, "2025-06-03": false, "2025-10-10": true, "2025-12-31": false,
		"2026-07-17": false, "2026-06-03": false, "2026-11-19": true, "2026-11-21": false, "2026-11-22": false, "2026-11-23": true,
		"2027-05-03": false, "2027-07-19": false, "2027-12-27": false, "2027-12-30": true, "2027-12-31": false,
	} {
		open, err := c.IsOpen(day(t, s))
		if err != nil || open != want {
			t.Errorf("%s open: %t, %v; want %t", s, open, err, want)
		}
	}
}

func TestSessionHours(t *testing.T) {
	t.Parallel()
	c := market.NewCalendar()
	for s, want := range map[string][2]string{
		"2026-11-23": {"2026-11-23 09:00:00", "2026-11-23 15:30:00"},
		"2026-11-19": {"2026-11-19 10:00:00", "2026-11-19 16:30:00"}, // university entrance exam
		"2025-11-13": {"2025-11-13 10:00:00", "2025-11-13 16:30:00"},
		"2026-01-02": {"2026-01-02 10:00:00", "2026-01-02 15:30:00"}, // first session of the year
		"2027-01-04": {"2027-01-04 10:00:00", "2027-01-04 15:30:00"},
	} {
		got, ok, err := c.SessionOf(day(t, s))
		if err != nil || !ok || !got.Open.Equal(moment(t, want[0])) || !got.Close.Equal(moment(t, want[1])) {
			t.Errorf("%s runs %s to %s (%t, %v)", s, got.Open, got.Close, ok, err)
		}
	}
	if _, ok, err := c.SessionOf(day(t, "2026-11-22")); ok || err != nil {
		t.Errorf("a Sunday has a session: %t, %v", ok, err)
	}
}

func TestPhasesAndBaseDays(t *testing.T) {
	t.Parallel()
	c := market.NewCalendar()
	for _, row := range []struct {
		at    string
		phase market.Phase
		base  string
	}{
		{"2026-11-23 00:00:00", market.BeforeOpen, "2026-11-20"}, // Monday: Friday's close
		{"2026-11-23 08:59:59", market.BeforeOpen, "2026-11-20"},
		{"2026-11-23 09:00:00", market.InSession, "2026-11-23"},
		{"2026-11-23 15:29:59", market.InSession, "2026-11-23"},
		{"2026-11-23 15:30:00", market.AfterClose, "2026-11-23"},
		{"2026-11-23 23:59:59", market.AfterClose, "2026-11-23"},
		{"2026-11-21 12:00:00", market.ClosedDay, "2026-11-20"}, // Saturday
		{"2026-09-25 12:00:00", market.ClosedDay, "2026-09-23"}, // Chuseok
		{"2026-09-28 07:00:00", market.BeforeOpen, "2026-09-23"},
		{"2026-11-19 09:30:00", market.BeforeOpen, "2026-11-18"}, // the exam's day opens at ten
		{"2026-11-19 16:00:00", market.InSession, "2026-11-19"},
		{"2026-11-19 16:30:00", market.AfterClose, "2026-11-19"},
		{"2026-01-01 12:00:00", market.ClosedDay, "2025-12-30"}, // over the year's end
	} {
		at := moment(t, row.at)
		if phase, err := c.PhaseAt(at.UTC()); err != nil || phase != row.phase {
			t.Errorf("%s is %s (%v), want %s", row.at, phase, err, row.phase)
		}
		if base, err := c.BaseDay(at.UTC()); err != nil || base != day(t, row.base) {
			t.Errorf("the base of %s is %s (%v), want %s", row.at, base, err, row.base)
		}
	}
}

func TestAdd(t *testing.T) {
	t.Parallel()
	c := market.NewCalendar()
	for _, row := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-23", 0, "2026-11-23"}, {"2026-11-22", 0, "2026-11-20"}, {"2026-09-26", 0, "2026-09-23"},
		{"2026-11-23", 1, "2026-11-24"}, {"2026-11-20", 1, "2026-11-23"}, {"2026-11-21", 1, "2026-11-23"},
		{"2026-11-23", -1, "2026-11-20"}, {"2026-11-22", -1, "2026-11-20"},
		{"2025-10-02", 1, "2025-10-10"}, {"2025-10-02", 3, "2025-10-14"}, {"2025-10-10", -1, "2025-10-02"},
		{"2026-02-13", 5, "2026-02-25"}, {"2025-12-30", 1, "2026-01-02"}, {"2026-01-02", -1, "2025-12-30"},
		{"2026-11-23", 5, "2026-11-30"}, {"2026-11-30", -5, "2026-11-23"},
	} {
		if got, err := c.Add(day(t, row.from), row.n); err != nil || got != day(t, row.want) {
			t.Errorf("%s + %d is %s (%v), want %s", row.from, row.n, got, err, row.want)
		}
	}
}

func TestKnownAt(t *testing.T) {
	t.Parallel()
	c := market.NewCalendar()
	for s, want := range map[string]string{
		"2026-11-23": "2026-11-23 16:05:00", "2026-11-19": "2026-11-19 17:05:00", "2026-01-02": "2026-01-02 16:05:00",
	} {
		if got, err := c.BarKnownAt(day(t, s)); err != nil || !got.Equal(moment(t, want)) {
			t.Errorf("the row of %s is known at %s (%v), want %s", s, got, err, want)
		}
	}
	if _, err := c.BarKnownAt(day(t, "2026-11-22")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("the row of a Sunday: %v, want an Invalid fault", err)
	}
	for at, want := range map[string]string{
		"2026-11-23 16:04:59": "2026-11-20", "2026-11-23 16:05:00": "2026-11-23", "2026-11-22 12:00:00": "2026-11-20",
		"2026-11-19 16:30:00": "2026-11-18", "2026-11-19 17:05:00": "2026-11-19", "2026-11-23 00:00:00": "2026-11-20",
	} {
		if got, err := c.LastKnownDay(moment(t, at).UTC()); err != nil || got != day(t, want) {
			t.Errorf("at %s the last known day is %s (%v), want %s", at, got, err, want)
		}
	}
}

func TestOutsideOfTheTable(t *testing.T) {
	t.Parallel()
	c := market.NewCalendar()
	early, late := day(t, "2024-12-31"), day(t, "2028-01-01")
	calls := map[string]func() error{
		"IsOpen before":      func() error { _, err := c.IsOpen(early); return err },
		"IsOpen after":       func() error { _, err := c.IsOpen(late); return err },
		"SessionOf":          func() error { _, _, err := c.SessionOf(late); return err },
		"PhaseAt":            func() error { _, err := c.PhaseAt(late.At(12, 0)); return err },
		"Add out of the end": func() error { _, err := c.Add(day(t, "2027-12-30"), 1); return err },
		"Add 0 past the end": func() error { _, err := c.Add(late, 0); return err },
		"Add out at the top": func() error { _, err := c.Add(day(t, "2025-01-02"), -1); return err },
		"Add 0 at the top":   func() error { _, err := c.Add(day(t, "2025-01-01"), 0); return err },
		"BaseDay":            func() error { _, err := c.BaseDay(late.At(8, 0)); return err },
		"BarKnownAt":         func() error { _, err := c.BarKnownAt(late); return err },
		"LastKnownDay":       func() error { _, err := c.LastKnownDay(late.At(8, 0)); return err },
		"the zero calendar":  func() error { _, err := new(market.Calendar).IsOpen(day(t, "2026-11-23")); return err },
	}
	for name, call := range calls {
		if err := call(); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v, want an Unavailable fault", name, err)
		}
	}
}
