package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

var barDay = market.NewDay(2026, 3, 3)

// bar makes a bar of a source that became known so many hours after noon.
func bar(code market.Code, day market.Day, source string, price int64, hours int) market.Bar {
	return market.Bar{Code: code, Day: day, Open: price, High: price + 10, Low: price - 10, Close: price, Volume: 1000, AdjFactor: 1, Source: source,
		KnownAt: noon.Add(time.Duration(hours) * time.Hour)}
}

func saveBars(t *testing.T, db *store.DB, want int, bars ...market.Bar) {
	t.Helper()
	if n, err := db.SaveBars(t.Context(), bars); err != nil || n != want {
		t.Fatalf("saved %d bars, %v; want %d", n, err, want)
	}
}

func TestBarVersions(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if err := db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true}, {Code: garam, Name: "가람", Priority: 1}}); err != nil {
		t.Fatal(err)
	}
	kis, krx := bar(nuri, barDay, "kis", 1000, 0), bar(nuri, barDay, "krx", 1001, 10)
	fixed := bar(nuri, barDay, "kis", 1002, 5)
	next, other := bar(nuri, barDay+1, "kis", 1100, 0), bar(garam, barDay, "kis", 500, 0)
	saveBars(t, db, 4, next, other, kis, fixed)
	repeated := fixed
	repeated.KnownAt = noon.Add(7 * time.Hour)
	saveBars(t, db, 1, repeated, krx)
	saveBars(t, db, 0, repeated, krx)
	tests := []struct {
		name  string
		f     store.BarFilter
		want  []market.Bar
		hours int
	}{
		{"nothing is known yet", store.BarFilter{}, []market.Bar{}, -1},
		{"the first version, also of a stock that is not active", store.BarFilter{}, []market.Bar{kis, next, other}, 0},
		{"a correction", store.BarFilter{}, []market.Bar{fixed, next, other}, 5},
		{"the second source", store.BarFilter{}, []market.Bar{krx, next, other}, 10},
		{"by code", store.BarFilter{Codes: []market.Code{garam}}, []market.Bar{other}, 10},
		{"by day", store.BarFilter{From: barDay + 1}, []market.Bar{next}, 10},
		{"to a day", store.BarFilter{To: barDay, Codes: []market.Code{garam, nuri}}, []market.Bar{krx, other}, 10},
	}
	for _, tt := range tests {
		tt.f.KnownBy = noon.Add(time.Duration(tt.hours) * time.Hour)
		got, err := db.Bars(t.Context(), tt.f)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", tt.name, err, diff)
		}
	}
	if _, err := db.Bars(t.Context(), store.BarFilter{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without an instant: %v, want Invalid", err)
	}
	days, err := db.BarDays(t.Context(), barDay, "kis", "nobody")
	if diff := cmp.Diff(map[market.Day]bool{barDay: true, barDay + 1: true}, days); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	last, err := db.LastBarDays(t.Context(), "kis")
	if err != nil || len(last) != 2 || last[nuri] == last[garam] || max(last[nuri], last[garam]) != barDay+1 {
		t.Errorf("newest days %v, %v: want two stocks, one of them a day later", last, err)
	}
}

func TestBarRevision(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	revision := func(hours int) int64 {
		t.Helper()
		n, err := db.BarRevision(t.Context(), noon.Add(time.Duration(hours)*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	empty := revision(0)
	saveBars(t, db, 2, bar(nuri, barDay, "krx", 1000, 10), bar(nuri, barDay, "kis", 1000, 1)) // the one known later has the lower id
	if revision(0) != empty || revision(1) == empty || revision(1) != revision(9) {
		t.Error("the revision must change when a bar becomes known, not when it is saved, and not in between")
	}
	before := revision(9)
	if revision(10) == before {
		t.Error("a bar with a lower id that becomes known later must change the revision")
	}
	saveBars(t, db, 1, bar(garam, barDay, "import", 1000, 1))
	if revision(9) == before || revision(0) != empty {
		t.Error("a bar saved late must change the revision of every instant at which it counts as known, and of no other")
	}
	saveBars(t, db, 0, bar(garam, barDay, "import", 1000, 1))
}

func TestMissingBars(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if err := db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 1, Active: true},
		{Code: garam, Name: "가람", Priority: 1, Active: true}, {Code: "100300", Name: "쉬는", Priority: 1}}); err != nil {
		t.Fatal(err)
	}
	saveBars(t, db, 3, bar(nuri, barDay, "kis", 1000, 0), bar(nuri, barDay+1, "kis", 1000, 2), bar(nuri, barDay+1, "krx", 1000, 9))
	for name, c := range map[string]struct {
		gap         store.BarGap
		missing, of int
	}{
		"of all":                            {store.BarGap{Day: barDay + 1}, 1, 2},
		"of all, none":                      {store.BarGap{Day: barDay + 2}, 2, 2},
		"of those that traded before":       {store.BarGap{Day: barDay + 1, Since: barDay}, 0, 1},
		"of those that traded, none":        {store.BarGap{Day: barDay + 2, Since: barDay}, 1, 1},
		"of those that traded, on the day":  {store.BarGap{Day: barDay, Since: barDay - 1}, 0, 0},
		"of those that traded, not yet now": {store.BarGap{Day: barDay + 1, Since: barDay, KnownBy: noon.Add(time.Hour)}, 1, 1},
	} {
		if c.gap.KnownBy.IsZero() {
			c.gap.KnownBy = noon.Add(10 * time.Hour)
		}
		missing, of, err := db.MissingBars(t.Context(), c.gap)
		if err != nil || missing != c.missing || of != c.of {
			t.Errorf("%s: %d of %d, %v; want %d of %d", name, missing, of, err, c.missing, c.of)
		}
	}
	for known, want := range map[int]time.Time{1: noon, 10: noon.Add(2 * time.Hour)} {
		got, err := db.BarsComplete(t.Context(), barDay, barDay+1, noon.Add(time.Duration(known)*time.Hour))
		if err != nil || !got.Equal(want) {
			t.Errorf("complete at %s, %v; want %s: a second version does not count", got, err, want)
		}
	}
	if got, err := db.BarsComplete(t.Context(), barDay+2, barDay+9, noon.Add(10*time.Hour)); err != nil || !got.IsZero() {
		t.Errorf("days without bars were complete at %s, %v", got, err)
	}
	counts, err := db.BarCounts(t.Context(), barDay)
	if diff := cmp.Diff(map[market.Day]int{barDay: 1, barDay + 1: 1}, counts); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestCorrections(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	joined := join(t, db, embedded(save(t, db, article(0))[0], 0, nuri))
	story := joined[0].StoryID
	first, third := outcome(story, nuri, 1, 1, 1), outcome(story, nuri, 3, 1, 1)
	second := first
	second.Version = 2
	saveOutcomes(t, db, first, second, third)
	other := bar(nuri, barDay+3, "krx", 1000, 3)
	other.Volume++
	earlier, split := bar(nuri, barDay+1, "late", 900, -1), bar(nuri, barDay+3, "krx", 1000, 4)
	split.AdjFactor = .5
	check := func(what string, hours, bars int, want ...forecast.Outcome) {
		t.Helper()
		ids, got, err := db.Corrections(t.Context(), noon.Add(time.Duration(hours)*time.Hour))
		if diff := cmp.Diff(want, got); err != nil || diff != "" || len(ids) != bars {
			t.Errorf("%s: %d bars, want %d; %v %s", what, len(ids), bars, err, diff)
		}
	}
	saveBars(t, db, 4, bar(nuri, barDay+1, "kis", 1000, 0), bar(nuri, barDay+2, "kis", 1000, 0), bar(nuri, barDay+3, "kis", 1000, 0), bar(garam, barDay+1, "kis", 500, 0))
	check("first bars", 9, 0)
	saveBars(t, db, 4, bar(nuri, barDay+1, "krx", 1000, 3), bar(nuri, barDay+2, "krx", 1000, 3), other, earlier)
	check("the same closes, and one that is older news", 9, 0)
	saveBars(t, db, 2, bar(garam, barDay+1, "krx", 501, 5), bar(nuri, barDay+2, "import", 999, 5))
	check("another stock's close of the target day, and a day between", 9, 2, second)
	check("before it is known", 4, 0)
	saveBars(t, db, 1, split)
	check("a factor", 9, 3, second, third)
	ids, _, err := db.Corrections(t.Context(), noon.Add(9*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.DropCorrections(t.Context(), ids[:2]); err != nil {
		t.Fatal(err)
	}
	check("what is left", 9, 1, third)
	saveBars(t, db, 2, bar(garam, barDay, "kis", 500, 5), bar(garam, barDay, "krx", 501, 5))
	check("both versions at once, of the base day", 9, 2, second, third)
}

func TestSaveBarsRefuses(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	bad := bar(nuri, barDay, "kis", 1000, 0)
	bad.AdjFactor = 0
	if n, err := db.SaveBars(t.Context(), []market.Bar{bar(nuri, barDay+1, "kis", 1000, 0), bad}); fault.KindOf(err) != fault.Invalid || n != 0 {
		t.Errorf("got %d, %v; want Invalid", n, err)
	}
	if n := count(t, db, `select count(*) from bars`); n != 0 {
		t.Errorf("%d bars were saved, want none", n)
	}
}
