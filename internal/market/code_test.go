package market_test

import (
	"math"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

func TestParseCode(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"900001", "000001", "0126Z0", "ABCDEF"} {
		if got, err := market.ParseCode(s); err != nil || string(got) != s {
			t.Errorf("%q is %q (%v)", s, got, err)
		}
	}
	for _, s := range []string{"", "90000", "9000011", "90000a", "9000 1", "가나", "90000\x00", " 90001", "9000-1", "９00"} {
		if got, err := market.ParseCode(s); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q is %q (%v), want an Invalid fault", s, got, err)
		}
	}
}

func TestReturns(t *testing.T) {
	t.Parallel()
	if got := (market.Bar{Close: 50_000, AdjFactor: 0.2}).Adjusted(); got != 10_000 {
		t.Errorf("adjusted close %v, want 10000", got)
	}
	for _, c := range []struct{ base, target, want float64 }{{100, 103, 3}, {200, 150, -25}, {70, 70, 0}} {
		if got := market.ReturnPct(c.base, c.target); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("from %v to %v is %v %%, want %v", c.base, c.target, got, c.want)
		}
	}
}
