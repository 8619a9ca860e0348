package score

import (
	"slices"

	"tickerwire/internal/market"
)

// Daily is one base day of a record.
type Daily struct {
	Day              market.Day
	Articles         int // predictions that were judged
	StockDays        int
	Void             int
	Said, Right      int // stock-days of which a direction was said, and was right
	Ups              int // stock-days with a positive excess return
	Brier, BaseBrier float64
	LogLoss          float64
	BaseLogLoss      float64
	IC               Estimate // without an interval
}

// JudgeDays counts a record out day by day, in their order. A day of which all is void has a row, too.
func JudgeDays(items []Item) []Daily {
	byDay := make(map[market.Day]*Daily)
	var list []*Daily
	for _, i := range items {
		d := byDay[i.Day]
		if d == nil {
			d = &Daily{Day: i.Day}
			byDay[i.Day] = d
			list = append(list, d)
		}
		if i.Void {
			d.Void++
		} else {
			d.Articles++
		}
	}
	units := Collapse(items)
	for from := 0; from < len(units); {
		to := from
		for to < len(units) && units[to].Day == units[from].Day {
			to++
		}
		byDay[units[from].Day].count(units[from:to])
		from = to
	}
	slices.SortFunc(list, func(a, b *Daily) int { return int(a.Day - b.Day) })
	out := make([]Daily, len(list))
	for i, d := range list {
		out[i] = *d
	}
	return out
}

func (d *Daily) count(units []Unit) {
	s := newSample(units)
	f := s.figures(s.once())
	d.StockDays, d.Brier, d.BaseBrier, d.LogLoss, d.BaseLogLoss = len(units), f.brier, f.baseBrier, f.logLoss, f.baseLogLoss
	for _, u := range units {
		d.Ups += int(u.Up())
		if u.Direction() != 0 {
			d.Said++
		}
		if u.Right() {
			d.Right++
		}
	}
	if ic := s.dailyIC(); len(ic) == 1 {
		d.IC = estimate(ic[0], nothing)
	}
}
