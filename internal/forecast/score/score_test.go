package score_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickerwire/internal/forecast/score"
	"tickerwire/internal/market"
)

const base = 0.43

var monday = market.NewDay(2026, 3, 2)

// forecaster says a probability for a stock-day of which it is shown what will come.
type forecaster func(r *rand.Rand, excess float64) float64

// record is so many days of so many stocks, one story each, whose excess returns are positive with probability base.
func record(seed uint64, days, stocks int, says forecaster) []score.Item {
	r := rand.New(rand.NewPCG(seed, 1))
	var items []score.Item
	for d := range days {
		for s := range stocks {
			excess := math.Abs(r.NormFloat64()) * 2
			if r.Float64() >= base {
				excess = -excess
			}
			id := int64(d*stocks + s + 1)
			items = append(items, score.Item{StoryID: id, Cluster: id, Code: market.Code(fmt.Sprintf("9%05d", s)), Day: monday + market.Day(d),
				BaseRate: base, Probability: says(r, excess), ExcessPct: excess, SigmaPct: 2, Flat: math.Abs(excess) <= 0.86})
		}
	}
	return items
}

func theBase(*rand.Rand, float64) float64 { return base }

// noise speaks without knowing anything.
func noise(r *rand.Rand, _ float64) float64 { return base + (r.Float64()-0.5)/10 }

// right is a forecaster whose direction is right with a probability, and who says that much, shift from the base.
func right(accuracy, shift float64) forecaster {
	return func(r *rand.Rand, excess float64) float64 {
		if excess > 0 == (r.Float64() < accuracy) {
			return base + shift
		}
		return base - shift
	}
}

func oracle(_ *rand.Rand, excess float64) float64 {
	if excess > 0 {
		return 1
	}
	return 0
}

func judge(items []score.Item) score.Report {
	return score.Judge(score.Record{Horizon: 1, Items: items})
}

func TestTheBaseRateHasNoSkillExactly(t *testing.T) {
	t.Parallel()
	for _, h := range []int{1, 5} {
		r := score.Judge(score.Record{Horizon: h, Items: record(1, 30, 10, theBase)})
		want := score.Estimate{Known: true, Ranged: true}
		if r.Skill != want || r.Coverage != 0 || r.Said != 0 || r.Accuracy.Known || r.Verdict != score.NoSkill || r.IC.Known {
			t.Errorf("horizon %d: skill %+v, coverage %v, accuracy %+v, %q; want exactly nothing", h, r.Skill, r.Coverage, r.Accuracy, r.Verdict)
		}
		if r.AUC.Value != 0.5 || r.ThreeWay.RPS != r.ThreeWay.BaseRPS || r.LogLoss.Value != r.BaseLogLoss || r.Evidence != 1 {
			t.Errorf("horizon %d: %+v", h, r)
		}
	}
}

func TestAnOracleHasAllSkill(t *testing.T) {
	t.Parallel()
	r := judge(record(2, 30, 10, oracle))
	if math.Abs(r.Skill.Value-1) > 1e-9 || r.AUC.Value != 1 || r.Accuracy.Value != 1 || r.Balanced.Value != 1 || r.Verdict != score.Skill {
		t.Errorf("skill %+v, AUC %+v, accuracy %+v, %q", r.Skill, r.AUC, r.Accuracy, r.Verdict)
	}
	if r.LogLoss.Value > 1e-5 || math.Abs(r.Reliability.Murphy.Resolution-r.Reliability.Murphy.Uncertainty) > 1e-9 {
		t.Errorf("log loss %+v, parts %+v", r.LogLoss, r.Reliability.Murphy)
	}
}

func TestAPlantedForecasterIsRecovered(t *testing.T) {
	t.Parallel()
	r := judge(record(3, 120, 20, right(0.55, 0.05)))
	if math.Abs(r.Accuracy.Value-0.55) > 0.02 || r.Accuracy.Low > 0.55 || r.Accuracy.High < 0.55 || r.Accuracy.Low < 0.5 {
		t.Errorf("accuracy %+v, want .55", r.Accuracy)
	}
	if r.Skill.Low <= 0 || r.IC.Low <= 0 || r.AUC.Low <= 0.5 || r.ICIR <= 0.1 {
		t.Errorf("skill %+v, IC %+v, ICIR %v, AUC %+v", r.Skill, r.IC, r.ICIR, r.AUC)
	}
	if r.Coverage != 1 || r.Said != 2400 || math.Abs(float64(r.Right)/2400-r.Accuracy.Value) > 1e-12 || r.RightLow > r.Accuracy.Value || r.RightHigh < r.Accuracy.Value {
		t.Errorf("said %d, right %d, %v to %v", r.Said, r.Right, r.RightLow, r.RightHigh)
	}
}

func TestShuffledLabelsShowNothing(t *testing.T) {
	t.Parallel()
	items := record(4, 60, 20, right(0.60, 0.05))
	before := quick(items)
	r := rand.New(rand.NewPCG(5, 5))
	sum := 0.0
	for range 200 {
		for d := 0; d < len(items); d += 20 {
			day := items[d : d+20]
			r.Shuffle(len(day), func(i, j int) {
				day[i].ExcessPct, day[j].ExcessPct, day[i].Flat, day[j].Flat = day[j].ExcessPct, day[i].ExcessPct, day[j].Flat, day[i].Flat
			})
		}
		sum += quick(items)
	}
	if got := sum / 200; math.Abs(got-0.5) > 0.01 || before < 0.56 {
		t.Errorf("mean AUC of 200 shuffles %v, of the record itself %v", got, before)
	}
}

// quick is the AUC alone, which needs no intervals.
func quick(items []score.Item) float64 { return score.AUC(score.Collapse(items)) }

// many makes each stock-day's story one of three, two of which echo each other.
func many(items []score.Item) []score.Item {
	var out []score.Item
	for _, i := range items {
		second, echo := i, i
		i.StoryID, second.StoryID, echo.StoryID = 10*i.StoryID, 10*i.StoryID+1, 10*i.StoryID+2
		i.Cluster, second.Cluster, echo.Cluster = i.StoryID, second.StoryID, i.StoryID
		second.Probability, echo.Probability = base+0.02, 0.9
		out = append(out, i, second, echo)
	}
	return out
}

func TestCopiesChangeNothing(t *testing.T) {
	t.Parallel()
	items := many(record(6, 30, 8, right(0.55, 0.05)))
	want := judge(items)
	var copied []score.Item
	for n, i := range items {
		copied = append(copied, i)
		if n%7 != 0 {
			continue
		}
		for c := range 20 {
			i.StoryID += int64(100_000 * (c + 1))
			copied = append(copied, i)
		}
	}
	r := rand.New(rand.NewPCG(7, 7))
	r.Shuffle(len(copied), func(i, j int) { copied[i], copied[j] = copied[j], copied[i] })
	got := judge(copied)
	if got.Articles <= want.Articles || want.Stories != 2*want.StockDays || want.StockDays != 240 {
		t.Fatalf("%d articles, %d stories of %d stock-days, then %d articles", want.Articles, want.Stories, want.StockDays, got.Articles)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(score.Report{}, "Articles")); diff != "" {
		t.Errorf("copies of a seventh of the articles, in another order, changed the report: %s", diff)
	}
	days := cmpopts.IgnoreFields(score.Daily{}, "Articles")
	if diff := cmp.Diff(score.JudgeDays(items), score.JudgeDays(copied), days); diff != "" {
		t.Errorf("and the days: %s", diff)
	}
}

func TestCollapseTakesTheMeanLogit(t *testing.T) {
	t.Parallel()
	items := []score.Item{
		{StoryID: 3, Cluster: 3, Code: "900001", Day: monday, Probability: 0.8, BaseRate: 0.5, ExcessPct: 1},
		{StoryID: 1, Cluster: 1, Code: "900001", Day: monday, Probability: 0.5, BaseRate: 0.5, ExcessPct: 1},
		{StoryID: 2, Cluster: 1, Code: "900001", Day: monday, Probability: 0.1, BaseRate: 0.5, ExcessPct: 1},
		{StoryID: 4, Cluster: 4, Code: "900001", Day: monday, Probability: 0.1, BaseRate: 0.5, Void: true},
		{StoryID: 5, Cluster: 5, Code: "900002", Day: monday - 1, Probability: 0.3, BaseRate: 0.4, ExcessPct: -1},
	}
	units := score.Collapse(items)
	want := []score.Unit{
		{Code: "900002", Day: monday - 1, P: 0.3, Base: 0.4, ExcessPct: -1, Stories: 1},
		{Code: "900001", Day: monday, P: 2.0 / 3, Base: 0.5, ExcessPct: 1, Stories: 2}, // odds 4 and 1
	}
	if diff := cmp.Diff(want, units, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Error(diff)
	}
	if len(score.Collapse(nil)) != 0 {
		t.Error("nothing collapses to something")
	}
}

func TestARecordThatIsTooShort(t *testing.T) {
	t.Parallel()
	all := record(8, 40, 10, right(0.9, 0.4))
	for name, c := range map[string]struct {
		items    []score.Item
		verdict  score.Verdict
		note     string
		needs    [2]int
		numbered bool
	}{
		"none":                {nil, score.Collecting, "", [2]int{100, 20}, false},
		"99 stock-days":       {all[:99], score.Collecting, "", [2]int{1, 10}, false},
		"100 of ten days":     {all[:100], score.Collecting, score.NoteFewDays, [2]int{0, 10}, true},
		"190 of 19 days":      {all[:190], score.Collecting, score.NoteFewDays, [2]int{0, 1}, true},
		"200 of 20 days":      {all[:200], score.NoSkill, "", [2]int{0, 0}, true}, // the bets need more
		"400 of 40 days":      {all, score.Skill, "", [2]int{0, 0}, true},
		"99 of many days":     {everyTenth(all[:300], 99), score.Collecting, "", [2]int{1, 0}, false},
		"noise, long enough":  {record(9, 40, 10, noise), score.NoSkill, "", [2]int{0, 0}, true},
		"a short good streak": {record(10, 20, 5, right(0.62, 0.05)), score.NoSkill, "", [2]int{0, 0}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := judge(c.items)
			if r.Verdict != c.verdict || r.Note != c.note || r.NeedsStockDays != c.needs[0] || r.NeedsDays != c.needs[1] {
				t.Errorf("%q %q, needs %d stock-days and %d days", r.Verdict, r.Note, r.NeedsStockDays, r.NeedsDays)
			}
			if r.Skill.Known != c.numbered || r.Skill.Ranged != c.numbered || len(r.Reliability.Bins) > 0 != c.numbered {
				t.Errorf("numbers are shown: %t, with an interval: %t", r.Skill.Known, r.Skill.Ranged)
			}
			if c.note != "" && r.IC.Ranged {
				t.Error("a figure per day has an interval although the days are too few")
			}
		})
	}
}

// everyTenth takes n items of as many days as it can.
func everyTenth(items []score.Item, n int) []score.Item {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b score.Item) int { return int(a.StoryID%10 - b.StoryID%10) })
	return items[:n]
}

func TestVoidAndLateAreCounted(t *testing.T) {
	t.Parallel()
	items := record(11, 25, 6, noise)
	want := judge(items)
	void := items[0]
	void.StoryID, void.Cluster, void.Void, void.ExcessPct = 9999, 9999, true, 0
	got := score.Judge(score.Record{Horizon: 1, Items: append(items, void, void), Late: 3})
	want.Void, want.Late = 2, 3
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	void.Day--
	days := score.JudgeDays([]score.Item{void, items[0]})
	if len(days) != 2 || days[0].Void != 1 || days[0].StockDays != 0 || days[1].StockDays != 1 || days[1].Void != 0 {
		t.Errorf("days %+v", days)
	}
}

// TestDaysSumUp: the record's figures are those of its days, weighted by their stock-days.
func TestDaysSumUp(t *testing.T) {
	t.Parallel()
	items := many(record(12, 25, 7, right(0.6, 0.06)))
	whole := judge(items)
	var n, said, right int
	var brier, baseBrier, logLoss float64
	for _, d := range score.JudgeDays(items) {
		n, said, right = n+d.StockDays, said+d.Said, right+d.Right
		brier += float64(d.StockDays) * d.Brier
		baseBrier += float64(d.StockDays) * d.BaseBrier
		logLoss += float64(d.StockDays) * d.LogLoss
	}
	if n != whole.StockDays || said != whole.Said || right != whole.Right || math.Abs(1-brier/baseBrier-whole.Skill.Value) > 1e-12 ||
		math.Abs(logLoss/float64(n)-whole.LogLoss.Value) > 1e-12 {
		t.Errorf("days give %d stock-days, %d of %d, Brier %v to %v; the whole %+v", n, right, said, brier, baseBrier, whole)
	}
}
