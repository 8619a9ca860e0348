package notice_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickerwire/internal/market"
	"tickerwire/internal/notice"
)

// daysOf makes so many days of so many candidates, whose scores are drawn.
func daysOf(r *rand.Rand, days, each int) []notice.Candidate {
	var list []notice.Candidate
	for d := range days {
		for i := range each {
			list = append(list, notice.Candidate{AlertID: int64(len(list) + 1), Code: market.Code(fmt.Sprintf("9%05d", i)), Day: 20000 + market.Day(d),
				ScorePct: r.Float64(), SigmaPct: 1 + r.Float64()})
		}
	}
	return list
}

func TestFloor(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	list := daysOf(r, 20, 14)
	floor := notice.Floor(list, 3)
	over := 0
	for _, c := range list {
		if c.ScorePct >= floor {
			over++
		}
	}
	if over != 60 {
		t.Errorf("%d candidates in 20 days reach %v, want 60", over, floor)
	}
	// Days before the newest 20 do not count, a stock counts once a day, and the order does not matter.
	old := daysOf(r, 10, 14)
	for i := range old {
		old[i].Day -= 100
		old[i].ScorePct = 9
	}
	again := list[3]
	again.ScorePct /= 2
	more := append(append([]notice.Candidate{again}, list...), old...)
	r.Shuffle(len(more), func(i, j int) { more[i], more[j] = more[j], more[i] })
	if got := notice.Floor(more, 3); got != floor {
		t.Errorf("%v, want %v", got, floor)
	}
	for name, c := range map[string]struct {
		list   []notice.Candidate
		perDay int
	}{
		"none": {nil, 3}, "four days": {daysOf(r, 4, 14), 3}, "days with no more than the cap": {daysOf(r, 20, 3), 3}, "a large cap": {list, 14},
	} {
		if got := notice.Floor(c.list, c.perDay); got != 0 {
			t.Errorf("%s: %v, want no floor", name, got)
		}
	}
}

func TestControls(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	list := daysOf(r, 1, 12)
	twice := list[7]
	twice.AlertID, twice.SigmaPct = 100, 50 // decided later: the first one stands for the stock
	shuffled := append([]notice.Candidate{twice}, list...)
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	random, sigma := notice.Controls(20000, list)
	random2, sigma2 := notice.Controls(20000, shuffled)
	if diff := cmp.Diff([][]notice.Candidate{random, sigma}, [][]notice.Candidate{random2, sigma2}); diff != "" {
		t.Errorf("the order matters, or a second decision: %s", diff)
	}
	if len(random) != notice.ControlPicks || len(sigma) != notice.ControlPicks {
		t.Fatalf("%d and %d picks", len(random), len(sigma))
	}
	for i := range sigma {
		if i > 0 && sigma[i].SigmaPct > sigma[i-1].SigmaPct {
			t.Errorf("by sigma: %+v", sigma)
		}
	}
	// Over many days every stock is drawn about as often, whatever its score or sigma.
	drawn := map[market.Code]int{}
	for day := market.Day(20000); day < 21200; day++ {
		picks, _ := notice.Controls(day, list)
		drawn[picks[0].Code]++
	}
	for code, n := range drawn {
		if len(drawn) != 12 || n < 60 || n > 145 {
			t.Errorf("%s is first on %d of 1200 days, %d stocks ever are", code, n, len(drawn))
		}
	}
	if a, b := notice.Controls(20000, nil); len(a)+len(b) != 0 {
		t.Error("picks of nothing")
	}
}
