package market

import (
	"time"

	"tickerwire/internal/fault"
)

// Day is a calendar day in KST, counted from 1970-01-01. Days compare with < and ==; the zero Day is 1970-01-01 and
// stands for "no day".
type Day int

// DayOf returns the KST day that t falls on.
func DayOf(t time.Time) Day {
	y, m, d := t.In(KST).Date()
	return NewDay(y, m, d)
}

// NewDay returns the day of a civil date.
func NewDay(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDay reads "2006-01-02" or "20060102".
func ParseDay(s string) (Day, error) {
	layout := "2006-01-02"
	if len(s) == 8 {
		layout = "20060102"
	}
	t, err := time.Parse(layout, s)
	if err != nil {
		return 0, fault.InvalidField("day", "%q is not a date", s)
	}
	return Day(t.Unix() / 86400), nil
}

// At returns the instant of the KST wall time hour:minute on the day.
func (d Day) At(hour, minute int) time.Time {
	y, m, dd := d.civil().Date()
	return time.Date(y, m, dd, hour, minute, 0, 0, KST)
}

// Year returns the civil year.
func (d Day) Year() int { return d.civil().Year() }

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday { return d.civil().Weekday() }

// String returns "2006-01-02".
func (d Day) String() string { return d.civil().Format("2006-01-02") }

// Compact returns "20060102", the form of the exchanges' and brokers' interfaces.
func (d Day) Compact() string { return d.civil().Format("20060102") }

func (d Day) civil() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }
