package simulator_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
	"tickerwire/internal/simulator"
)

func newMarket(t *testing.T, o simulator.MarketOptions) *simulator.Market {
	t.Helper()
	m, err := simulator.NewMarket(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func itemsAt(t *testing.T, m *simulator.Market, at time.Time) []simulator.Item {
	t.Helper()
	items, err := m.Items(at)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func TestMarketOpensWithSomethingToSee(t *testing.T) {
	t.Parallel()
	for seed := range int64(8) {
		m := newMarket(t, simulator.MarketOptions{Seed: seed})
		if got := itemsAt(t, m, m.Start().Add(-time.Second)); len(got) > 0 {
			t.Errorf("seed %d: %d items before the start", seed, len(got))
		}
		urgent := 0
		for _, item := range itemsAt(t, m, m.Start()) {
			if f := item.Filing; f != nil && f.Company.Code != "" && (strings.Contains(f.Report, "매매거래정지") || strings.Contains(f.Report, "유상증자결정")) {
				urgent++
			}
		}
		if urgent == 0 {
			t.Errorf("seed %d: no urgent filing at once", seed)
		}
		kinds := map[string]bool{}
		for _, item := range itemsAt(t, m, m.Start().Add(2*time.Second)) {
			for _, word := range []string{"공급계약", "깜짝 실적", "리콜", "유상증자"} {
				if item.Filing == nil && strings.Contains(item.Title+item.Summary, word) {
					kinds[word] = true
				}
			}
		}
		if len(kinds) < 3 {
			t.Errorf("seed %d: after two seconds only %v", seed, kinds)
		}
	}
}

func TestMarketNewsFlowsAndNeverGoesBack(t *testing.T) {
	t.Parallel()
	m := newMarket(t, simulator.MarketOptions{Seed: 1})
	start := m.Start()
	for _, c := range []struct {
		from, to    time.Duration
		least, most time.Duration // mean gap
	}{{0, 5 * time.Minute, 2 * time.Second, 4 * time.Second}, {time.Hour, 5 * time.Hour, 10 * time.Second, 60 * time.Second}, {24 * time.Hour, 28 * time.Hour, 10 * time.Second, 60 * time.Second}} {
		n := len(itemsAt(t, m, start.Add(c.to))) - len(itemsAt(t, m, start.Add(c.from)))
		if gap := (c.to - c.from) / time.Duration(n); gap < c.least || gap > c.most {
			t.Errorf("from %v to %v: an item every %v", c.from, c.to, gap)
		}
	}
	all := itemsAt(t, m, start.Add(72*time.Hour))
	ids := map[string]bool{}
	for i, item := range all {
		if ids[item.ID] || item.SeenAt.Before(item.PublishedAt) || i > 0 && item.SeenAt.Before(all[i-1].SeenAt) {
			t.Fatalf("item %d: %+v", i, item)
		}
		ids[item.ID] = true
	}
	early := itemsAt(t, m, start.Add(time.Hour))
	if diff := cmp.Diff(all[:len(early)], early); diff != "" {
		t.Error("what was visible has changed")
	}
}

// TestMarketIsTheSameHoweverItIsAsked compares a market that was asked hour by hour with one asked once at the end.
func TestMarketIsTheSameHoweverItIsAsked(t *testing.T) {
	t.Parallel()
	slow, fast := newMarket(t, simulator.MarketOptions{Seed: 9}), newMarket(t, simulator.MarketOptions{Seed: 9})
	end := slow.Start().Add(6 * 24 * time.Hour)
	for at := slow.Start(); at.Before(end); at = at.Add(time.Hour) {
		itemsAt(t, slow, at)
	}
	if !reflect.DeepEqual(itemsAt(t, slow, end), itemsAt(t, fast, end)) {
		t.Error("items differ")
	}
	for _, c := range slow.Companies() {
		a, errA := slow.Bars(c.Code, end)
		b, errB := fast.Bars(c.Code, end)
		if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("bars of %s differ (%v, %v)", c.Code, errA, errB)
		}
	}
}

func TestMarketBarsAppearAfterTheirClose(t *testing.T) {
	t.Parallel()
	m := newMarket(t, simulator.MarketOptions{Seed: 1})
	code := m.Companies()[0].Code
	today := market.DayOf(m.Start())
	for _, c := range []struct {
		at   time.Time
		last market.Day
	}{{m.Start(), today - 3}, {today.At(15, 30).Add(-1), today - 3}, {today.At(15, 30), today}, {(today + 1).At(9, 0), today}, {(today + 6).At(12, 0), today + 4}} {
		bars, err := m.Bars(code, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := bars[len(bars)-1].Day; got != c.last {
			t.Errorf("at %v the last bar is of %v, want %v", c.at, got, c.last)
		}
	}
	halted := m.Companies()[len(m.Companies())-1]
	if bars, err := m.Bars(halted.Code, (today+6).At(12, 0)); err != nil || len(bars) != 0 || !halted.Halted {
		t.Errorf("halted company: %d bars, %v", len(bars), err)
	}
}

func TestMarketPricesKeepTheExchangesRules(t *testing.T) {
	t.Parallel()
	m := newMarket(t, simulator.MarketOptions{Seed: 1})
	for _, c := range m.Companies() {
		bars, err := m.Bars(c.Code, m.Start())
		if err != nil {
			t.Fatal(err)
		}
		if !c.Halted && len(bars) != 150 {
			t.Errorf("%s: %d bars, want 150", c.Code, len(bars))
		}
		for i, b := range bars {
			if b.Low > min(b.Open, b.Close) || b.High < max(b.Open, b.Close) || b.Low <= 0 || b.Volume <= 0 {
				t.Errorf("impossible bar %+v", b)
			}
			if i > 0 {
				if r := market.ReturnPct(float64(bars[i-1].Close), float64(b.Close)); r < -30 || r > 30 {
					t.Errorf("%s on %v: %.1f %%", c.Code, b.Day, r)
				}
			}
			if b.Close >= 200_000 && b.Close < 500_000 && b.Close%500 != 0 {
				t.Errorf("%s on %v: %d is off the tick", c.Code, b.Day, b.Close)
			}
		}
	}
}

func TestMarketOutsideOfTheCalendar(t *testing.T) {
	t.Parallel()
	for _, start := range []time.Time{market.NewDay(2025, time.May, 5).At(10, 0), market.NewDay(2028, time.May, 5).At(10, 0)} {
		if _, err := simulator.NewMarket(simulator.MarketOptions{Start: start}); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("start %v: %v", start, err)
		}
	}
	m := newMarket(t, simulator.MarketOptions{Start: market.NewDay(2027, time.December, 30).At(10, 0)})
	if _, err := m.Items(market.NewDay(2028, time.January, 3).At(10, 0)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("beyond the calendar: %v", err)
	}
}

func TestMarketWithAnotherStart(t *testing.T) {
	t.Parallel()
	start := market.NewDay(2027, time.January, 4).At(10, 30) // the year's late open
	m := newMarket(t, simulator.MarketOptions{Seed: 2, Start: start})
	if !m.Start().Equal(start) || len(itemsAt(t, m, start.Add(3*time.Second))) < 5 {
		t.Errorf("start %v with %d items", m.Start(), len(itemsAt(t, m, start.Add(3*time.Second))))
	}
}

func TestHostileTitlesSurviveEveryDialect(t *testing.T) {
	t.Parallel()
	m := newMarket(t, simulator.MarketOptions{Seed: 1})
	r := newRig(t, m, simulator.Limits{})
	r.at(m.Start().Add(2 * time.Hour))
	for _, name := range []string{"wire", "hankyung", "maeil"} {
		hostile := 0
		for _, item := range r.feed(name).Items { // fails when it is no XML
			if strings.Contains(item.Title, "<") || strings.Contains(item.Title, "&") {
				hostile++
			}
		}
		if name == "wire" && hostile == 0 {
			t.Error("no hostile title in two hours")
		}
	}
}
