package forecast_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

func code(i int) market.Code { return market.Code(fmt.Sprintf("9%05d", i)) }

// day returns the i-th weekday from Monday 2026-03-09 on.
func day(i int) market.Day {
	return market.NewDay(2026, 3, 9) + market.Day(i/5*7+i%5)
}

func bar(i, d int, close int64) market.Bar {
	return market.Bar{Code: code(i), Day: day(d), Close: close, Volume: 1000, AdjFactor: 1, Source: "krx", KnownAt: day(d).At(16, 5)}
}

// flatBars is stocks x days of closes at 10,000 won, to be changed where a case needs it.
func flatBars(stocks, days int) []market.Bar {
	var bars []market.Bar
	for d := range days {
		for i := range stocks {
			bars = append(bars, bar(i, d, 10_000))
		}
	}
	return bars
}

func randomBars(stocks, days int, seed uint64) []market.Bar {
	r := rand.New(rand.NewPCG(seed, 7))
	var bars []market.Bar
	for i := range stocks {
		price := 20_000 + r.Float64()*80_000
		for d := range days {
			price *= 1 + r.NormFloat64()*0.02
			if r.IntN(50) > 0 { // some bars are missing
				bars = append(bars, bar(i, d, int64(price)))
			}
		}
	}
	return bars
}

func at(bars []market.Bar, i, d int) *market.Bar {
	for k := range bars {
		if bars[k].Code == code(i) && bars[k].Day == day(d) {
			return &bars[k]
		}
	}
	panic("no such bar")
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s: got %.12f, want %.12f", what, got, want)
	}
}

func TestExcessLeavesTheStockItselfOut(t *testing.T) {
	t.Parallel()
	bars := flatBars(31, 2)
	at(bars, 0, 1).Close = 10_500 // +5 %
	at(bars, 1, 1).Close = 10_300 // +3 %, so the mean of the 30 others is .1 %
	p := forecast.NewPanel(bars)
	ret, excess, err := p.ExcessPct(code(0), day(0), day(1))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "return", ret, 5)
	near(t, "excess", excess, 4.9)
	_, excess, err = p.ExcessPct(code(2), day(0), day(1))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "excess of an unmoved stock", excess, -8.0/30)
}

func TestExcessComparesAdjustedCloses(t *testing.T) {
	t.Parallel()
	bars := flatBars(31, 2)
	at(bars, 0, 0).AdjFactor = 0.2 // five for one after the base day
	at(bars, 0, 1).Close = 2_040
	ret, _, err := forecast.NewPanel(bars).ExcessPct(code(0), day(0), day(1))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "return", ret, 2)
}

func TestExcessIsRefused(t *testing.T) {
	t.Parallel()
	p := forecast.NewPanel(flatBars(31, 2))
	for name, c := range map[string]struct {
		panel        *forecast.Panel
		code         market.Code
		base, target market.Day
		kind         fault.Kind
	}{
		"day unknown":   {p, code(0), day(0), day(5), fault.Unavailable},
		"stock unknown": {p, code(77), day(0), day(1), fault.NotFound},
		"thin panel":    {forecast.NewPanel(flatBars(30, 2)), code(0), day(0), day(1), fault.NotFound},
		"empty panel":   {forecast.NewPanel(nil), code(0), day(0), day(1), fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := c.panel.ExcessPct(c.code, c.base, c.target); fault.KindOf(err) != c.kind {
				t.Errorf("got %v, want kind %s", err, c.kind)
			}
		})
	}
}

func TestTheVersionKnownLastCounts(t *testing.T) {
	t.Parallel()
	bars := flatBars(31, 2)
	corrected := bar(0, 1, 11_000)
	corrected.KnownAt = day(2).At(8, 0)
	p := forecast.NewPanel(append([]market.Bar{corrected}, bars...))
	if got := p.Features(code(0)); got.LastClose != 11_000 || got.LastDay != day(1) {
		t.Errorf("got %d won of %s, want the correction", got.LastClose, got.LastDay)
	}
}

// Stock 0 moves +1 % and -1 % in turn against 30 that stand still: of 12 excess returns the sample sd is 1.0445 %.
func TestSigma(t *testing.T) {
	t.Parallel()
	bars := flatBars(31, 13)
	want := make([]float64, 0, 12)
	price := 1_000_000.0
	at(bars, 0, 0).Close = int64(price)
	for d := 1; d < 13; d++ {
		step := 1.01
		if d%2 == 0 {
			step = 0.99
		}
		before := float64(int64(price))
		price = float64(int64(price * step))
		at(bars, 0, d).Close = int64(price)
		want = append(want, (price/before-1)*100)
	}
	p := forecast.NewPanel(bars)
	mean, squares := 0.0, 0.0
	for _, v := range want {
		mean += v / 12
	}
	for _, v := range want {
		squares += (v - mean) * (v - mean)
	}
	near(t, "sigma", p.SigmaPct(code(0), day(12)), math.Sqrt(squares/11))
	if got := p.SigmaPct(code(0), day(12)); math.Abs(got-1.0445) > 1e-3 {
		t.Errorf("sigma %.4f, want 1.0445", got)
	}
	near(t, "sigma between two days is that of the earlier", p.SigmaPct(code(0), day(14)), p.SigmaPct(code(0), day(12)))
	near(t, "sigma on nine returns", p.SigmaPct(code(0), day(9)), 0)
	if p.SigmaPct(code(0), day(10)) == 0 {
		t.Error("ten returns are enough for a sigma")
	}
	near(t, "sigma of a stranger", p.SigmaPct(code(99), day(12)), 0)
}

func TestSigmaForgetsAfterTwentyDays(t *testing.T) {
	t.Parallel()
	bars := flatBars(31, 40)
	at(bars, 0, 5).Close = 12_500
	p := forecast.NewPanel(bars)
	if p.SigmaPct(code(0), day(25)) == 0 {
		t.Error("the fall back of day 6 is the 20th last return on day 25")
	}
	near(t, "sigma a day later", p.SigmaPct(code(0), day(26)), 0)
}

// A split that no factor tells of is no return: the stock's sigma is that of its other days.
func TestSigmaLeavesASplitOut(t *testing.T) {
	t.Parallel()
	plain, split := flatBars(32, 13), flatBars(32, 13)
	for d := range 13 {
		won := int64(100_000 + d%2*1_000)
		at(plain, 0, d).Close, at(split, 0, d).Close = won, won
		if d >= 12 {
			at(plain, 0, d).Volume = 0 // the same days without a return
			at(split, 0, d).Close = won / 5
		}
	}
	want, got := forecast.NewPanel(plain), forecast.NewPanel(split)
	near(t, "sigma", got.SigmaPct(code(0), day(12)), want.SigmaPct(code(0), day(12)))
	wantRate, _ := want.BaseRate(1)
	gotRate, days := got.BaseRate(1)
	if days != 12 {
		t.Errorf("base rate over %d days, want 12", days)
	}
	near(t, "base rate", gotRate, wantRate)
}

// Of 32 stocks 8 rise every day: the share of positive excess returns is 1/4 on each day.
func TestBaseRateShrinksByDay(t *testing.T) {
	t.Parallel()
	bars := flatBars(32, 21)
	for d := range 21 {
		for i := range 8 {
			at(bars, i, d).Close = 10_000 + int64(d)*100
		}
	}
	p := forecast.NewPanel(bars)
	for h, days := range map[int]int{1: 20, 3: 18, 5: 16, 2: 19} {
		rate, n := p.BaseRate(h)
		if n != days {
			t.Errorf("%d-day windows: got %d, want %d", h, n, days)
		}
		near(t, fmt.Sprintf("%d-day base rate", h), rate, (float64(days)*0.25+10*0.45)/float64(days+10))
	}
	rate, _ := forecast.NewPanel(flatBars(32, 21)).BaseRate(1)
	near(t, "base rate where nothing moves", rate, 10*0.45/30)
	rate, n := forecast.NewPanel(flatBars(30, 21)).BaseRate(1)
	if n != 0 {
		t.Errorf("a thin panel has %d windows, want none", n)
	}
	near(t, "base rate of a thin panel", rate, 0.45)
}

func TestHaltedStocksHaveNoPrice(t *testing.T) {
	t.Parallel()
	bars := flatBars(32, 2)
	at(bars, 0, 1).Volume = 0
	p := forecast.NewPanel(bars)
	if _, _, err := p.ExcessPct(code(0), day(0), day(1)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a repeated close without volume was taken for a price: %v", err)
	}
	for i := range bars {
		bars[i].Volume = 0 // a source without volumes says nothing about halts
	}
	if _, _, err := forecast.NewPanel(bars).ExcessPct(code(0), day(0), day(1)); err != nil {
		t.Error(err)
	}
}

func TestPanelIgnoresTheOrderOfBars(t *testing.T) {
	t.Parallel()
	bars := randomBars(45, 60, 1)
	want := forecast.NewPanel(bars)
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(bars), func(i, j int) { bars[i], bars[j] = bars[j], bars[i] })
	got := forecast.NewPanel(bars)
	if diff := cmp.Diff(want.Days(), got.Days()); diff != "" {
		t.Error(diff)
	}
	for i := range 45 {
		if diff := cmp.Diff(want.Features(code(i)), got.Features(code(i))); diff != "" {
			t.Errorf("%s: %s", code(i), diff)
		}
	}
}

// What a panel of the whole history says about a past day is, to the bit, what the panel known then said.
func TestPanelDoesNotLookAhead(t *testing.T) {
	t.Parallel()
	bars := randomBars(45, 90, 2)
	bars = append(bars, flatBars(60, 95)[60*90:]...) // later days, with stocks that were not listed before
	whole := forecast.NewPanel(bars)
	for cut := 1; cut < 90; cut += 4 {
		asOf := day(cut).At(17, 0)
		var known []market.Bar
		for _, b := range bars {
			if !b.KnownAt.After(asOf) {
				known = append(known, b)
			}
		}
		then := forecast.NewPanel(known)
		if then.LastDay() != day(cut) {
			t.Fatalf("last day %s, want %s", then.LastDay(), day(cut))
		}
		for i := range 45 {
			c := code(i)
			f := then.Features(c)
			if got := whole.SigmaPct(c, day(cut)); got != f.SigmaPct {
				t.Errorf("sigma of %s on %s is %v with the future known, %v without", c, day(cut), got, f.SigmaPct)
			}
			_, want, wantErr := then.ExcessPct(c, day(cut-1), day(cut))
			_, got, err := whole.ExcessPct(c, day(cut-1), day(cut))
			if got != want || (err == nil) != (wantErr == nil) {
				t.Errorf("excess of %s on %s is %v with the future known, %v without", c, day(cut), got, want)
			}
			if f.LastDay > day(cut) {
				t.Errorf("last close of %s is of %s, after %s", c, f.LastDay, day(cut))
			}
		}
	}
}

func TestPanelIsSafeForConcurrentReads(t *testing.T) {
	t.Parallel()
	p := forecast.NewPanel(randomBars(40, 60, 3))
	want := p.Features(code(7))
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 50 {
				got := p.Features(code(7))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				got.BaseRate[1] = -1 // an answer belongs to who asked
			}
		})
	}
	wait.Wait()
}

func BenchmarkNewPanel(b *testing.B) {
	bars := randomBars(500, 300, 4)
	for b.Loop() {
		forecast.NewPanel(bars)
	}
}

func BenchmarkFeaturesOf50Stocks(b *testing.B) {
	p := forecast.NewPanel(randomBars(500, 300, 4))
	for b.Loop() {
		for i := range 50 {
			p.Features(code(i))
		}
	}
}
