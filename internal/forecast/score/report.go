package score

import (
	"cmp"
	"slices"

	"tickerwire/internal/forecast/contest"
	"tickerwire/internal/market"
)

// Verdict is the word for what a record shows.
type Verdict string

// The verdicts. Skill counts as shown when its whole interval lies above 0 and the bets on it, which may be looked at
// every day, have reached the threshold, too.
const (
	Collecting Verdict = "collecting"
	NoSkill    Verdict = "no skill shown"
	Skill      Verdict = "skill shown"
)

// A record says nothing below so many stock-days, and has no verdict below so many days.
const (
	MinStockDays = 100
	MinDays      = 20
)

// NoteFewDays says that intervals rest on single stock-days, which are not independent within a day.
const NoteFewDays = "too few days"

// Record is what is judged: the predictions of one model for one horizon.
type Record struct {
	Horizon int // trading days
	Items   []Item
	Late    int // predictions that were made after their target session had opened, and are not among Items
}

// Report is what a record comes to. Below MinStockDays only the counts are there. Skill and losses are those of P against
// those of the panel's base rate; accuracy is that of the direction, sign(P - Base), where one was said.
type Report struct {
	Horizon            int
	Verdict            Verdict
	Note               string // NoteFewDays or ""
	Articles           int    // predictions that were judged, near-duplicates too
	Stories            int    // of them, near-duplicates counted once
	StockDays, Days    int
	Void, Late         int // predictions that are not judged
	NeedsStockDays     int // before there is a verdict
	NeedsDays          int
	From, To           market.Day // the first and the last base day
	UpRate             float64    // share of stock-days with a positive excess return
	Coverage           float64    // share of stock-days of which something was said
	Brier, BaseBrier   float64
	Skill              Estimate // 1 - Brier/BaseBrier
	Evidence           float64  // most that a capital of 1 has become which was bet on the model being better than the base rate
	Threshold          float64  // what it must become
	LogLoss            Estimate
	BaseLogLoss        float64
	Accuracy, Balanced Estimate
	Right, Said        int     // stock-days
	RightLow           float64 // Wilson's interval of Right/Said
	RightHigh          float64
	AUC                Estimate
	IC                 Estimate // mean of the days' rank correlations
	ICIR               float64  // the same in their standard deviations; 0 when unknown
	ICDays             int
	Intercept, Slope   Estimate // Cox's: 0 and 1 for a calibrated forecaster
	InTheLarge         float64  // z of the sum of (outcome - P)
	Reliability        Reliability
	ThreeWay           ThreeWay
	Drift              []Flag
}

// Judge collapses a record and counts it out.
func Judge(rec Record) Report {
	units := Collapse(rec.Items)
	r := Report{Horizon: rec.Horizon, Verdict: Collecting, StockDays: len(units), Late: rec.Late, Threshold: contest.Threshold(1)}
	for _, i := range rec.Items {
		if i.Void {
			r.Void++
		}
	}
	r.Articles = len(rec.Items) - r.Void
	for _, u := range units {
		r.Stories += u.Stories
	}
	s := newSample(units)
	r.Days = s.dayCount()
	r.NeedsStockDays, r.NeedsDays = max(0, MinStockDays-r.StockDays), max(0, MinDays-r.Days)
	if len(units) > 0 {
		r.From, r.To = units[0].Day, units[len(units)-1].Day
	}
	if r.StockDays >= MinStockDays {
		r.count(s)
	}
	return r
}

func (r *Report) count(s *sample) {
	f, spans := s.figures(s.once()), s.intervals(max(1, r.Horizon))
	r.UpRate, r.Coverage = f.upRate, f.coverage
	r.Brier, r.BaseBrier, r.BaseLogLoss = f.brier, f.baseBrier, f.baseLogLoss
	r.Skill, r.LogLoss = estimate(f.skill, spans.skill), estimate(f.logLoss, spans.logLoss)
	r.Accuracy, r.Balanced = estimate(f.accuracy, spans.accuracy), estimate(f.balanced, spans.balanced)
	r.AUC = estimate(f.auc, spans.auc)
	for _, u := range s.units {
		if u.Direction() != 0 {
			r.Said++
		}
		if u.Right() {
			r.Right++
		}
	}
	r.RightLow, r.RightHigh = Wilson(r.Right, r.Said)
	r.countIC(s)
	if fit, ok := s.cox(r.Horizon); ok {
		r.Intercept = estimate(fit.a, interval{fit.a - z95*fit.seA, fit.a + z95*fit.seA})
		r.Slope = estimate(fit.b, interval{fit.b - z95*fit.seB, fit.b + z95*fit.seB})
	}
	r.InTheLarge, r.Reliability = inTheLarge(s.units), s.reliability()
	r.ThreeWay, r.Drift = threeWay(s.units, r.Horizon), drift(s, r.Horizon)
	forModel, _ := contest.Capital(s.againstBase(), r.Horizon)
	for _, capital := range forModel {
		r.Evidence = max(r.Evidence, capital)
	}
	r.judge()
}

func (r *Report) countIC(s *sample) {
	daily := s.dailyIC()
	r.ICDays = len(daily)
	if len(daily) == 0 {
		return
	}
	starts := make([]int, len(daily)+1) // one value a day
	for i := range starts {
		starts[i] = i
	}
	r.IC = estimate(mean(daily), meanOfBlocks(daily, starts, r.Horizon))
	if ratio := mean(daily) / deviation(daily); finite(ratio) {
		r.ICIR = ratio
	}
}

func (r *Report) judge() {
	switch {
	case r.Days < MinDays:
		r.Note = NoteFewDays
	case r.Skill.Ranged && r.Skill.Low > 0 && r.Evidence >= r.Threshold:
		r.Verdict = Skill
	default:
		r.Verdict = NoSkill
	}
}

// againstBase is the model's contest with the base rate.
func (s *sample) againstBase() []contest.Day {
	base := slices.Clone(s.units)
	for i := range base {
		base[i].P = base[i].Base
	}
	return Contest(s.units, base)
}

// Contest pairs the stock-days on which two forecasters spoke, in the order of days. Units are in the order of
// (day, code), as Collapse returns them.
func Contest(a, b []Unit) []contest.Day {
	var list []contest.Day
	var pairs []contest.Pair
	for i, u := range a {
		j, both := slices.BinarySearchFunc(b, u, func(x, y Unit) int { return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Code, y.Code)) })
		if both {
			pairs = append(pairs, contest.Pair{A: u.P, B: b[j].P, Up: u.ExcessPct > 0})
		}
		if len(pairs) > 0 && (i+1 == len(a) || a[i+1].Day != u.Day) {
			list = append(list, contest.NewDay(u.Day, pairs))
			pairs = pairs[:0]
		}
	}
	return list
}
