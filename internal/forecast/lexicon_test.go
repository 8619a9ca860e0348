package forecast_test

import (
	"math"
	"slices"
	"testing"

	"tickerwire/internal/fault"
	"tickerwire/internal/forecast"
)

func TestLexiconScore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		title, summary string
		want           float64
	}{
		{"가온전자, 새 공장을 연다", "", 0},
		{"가온전자 대규모 수주", "", 4},
		{"가온전자 대규모 수주", "수주가 늘었다", 6},
		{"가온전자 적자 전환", "", -4},
		{"가온전자 적자 축소", "", 2}, // the longer entry wins over the shorter one within it
		{"가온전자", "영업손실", -2},
		{"수주 수주 수주", "", 4},
		{"횡령 배임 유상증자 거래정지", "상장폐지", -6},
	} {
		if got := forecast.LexiconScore(c.title, c.summary); got != c.want {
			t.Errorf("%q, %q: %g, want %g", c.title, c.summary, got, c.want)
		}
	}
}

// examples are stock-days whose score says the truth so often: one in each of ten for a share of .9.
func examples(n, wrongEvery int) []forecast.LexiconExample {
	var list []forecast.LexiconExample
	for i := range n {
		score := float64(i%2*4 - 2)
		list = append(list, forecast.LexiconExample{Code: code(i % 7), Day: day(i / 7), Score: score, Up: (score > 0) != (i/2%wrongEvery == 0)})
	}
	return list
}

func TestFitLexicon(t *testing.T) {
	t.Parallel()
	right := forecast.FitLexicon(examples(400, 10))
	if right.Slope < .3 || right.StockDays != 400 {
		t.Errorf("words that are right nine times in ten: %+v", right)
	}
	if useless := forecast.FitLexicon(examples(400, 2)); math.Abs(useless.Slope) > .02 {
		t.Errorf("words that are right every other time: %+v", useless)
	}
	if wrong := forecast.FitLexicon(examples(400, 1)); wrong.Slope > -.3 {
		t.Errorf("words that are always wrong: %+v", wrong)
	}
	if short := forecast.FitLexicon(examples(39, 10)); short != (forecast.LexiconFit{StockDays: 39}) {
		t.Errorf("too short a past: %+v", short)
	}
	mixed := examples(400, 10)
	slices.Reverse(mixed)
	if got := forecast.FitLexicon(mixed); got != right {
		t.Errorf("in another order: %+v, want %+v", got, right)
	}
	// The unit is the stock-day: a story that is told twenty times is one vote.
	var told []forecast.LexiconExample
	for i, e := range examples(400, 10) {
		for range 1 + i%20 {
			told = append(told, e)
		}
	}
	if got := forecast.FitLexicon(told); math.Abs(got.Slope-right.Slope) > 1e-9 || got.StockDays != 400 {
		t.Errorf("told again and again: %+v, want %+v", got, right)
	}
	same := forecast.FitLexicon([]forecast.LexiconExample{})
	if same != (forecast.LexiconFit{}) {
		t.Errorf("nothing: %+v", same)
	}
}

func TestLexicon(t *testing.T) {
	t.Parallel()
	q := query()
	q.Title = "가온전자 대규모 수주"
	q.Lexicon = map[int]forecast.LexiconFit{1: {Slope: .05, StockDays: 500}, 3: {Slope: 5, StockDays: 500}, 5: {Slope: 5, StockDays: 39}}
	made, err := forecast.Lexicon(q)
	if err != nil || len(made) != 3 {
		t.Fatal(made, err)
	}
	base := made[0].BaseRate
	near(t, "log-odds moved by slope times score", made[0].Probability, 1/(1+math.Exp(-(math.Log(base/(1-base))+.2))))
	near(t, "its reach", made[1].Probability, made[1].BaseRate+.15)
	if made[0].ExpectedPct <= 0 || made[2].Probability != made[2].BaseRate || made[2].Note != forecast.NoteShortPast {
		t.Errorf("%+v", made)
	}
	q.Title = "가온전자, 새 공장을 연다"
	if made, err = forecast.Lexicon(q); err != nil || made[0].Probability != made[0].BaseRate || made[0].Note != forecast.NoteNoWords {
		t.Errorf("without a word of the list: %+v, %v", made, err)
	}
}

func TestPooled(t *testing.T) {
	t.Parallel()
	q := query()
	say := func(p, expected float64) []forecast.Prediction {
		made, err := forecast.Baseline(q)
		if err != nil {
			t.Fatal(err)
		}
		for i := range made {
			made[i].Probability, made[i].ExpectedPct = p, expected
		}
		return made
	}
	made, err := forecast.Pooled(q, [][]forecast.Prediction{say(.4, 1), say(.5, 2), say(.45, 0)})
	if err != nil || len(made) != 3 {
		t.Fatal(made, err)
	}
	odds := (math.Log(.4/.6) + math.Log(.45/.55)) / 3
	near(t, "mean in log-odds", made[0].Probability, 1/(1+math.Exp(-odds)))
	near(t, "mean of what is expected", made[0].ExpectedPct, 1)
	if certain, err := forecast.Pooled(q, [][]forecast.Prediction{say(1, 0), say(0, 0)}); err != nil || math.Abs(certain[0].Probability-.5) > 1e-9 {
		t.Errorf("two that are certain: %+v, %v", certain, err)
	}
	for rate := .30; rate < .60; rate += .0137 { // whose log-odds round one way or the other
		for _, h := range forecast.Horizons {
			q.Features.BaseRate[h] = rate
		}
		silent, err := forecast.Baseline(q)
		if err != nil {
			t.Fatal(err)
		}
		if made, err = forecast.Pooled(q, [][]forecast.Prediction{silent, silent, silent}); err != nil || made[0].Direction() != 0 {
			t.Errorf("nobody says anything, and the pool says %+v, %v", made, err)
		}
	}
	q = query()
	other := say(.5, 0)
	other[1].Code = code(5)
	for name, members := range map[string][][]forecast.Prediction{"nobody": {}, "one is silent": {say(.5, 0), nil}, "another stock": {say(.5, 0), other}} {
		if _, err := forecast.Pooled(q, members); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
}
