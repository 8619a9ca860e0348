package market_test

import (
	"testing"
	"time"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

func TestParseDay(t *testing.T) {
	t.Parallel()
	want := market.NewDay(2026, time.November, 23)
	for _, s := range []string{"2026-11-23", "20261123"} {
		if got, err := market.ParseDay(s); err != nil || got != want {
			t.Errorf("%q is %s (%v), want %s", s, got, err, want)
		}
	}
	for _, s := range []string{"", "2026-11-31", "2026-13-01", "20260230", "2026/11/23", "26-11-23", "2026-1-2", " 2026-11-23", "2026112a", "2026-11-23T00:00:00Z"} {
		if got, err := market.ParseDay(s); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q is %s (%v), want an Invalid fault", s, got, err)
		}
	}
}

func TestDayOfUsesKoreanMidnight(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"2026-11-22T14:59:59Z": "2026-11-22", "2026-11-22T15:00:00Z": "2026-11-23", "2026-11-23T00:00:00+09:00": "2026-11-23",
		"2025-12-31T15:00:00Z": "2026-01-01", "1969-12-31T15:00:00Z": "1970-01-01", "1960-02-29T03:00:00Z": "1960-02-29",
	} {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		if got := market.DayOf(at).String(); got != want {
			t.Errorf("%s falls on %s, want %s", s, got, want)
		}
	}
}

func TestDayParts(t *testing.T) {
	t.Parallel()
	d := market.NewDay(2024, time.February, 29)
	if d.String() != "2024-02-29" || d.Compact() != "20240229" || d.Year() != 2024 || d.Weekday() != time.Thursday {
		t.Errorf("%s, %s, %d, %s", d, d.Compact(), d.Year(), d.Weekday())
	}
	if next := d + 1; next.String() != "2024-03-01" {
		t.Errorf("the day after %s is %s", d, next)
	}
	if at := d.At(9, 30); !at.Equal(time.Date(2024, time.February, 29, 0, 30, 0, 0, time.UTC)) {
		t.Errorf("half past nine is %s", at)
	}
	if got := market.DayOf(d.At(23, 59)); got != d {
		t.Errorf("its last minute falls on %s", got)
	}
}
