package market

import (
	"sync/atomic"
	"time"

	"tickerwire/internal/fault"
)

// Phase is where an instant lies within its trading day.
type Phase string

// The phases. A closed day is a weekend or a day on which the exchange does not open.
const (
	BeforeOpen Phase = "before_open"
	InSession  Phase = "in_session"
	AfterClose Phase = "after_close"
	ClosedDay  Phase = "closed_day"
)

// barDelay is how long after the close the day's official row is known (15:30 + 35 min = 16:05).
const barDelay = 35 * time.Minute

// Calendar knows the sessions of the years it covers. Its zero value covers nothing; use NewCalendar.
// Every method fails loudly (Unavailable) on a day outside of the covered years. It is safe for concurrent use, also
// while days are laid over it.
type Calendar struct {
	first, last Day
	closed      map[Day]string
	late        map[Day]Session
	learned     atomic.Pointer[map[Day]bool] // open or not, over the table
}

// Session is one regular session of the exchange.
type Session struct {
	Open, Close time.Time
}

// NewCalendar returns the calendar of the dated table in closed.go.
func NewCalendar() *Calendar {
	c := &Calendar{first: NewDay(coveredFrom, time.January, 1), last: NewDay(coveredTo, time.December, 31),
		closed: make(map[Day]string, len(closedDays)), late: make(map[Day]Session, len(examDays))}
	for _, row := range closedDays {
		c.closed[mustDay(row.day)] = row.why
	}
	for _, row := range examDays {
		d := mustDay(row)
		c.late[d] = Session{Open: d.At(10, 0), Close: d.At(16, 30)}
	}
	return c
}

// Lay lays learned days over the table, in place of those that were laid before. Weekends and days outside of the
// covered years are passed over: no source can open a Saturday, and a year known in part would be taken for a whole one.
// It returns how many days differ from the table.
func (c *Calendar) Lay(days []OpenDay) (differing int) {
	over := make(map[Day]bool, len(days))
	for _, d := range days {
		if d.Day < c.first || d.Day > c.last || weekend(d.Day) {
			continue
		}
		if _, closed := c.closed[d.Day]; closed == d.Open {
			over[d.Day] = d.Open
		}
	}
	c.learned.Store(&over)
	return len(over)
}

// Covers returns the first and the last day that the calendar knows.
func (c *Calendar) Covers() (first, last Day) { return c.first, c.last }

// IsOpen reports whether the exchange trades on d.
func (c *Calendar) IsOpen(d Day) (bool, error) {
	if d < c.first || d > c.last {
		return false, fault.New(fault.Unavailable, "trading calendar covers %s to %s, not %s: refresh it", c.first, c.last, d)
	}
	if weekend(d) {
		return false, nil
	}
	if over := c.learned.Load(); over != nil {
		if open, learned := (*over)[d]; learned {
			return open, nil
		}
	}
	_, closed := c.closed[d]
	return !closed, nil
}

// SessionOf returns the regular session of d; ok is false on a closed day.
func (c *Calendar) SessionOf(d Day) (s Session, ok bool, err error) {
	open, err := c.IsOpen(d)
	if err != nil || !open {
		return Session{}, false, err
	}
	if s, late := c.late[d]; late {
		return s, true, nil
	}
	s = Session{Open: d.At(9, 0), Close: d.At(15, 30)}
	first, err := c.opensYear(d)
	if first {
		s.Open = d.At(10, 0)
	}
	return s, true, err
}

// opensYear reports whether d, a trading day, is its year's first: that one opens an hour late.
func (c *Calendar) opensYear(d Day) (bool, error) {
	for before := NewDay(d.Year(), time.January, 1); before < d; before++ {
		if open, err := c.IsOpen(before); err != nil || open {
			return false, err
		}
	}
	return true, nil
}

func weekend(d Day) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

// PhaseAt returns where t lies within its KST day.
func (c *Calendar) PhaseAt(t time.Time) (Phase, error) {
	s, ok, err := c.SessionOf(DayOf(t))
	switch {
	case err != nil:
		return "", err
	case !ok:
		return ClosedDay, nil
	case t.Before(s.Open):
		return BeforeOpen, nil
	case t.Before(s.Close):
		return InSession, nil
	}
	return AfterClose, nil
}

// Add returns the trading day n sessions after d (before it when n is negative). For n = 0 it returns d itself when
// the exchange opens on it, else the last trading day before it.
func (c *Calendar) Add(d Day, n int) (Day, error) {
	step := Day(1)
	if n <= 0 {
		step = -1
	}
	if n == 0 {
		for {
			open, err := c.IsOpen(d)
			if err != nil || open {
				return d, err
			}
			d += step
		}
	}
	for left := n * int(step); left > 0; {
		d += step
		open, err := c.IsOpen(d)
		if err != nil {
			return 0, err
		}
		if open {
			left--
		}
	}
	return d, nil
}

// NextSession returns the trading day whose session opens next after t: t's own day before its open.
func (c *Calendar) NextSession(t time.Time) (Day, error) {
	phase, err := c.PhaseAt(t)
	if err != nil {
		return 0, err
	}
	if phase == BeforeOpen {
		return DayOf(t), nil
	}
	return c.Add(DayOf(t), 1)
}

// BaseDay returns the day whose close is the base of a return measured from t: t's own day when t falls into its
// session or after its close, else the last trading day before. (forecast.md 4.2: the whole return lies after t.)
func (c *Calendar) BaseDay(t time.Time) (Day, error) {
	d := DayOf(t)
	phase, err := c.PhaseAt(t)
	if err != nil {
		return 0, err
	}
	if phase == BeforeOpen {
		return c.Add(d, -1)
	}
	return c.Add(d, 0)
}

// BarKnownAt returns when the official daily row of trading day d is known: 35 minutes after the close, 16:05 KST on
// an ordinary day.
func (c *Calendar) BarKnownAt(d Day) (time.Time, error) {
	s, ok, err := c.SessionOf(d)
	if err != nil {
		return time.Time{}, err
	}
	if !ok {
		return time.Time{}, fault.New(fault.Invalid, "%s is no trading day", d)
	}
	return s.Close.Add(barDelay), nil
}

// KRXKnownAt returns when KRX's own data service publishes the row of trading day d: 08:00 KST on the next trading day.
func (c *Calendar) KRXKnownAt(d Day) (time.Time, error) {
	next, err := c.Add(d, 1)
	if err != nil {
		return time.Time{}, err
	}
	return next.At(8, 0), nil
}

// LastKnownDay returns the last trading day whose official row is known at t.
func (c *Calendar) LastKnownDay(t time.Time) (Day, error) {
	d, err := c.Add(DayOf(t), 0)
	if err != nil {
		return 0, err
	}
	known, err := c.BarKnownAt(d)
	if err != nil {
		return 0, err
	}
	if t.Before(known) {
		return c.Add(d, -1)
	}
	return d, nil
}

func mustDay(s string) Day {
	d, err := ParseDay(s)
	if err != nil {
		panic("market: the calendar's own table: " + err.Error())
	}
	return d
}
