package score_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"tickerwire/internal/forecast/score"
)

func flagged(flags []score.Flag, name string) bool {
	return slices.ContainsFunc(flags, func(f score.Flag) bool { return f.Name == name })
}

func TestDriftOfForecasts(t *testing.T) {
	t.Parallel()
	good := right(0.6, 0.08)
	steady := record(42, 160, 10, good)
	if flags := judge(steady).Drift; len(flags) != 0 {
		t.Errorf("a steady forecaster: %+v", flags)
	}
	worse := record(42, 160, 10, good)
	for i := range worse[1300:] { // since 30 days it says the contrary
		p := &worse[1300+i].Probability
		*p = 2*base - *p
	}
	if flags := judge(worse).Drift; !flagged(flags, score.FlagLoss) {
		t.Errorf("a forecaster that turned over: %+v", flags)
	}
	high := record(42, 160, 10, good)
	for i := range high[1400:] {
		high[1400+i].Probability += 0.3
	}
	if flags := judge(high).Drift; !flagged(flags, score.FlagInTheLarge) || flagged(flags, score.FlagJump) {
		t.Errorf("since 20 days too high: %+v", flags)
	}
	leap := record(42, 160, 10, good)
	for i := range leap[1590:] {
		leap[1590+i].Probability = 0.7
	}
	if flags := judge(leap).Drift; !flagged(flags, score.FlagJump) {
		t.Errorf("too high on the last day alone: %+v", flags)
	}
}

// TestTheLossAlarmIsRarelyFalse, also where outcomes overlap: there is a false one per 250 days, and it goes down again.
func TestTheLossAlarmIsRarelyFalse(t *testing.T) {
	t.Parallel()
	for _, horizon := range []int{1, 3} {
		alarms := 0
		for seed := range uint64(200) {
			items := record(5000+seed, 240, 4, right(0.55, 0.05))
			for i := range items { // what came is the same for as many days as the horizon has
				first := items[i/4/horizon*horizon*4+i%4]
				items[i].ExcessPct, items[i].Probability = first.ExcessPct, first.Probability
			}
			if flagged(score.Drift(score.Collapse(items), horizon), score.FlagLoss) {
				alarms++
			}
		}
		t.Logf("horizon %d: %d of 200 steady forecasters are in alarm", horizon, alarms)
		if alarms > 30 {
			t.Errorf("horizon %d: %d of 200 steady forecasters are in alarm, want a few at most", horizon, alarms)
		}
	}
}

func TestPSI(t *testing.T) {
	t.Parallel()
	even := map[string]int{"한빛신문": 100, "누리일보": 100}
	for name, c := range map[string]struct {
		before, now map[string]int
		want        float64
	}{
		"the same":         {even, map[string]int{"한빛신문": 7, "누리일보": 7}, 0},
		"nine to one":      {even, map[string]int{"한빛신문": 90, "누리일보": 10}, 0.8 * math.Log(3)},
		"nothing seen":     {even, nil, 0},
		"a kind that went": {even, map[string]int{"한빛신문": 100}, 0.5*math.Log(2) + (0.005-0.5)*math.Log(0.01)},
	} {
		if got := score.PSI(c.before, c.now); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	before := score.Mixes{score.FlagPress: even, score.FlagTags: {"named": 190, "none": 10}, score.FlagLength: {"short": 5}}
	now := score.Mixes{score.FlagPress: {"한빛신문": 95, "누리일보": 105}, score.FlagTags: {"named": 100, "none": 100}, score.FlagLength: {"long": 500}}
	flags := score.MixFlags(before, now)
	if len(flags) != 1 || flags[0].Name != score.FlagTags || flags[0].Value <= score.PSILimit {
		t.Errorf("flags %+v", flags)
	}
}

func TestPlumbing(t *testing.T) {
	t.Parallel()
	if flags := score.PlumbingFlags(score.Plumbing{LagP95Minutes: 60, MissingPrices: 0.05, VoidShare: 0.1, Embedders: 1}); len(flags) != 0 {
		t.Errorf("at the limits: %+v", flags)
	}
	flags := score.PlumbingFlags(score.Plumbing{LagP95Minutes: 61, MissingPrices: 0.06, VoidShare: 0.11, Embedders: 2})
	for _, name := range []string{score.FlagLag, score.FlagPrices, score.FlagVoid, score.FlagEmbedder} {
		if !flagged(flags, name) {
			t.Errorf("%s is not flagged", name)
		}
	}
}

// TestAnyRecordIsJudged: no shape of a record makes a figure that is not finite.
func TestAnyRecordIsJudged(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(41, 1))
	for n := range 40 {
		items := record(uint64(n), 1+r.IntN(50), 1+r.IntN(12), []forecaster{theBase, noise, oracle, right(0.5, 0.4)}[n%4])
		for i := range items {
			if n%3 == 0 {
				items[i].ExcessPct = -1
			}
		}
		rep := score.Judge(score.Record{Horizon: 1 + n%5, Items: items})
		for _, v := range []float64{rep.Skill.Value, rep.AUC.Value, rep.IC.Value, rep.ICIR, rep.Slope.Low, rep.Balanced.High, rep.InTheLarge, rep.Reliability.ECE, rep.Brier, rep.LogLoss.Value, rep.Evidence} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("record %d: %+v", n, rep)
			}
		}
	}
}
