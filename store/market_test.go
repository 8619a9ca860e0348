package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/notice"
	"tickerwire/store"
	"tickerwire/store/storetest"
)

func TestOpenDays(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	save := func(want int, days ...market.OpenDay) {
		t.Helper()
		if n, err := db.SaveOpenDays(t.Context(), days, "kis", noon); err != nil || n != want {
			t.Errorf("%d changed, %v; want %d", n, err, want)
		}
	}
	save(0)
	save(2, market.OpenDay{Day: barDay + 1, Open: true}, market.OpenDay{Day: barDay}, market.OpenDay{Day: barDay, Open: true})
	save(0, market.OpenDay{Day: barDay, Open: true})
	save(1, market.OpenDay{Day: barDay, Open: false}, market.OpenDay{Day: barDay + 1, Open: true})
	days, err := db.OpenDays(t.Context())
	if diff := cmp.Diff([]market.OpenDay{{Day: barDay}, {Day: barDay + 1, Open: true}}, days); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func minute(code market.Code, venue market.Venue, after int, price int64) market.Minute {
	at := noon.Add(time.Duration(after) * time.Minute)
	return market.Minute{Code: code, Venue: venue, At: at, Open: price, High: price + 1, Low: price - 1, Close: price, Volume: 5, Source: "kis", KnownAt: at.Add(time.Minute)}
}

func TestMinutes(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	day := market.DayOf(noon)
	first, second, third := minute(nuri, market.KRX, 0, 1000), minute(nuri, market.KRX, 1, 1010), minute(nuri, market.KRX, 2, 1020)
	other := minute(nuri, market.NXT, 1, 999)
	save := func(want int, to int, venue market.Venue, minutes ...market.Minute) {
		t.Helper()
		n, err := db.SaveMinutes(t.Context(), minutes, store.MinuteDay{Code: nuri, Venue: venue, Day: day, To: noon.Add(time.Duration(to) * time.Minute)})
		if err != nil || n != want {
			t.Fatalf("saved %d, %v; want %d", n, err, want)
		}
	}
	save(2, 2, market.KRX, first, second)
	changed := second
	changed.Close = 1
	save(1, 3, market.KRX, changed, third)
	save(0, 1, market.KRX)
	save(1, 2, market.NXT, other)
	for _, c := range []struct {
		name  string
		f     store.MinuteFilter
		after int
		want  []market.Minute
	}{
		{"the second is not over yet", store.MinuteFilter{Code: nuri}, 1, []market.Minute{first}},
		{"both venues", store.MinuteFilter{Code: nuri}, 9, []market.Minute{first, second, other, third}},
		{"one venue", store.MinuteFilter{Code: nuri, Venue: market.NXT}, 9, []market.Minute{other}},
		{"from and to", store.MinuteFilter{Code: nuri, From: second.At, To: third.At}, 9, []market.Minute{second, other}},
		{"another stock", store.MinuteFilter{Code: garam}, 9, []market.Minute{}},
	} {
		c.f.KnownBy = noon.Add(time.Duration(c.after) * time.Minute)
		if c.f.To.IsZero() {
			c.f.From, c.f.To = noon, noon.Add(time.Hour)
		}
		got, err := db.Minutes(t.Context(), c.f)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", c.name, err, diff)
		}
	}
	if _, err := db.Minutes(t.Context(), store.MinuteFilter{Code: nuri}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without an instant: %v", err)
	}
	days, err := db.MinuteDays(t.Context(), []market.Code{nuri, garam}, day)
	want := []store.MinuteDay{{Code: nuri, Venue: market.KRX, Day: day, To: noon.Add(3 * time.Minute)}, {Code: nuri, Venue: market.NXT, Day: day, To: noon.Add(2 * time.Minute)}}
	if diff := cmp.Diff(want, days); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if days, err := db.MinuteDays(t.Context(), []market.Code{nuri}, day+1); err != nil || len(days) != 0 {
		t.Errorf("from the day after: %v, %v", days, err)
	}
}

// TestWatched: what active recipients list is watched; what is of priority 1 is searched for, too, and whoever has no list
// has all searched for.
func TestWatched(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	const first, idle, unlisted market.Code = "900100", "900200", "900300"
	if err := db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Priority: 2, Active: true}, {Code: garam, Name: "가람", Priority: 2, Active: true},
		{Code: first, Name: "새솔", Priority: 1, Active: true}, {Code: idle, Name: "쉬는", Priority: 1}, {Code: unlisted, Name: "한결", Priority: 5, Active: true}}); err != nil {
		t.Fatal(err)
	}
	check := func(what string, watched, searched []market.Code) {
		t.Helper()
		got, err := db.Watched(t.Context())
		if diff := cmp.Diff(watched, got); err != nil || diff != "" {
			t.Errorf("%s, watched: %v %s", what, err, diff)
		}
		stocks, err := db.Searched(t.Context())
		var asked []market.Code
		for _, s := range stocks {
			asked = append(asked, s.Code)
		}
		if diff := cmp.Diff(searched, asked); err != nil || diff != "" {
			t.Errorf("%s, searched for: %v %s", what, err, diff)
		}
	}
	check("nobody is there", nil, []market.Code{first})
	for i, r := range []notice.Recipient{{Active: true, Codes: []market.Code{nuri, idle, "999999"}}, {Active: true, Codes: []market.Code{nuri}}, {Codes: []market.Code{garam}}, {Active: true}, {WatchAll: true}} {
		r.ChatID, r.Language, r.Rule = int64(i+1), "ko", notice.DefaultRule()
		if _, err := db.SaveRecipient(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	check("lists", []market.Code{nuri}, []market.Code{nuri, first})
	if _, err := db.SaveRecipient(t.Context(), notice.Recipient{ChatID: 9, Language: "ko", Active: true, WatchAll: true, Rule: notice.DefaultRule()}); err != nil {
		t.Fatal(err)
	}
	check("somebody for whom it is every stock", []market.Code{nuri}, []market.Code{nuri, garam, first, unlisted})
}

func TestFirstTrades(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	kept := save(t, db, article(0), article(90))
	one := join(t, db, embedded(kept[0], 0, nuri, garam))[0].StoryID
	two := join(t, db, embedded(kept[1], 90, nuri))[0].StoryID
	untraded := func(want ...int64) {
		t.Helper()
		list, err := db.Untraded(t.Context(), nuri, noon, 10)
		var got []int64
		for _, u := range list {
			got = append(got, u.StoryID)
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
	untraded(one, two)
	trade := store.FirstTrade{StoryID: one, Code: nuri, Trade: market.Trade{At: noon.Add(time.Minute), Price: 1000, KnownAt: noon.Add(2 * time.Minute),
		Window: market.Window{Venue: market.KRX, Name: "regular"}}}
	again := trade
	again.Price = 1
	for _, trades := range [][]store.FirstTrade{nil, {trade}, {again}} {
		if err := db.SaveFirstTrades(t.Context(), trades); err != nil {
			t.Fatal(err)
		}
	}
	untraded(two)
	for minutes, want := range map[int][]store.FirstTrade{1: {}, 2: {trade}} {
		got, err := db.FirstTrades(t.Context(), []int64{two, one}, noon.Add(time.Duration(minutes)*time.Minute))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("after %d minutes: %v %s", minutes, err, diff)
		}
	}
	if _, err := db.FirstTrades(t.Context(), []int64{one}, time.Time{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without an instant: %v", err)
	}
}

func TestFlowVersions(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	flow := func(day market.Day, persons int64) market.Flow {
		return market.Flow{Code: nuri, Day: day, Persons: market.NetBuying{Shares: persons, Won: persons * 1_000_000}, Foreigners: market.NetBuying{Shares: -persons},
			Institutions: market.NetBuying{Won: 3}, Source: "kis", KnownAt: noon.Add(time.Duration(day-barDay) * time.Hour)}
	}
	saveFlows := func(want int, hours int, flows ...market.Flow) {
		t.Helper()
		if n, err := db.SaveFlows(t.Context(), flows, noon.Add(time.Duration(hours)*time.Hour)); err != nil || n != want {
			t.Fatalf("saved %d, %v; want %d", n, err, want)
		}
	}
	saveFlows(0, 0)
	saveFlows(2, 2, flow(barDay, 10), flow(barDay+1, 20))
	saveFlows(1, 8, flow(barDay, 11), flow(barDay+1, 20)) // a correction counts from when it was read
	saveFlows(0, 9, flow(barDay, 11))
	corrected := flow(barDay, 11)
	corrected.KnownAt = noon.Add(8 * time.Hour)
	for hours, want := range map[int][]market.Flow{-1: {}, 0: {flow(barDay, 10)}, 7: {flow(barDay, 10), flow(barDay+1, 20)}, 8: {corrected, flow(barDay+1, 20)}} {
		got, err := db.Flows(t.Context(), store.BarFilter{Codes: []market.Code{nuri}, From: barDay, To: barDay + 1, KnownBy: noon.Add(time.Duration(hours) * time.Hour)})
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("after %d hours: %v %s", hours, err, diff)
		}
	}
	if _, err := db.Flows(t.Context(), store.BarFilter{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without an instant: %v", err)
	}
	if _, err := db.SaveFlows(t.Context(), []market.Flow{{Code: nuri, Day: barDay}}, noon); fault.KindOf(err) != fault.Invalid {
		t.Errorf("known at no time: %v", err)
	}
}

func TestIndexVersions(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	level := func(source string, points float64, hours int) market.IndexDay {
		return market.IndexDay{Name: market.KOSPI, Day: barDay, Open: 2900.1, High: 2910, Low: 2890.99, Close: points, Source: source, KnownAt: noon.Add(time.Duration(hours) * time.Hour)}
	}
	save := func(want, hours int, days ...market.IndexDay) {
		t.Helper()
		if n, err := db.SaveIndexDays(t.Context(), days, noon.Add(time.Duration(hours)*time.Hour)); err != nil || n != want {
			t.Fatalf("saved %d, %v; want %d", n, err, want)
		}
	}
	save(0, 0)
	save(1, 0, level("kis", 2901.11, 0))
	save(0, 1, level("kis", 2901.11, 0))
	save(1, 5, level("krx", 2901.12, 3))
	save(1, 7, level("krx", 2901.13, 3))
	for hours, want := range map[int][]market.IndexDay{-1: {}, 0: {level("kis", 2901.11, 0)}, 3: {level("krx", 2901.12, 3)}, 7: {level("krx", 2901.13, 7)}} {
		got, err := db.IndexDays(t.Context(), market.KOSPI, barDay, barDay, noon.Add(time.Duration(hours)*time.Hour))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("after %d hours: %v %s", hours, err, diff)
		}
	}
	if got, err := db.IndexDays(t.Context(), market.KOSDAQ, barDay, barDay, noon); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := db.IndexDays(t.Context(), market.KOSPI, barDay, barDay, time.Time{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without an instant: %v", err)
	}
	if _, err := db.SaveIndexDays(t.Context(), []market.IndexDay{{Name: market.KOSPI, Day: barDay, KnownAt: noon}}, noon); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a close: %v", err)
	}
}

func TestListingsRenameTheirStocks(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if err := db.SaveStocks(t.Context(), []market.Stock{{Code: nuri, Name: "누리테크", Aliases: []string{"누리"}, Priority: 1, Active: true},
		{Code: garam, Name: "우리 가람", Priority: 1, Active: true}}); err != nil {
		t.Fatal(err)
	}
	list := func(names ...string) {
		t.Helper()
		var listings []market.Listing
		for i, code := range []market.Code{nuri, garam} {
			listings = append(listings, market.Listing{Code: code, Name: names[i], Market: "KOSPI"})
		}
		if err := db.SaveListings(t.Context(), append(listings, market.Listing{Code: "100900", Name: names[2]})); err != nil {
			t.Fatal(err)
		}
	}
	want := func(nuriName string, nuriAliases []string, garamAliases ...string) {
		t.Helper()
		stocks, err := db.Stocks(t.Context(), false)
		if err != nil || len(stocks) != 2 {
			t.Fatal(stocks, err)
		}
		got := map[market.Code]market.Stock{stocks[0].Code: stocks[0], stocks[1].Code: stocks[1]}
		if s := got[nuri]; s.Name != nuriName || !cmp.Equal(s.Aliases, nuriAliases) {
			t.Errorf("%+v, want %s with %v", s, nuriName, nuriAliases)
		}
		if s := got[garam]; s.Name != "우리 가람" || !cmp.Equal(s.Aliases, garamAliases) {
			t.Errorf("%+v, want the operator's name with %v", s, garamAliases)
		}
	}
	list("누리테크", "가람", "별")
	want("누리테크", []string{"누리"})
	list("누리온", "가람홀딩스", "별")
	want("누리온", []string{"누리", "누리테크"}, "가람홀딩스")
	list("누리온", "가람홀딩스", "별")
	list("누리테크", "가람", "별") // and back: nothing is lost and nothing twice
	list("누리온", "가람홀딩스", "별")
	want("누리온", []string{"누리", "누리테크", "누리온"}, "가람홀딩스", "가람")
}
