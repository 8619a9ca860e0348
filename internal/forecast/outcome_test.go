package forecast_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
	"tickerwire/internal/market"
)

func labelInput(horizon int, sigma float64) forecast.LabelInput {
	return forecast.LabelInput{StoryID: 4, Code: code(0), Horizon: horizon, BaseDay: day(1), TargetDay: day(1 + horizon),
		AvailableAt: day(1).At(10, 30), SigmaPct: sigma, KnownAt: day(1+horizon).At(16, 5)}
}

func drop(bars []market.Bar, i, d int) []market.Bar {
	kept := make([]market.Bar, 0, len(bars))
	for _, b := range bars {
		if b.Code != code(i) || b.Day != day(d) {
			kept = append(kept, b)
		}
	}
	return kept
}

func TestLabel(t *testing.T) {
	t.Parallel()
	closeAt := func(d int, won int64) func([]market.Bar) []market.Bar {
		return func(b []market.Bar) []market.Bar { at(b, 0, d).Close = won; return b }
	}
	for name, c := range map[string]struct {
		horizon int
		sigma   float64
		change  func([]market.Bar) []market.Bar
		ret     float64
		flat    bool
		void    string
	}{
		"up beyond the band":            {1, 2, closeAt(2, 10_090), 0.9, false, ""},
		"flat within .43 sigma":         {1, 2, closeAt(2, 10_080), 0.8, true, ""},
		"down within the floor":         {1, 0.5, closeAt(2, 9_971), -0.29, true, ""},
		"down beyond the floor":         {1, 0.5, closeAt(2, 9_969), -0.31, false, ""},
		"the band grows with the root":  {3, 2, closeAt(4, 10_140), 1.4, true, ""}, // .43*2*1.732 = 1.49
		"without sigma the floor":       {5, 0, closeAt(6, 10_040), 0.4, false, ""},
		"halted on the target day":      {1, 2, func(b []market.Bar) []market.Bar { return drop(b, 0, 2) }, 0, false, "halted"},
		"halted on the base day":        {1, 2, func(b []market.Bar) []market.Bar { return drop(b, 0, 1) }, 0, false, "halted"},
		"halted within the window":      {3, 2, func(b []market.Bar) []market.Bar { return drop(b, 0, 3) }, 0, false, "halted"},
		"halted before the window":      {3, 0, func(b []market.Bar) []market.Bar { return drop(b, 0, 0) }, 0, true, ""},
		"halted with a repeated close":  {1, 2, func(b []market.Bar) []market.Bar { at(b, 0, 2).Volume = 0; return b }, 0, false, "halted"},
		"up by the limit and a tick":    {1, 2, closeAt(2, 13_050), 30.5, false, ""},
		"five for one without a factor": {1, 2, closeAt(2, 2_000), 0, false, "corporate action"},
		"one for five without a factor": {1, 2, closeAt(2, 50_000), 0, false, "corporate action"},
		"a split within the window, unadjusted": {3, 2, func(b []market.Bar) []market.Bar {
			for d := 3; d < 9; d++ {
				at(b, 0, d).Close = 5_000
			}
			return b
		}, 0, false, "corporate action"},
		"a split behind a halt": {3, 2, func(b []market.Bar) []market.Bar {
			b = drop(drop(b, 0, 2), 0, 3)
			at(b, 0, 4).Close = 5_000
			return b
		}, 0, false, "corporate action"},
		"a split before the window": {1, 2, func(b []market.Bar) []market.Bar { at(b, 0, 0).Close = 50_000; return b }, 0, true, ""},
		"a split of another stock":  {1, 2, func(b []market.Bar) []market.Bar { at(b, 1, 2).Close = 2_000; return b }, 0, true, ""},
		"a split within the window": {1, 2, func(b []market.Bar) []market.Bar {
			at(b, 0, 0).AdjFactor, at(b, 0, 1).AdjFactor, at(b, 0, 2).Close = 0.5, 0.5, 5_200
			return b
		}, 4, false, ""},
		"nobody has the base day": {1, 2, func(b []market.Bar) []market.Bar {
			for i := range 32 {
				b = drop(b, i, 1)
			}
			return b
		}, 0, false, "no price"},
		"thin panel": {1, 2, func(b []market.Bar) []market.Bar { return drop(drop(b, 1, 2), 2, 2) }, 0, false, "thin panel"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := labelInput(c.horizon, c.sigma)
			o, err := forecast.Label(forecast.NewPanel(c.change(flatBars(32, 9))), in)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "return", o.ReturnPct, c.ret)
			near(t, "excess", o.ExcessPct, c.ret) // the others stand still
			want := forecast.Outcome{StoryID: 4, Code: code(0), Horizon: c.horizon, Version: 1, BaseDay: in.BaseDay,
				TargetDay: in.TargetDay, ReturnPct: o.ReturnPct, ExcessPct: o.ExcessPct, SigmaPct: c.sigma, Flat: c.flat,
				Void: c.void, KnownAt: in.KnownAt}
			if diff := cmp.Diff(want, o); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLabelWaitsOrRefuses(t *testing.T) {
	t.Parallel()
	partial := flatBars(32, 2)
	for i := 1; i < 12; i++ { // the first rows of the target day have come in, stock 0's not among them
		partial = append(partial, bar(i, 2, 10_000))
	}
	early := labelInput(1, 2)
	early.KnownAt = early.AvailableAt.Add(-time.Second)
	backwards := labelInput(1, 2)
	backwards.TargetDay = backwards.BaseDay
	for name, c := range map[string]struct {
		bars []market.Bar
		in   forecast.LabelInput
		kind fault.Kind
	}{
		"target day unknown":       {flatBars(32, 2), labelInput(1, 2), fault.Unavailable},
		"target day half stored":   {partial, labelInput(1, 2), fault.Unavailable},
		"known before the story":   {flatBars(32, 9), early, fault.Invalid},
		"target not after base":    {flatBars(32, 9), backwards, fault.Invalid},
		"a horizon of no days":     {flatBars(32, 9), forecast.LabelInput{Code: code(0), BaseDay: day(1), TargetDay: day(2)}, fault.Invalid},
		"nothing is known at all":  {nil, labelInput(1, 2), fault.Unavailable},
		"no target day in between": {append(flatBars(32, 2), bar(0, 8, 10_000)), labelInput(1, 2), fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if o, err := forecast.Label(forecast.NewPanel(c.bars), c.in); fault.KindOf(err) != c.kind || err == nil {
				t.Errorf("got %+v, %v; want kind %s", o, err, c.kind)
			}
		})
	}
}

func TestIsLate(t *testing.T) {
	t.Parallel()
	open := day(2).At(9, 0)
	for after, want := range map[time.Duration]bool{-time.Nanosecond: false, 0: true, time.Hour: true} {
		if got := forecast.IsLate(open.Add(after), open); got != want {
			t.Errorf("made %s after the opening: late is %t, want %t", after, got, want)
		}
	}
}
