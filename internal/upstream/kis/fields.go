package kis

import (
	"math"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/upstream"
)

// fields reads an answer's values, all of which are strings, and keeps the first that has another form than ours:
// Unavailable, for better no row than a wrong one.
type fields struct{ err error }

func (f *fields) refuse(format string, args ...any) {
	if f.err == nil {
		f.err = fault.New(fault.Unavailable, format, args...)
	}
}

// number reads a whole number; "" and "-" are 0.
func (f *fields) number(text string) int64 {
	n, err := upstream.ParseInt(text)
	if err != nil {
		f.refuse("%w", err)
	}
	return n
}

// count reads a whole number that cannot be negative: a price, a volume.
func (f *fields) count(text string) int64 {
	n := f.number(text)
	if n < 0 {
		f.refuse("%q is negative", text)
		return 0
	}
	return n
}

// million reads an amount in million won and returns won.
func (f *fields) million(text string) int64 {
	n := f.number(text)
	if n > math.MaxInt64/1_000_000 || n < math.MinInt64/1_000_000 {
		f.refuse("%q million is beyond all money", text)
		return 0
	}
	return n * 1_000_000
}

// points reads an index level; "" is 0.
func (f *fields) points(text string) float64 {
	x, err := upstream.ParseLevel(text)
	if err != nil {
		f.refuse("%w", err)
	}
	return x
}

func (f *fields) day(text string) market.Day {
	day, err := market.ParseDay(text)
	if err != nil {
		f.refuse("row dated %q: %w", text, err)
	}
	return day
}

// minute reads a day and an HHMMSS and returns the minute that they lie in.
func (f *fields) minute(day, hour string) time.Time {
	d := f.day(day)
	at, err := time.Parse("150405", hour)
	if err != nil {
		f.refuse("row of %s at %q: no time of day", day, hour)
	}
	return d.At(at.Hour(), at.Minute())
}
