package forecast

import (
	"math"
	"slices"

	"tickerwire/internal/market"
)

// What a panel's figures rest on.
const (
	MinPanel = 30 // other stocks with both closes that an excess return needs

	sigmaDays    = 20 // trailing days of a sigma
	sigmaMin     = 10 // of which so many must have a return
	priorRate    = 0.45
	priorDays    = 10 // pseudo-days that pull a base rate towards priorRate
	notTraded    = 0  // in Panel.adjusted: no bar, or one without a trade
	incomparable = -1 // in Panel.adjusted: a bar whose adjustment factor is not positive
)

// Panel is the daily closes of all tracked stocks, days by stocks, with everything that models ask of it worked out
// when it is made. It never changes afterwards and is safe for concurrent use. It sees exactly the bars it was made
// from: whoever makes one chooses the versions that were known by his as_of.
type Panel struct {
	days     []market.Day // ascending; the days on which any stock has a bar
	codes    []market.Code
	row      map[market.Day]int
	column   map[market.Code]int
	adjusted []float64 // [row*len(codes)+column], won; notTraded or incomparable where there is no close to compare
	traded   []int     // per row, how many stocks traded
	excess   []float64 // like adjusted: one-day excess return, percent; NaN where there is none
	last     []lastBar // per column
	rates    [len(Horizons)]baseRate
}

type lastBar struct {
	close int64
	day   market.Day
}

type baseRate struct {
	rate float64
	days int
}

// NewPanel builds the panel of bars, one per stock and day, in any order; of several for the same stock and day the
// one with the latest KnownAt counts. A bar without volume on a day whose other bars mostly have some is that of a
// halted stock: the exchange repeats the old close, which is no price.
func NewPanel(bars []market.Bar) *Panel {
	p := &Panel{row: make(map[market.Day]int), column: make(map[market.Code]int)}
	for i := range bars {
		p.row[bars[i].Day], p.column[bars[i].Code] = 0, 0
	}
	p.days, p.codes = sortedKeys(p.row), sortedKeys(p.column)
	p.last = make([]lastBar, len(p.codes))
	p.traded = make([]int, len(p.days))
	p.fill(bars)
	p.fillExcess()
	for i, h := range Horizons {
		p.rates[i] = p.baseRate(h)
	}
	return p
}

// sortedKeys returns m's keys in order and sets each one's value to its place.
func sortedKeys[K market.Day | market.Code](m map[K]int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		m[k] = i
	}
	return keys
}

func (p *Panel) fill(bars []market.Bar) {
	width := len(p.codes)
	chosen := make([]int, len(p.days)*width) // index into bars, plus one
	for i := range bars {
		cell := &chosen[p.row[bars[i].Day]*width+p.column[bars[i].Code]]
		if *cell == 0 || !bars[i].KnownAt.Before(bars[*cell-1].KnownAt) {
			*cell = i + 1
		}
	}
	p.adjusted = make([]float64, len(chosen))
	for r := range p.days {
		cells := chosen[r*width : (r+1)*width]
		volumes := givesVolumes(bars, cells)
		for c, at := range cells {
			if at == 0 || bars[at-1].Close <= 0 || volumes && bars[at-1].Volume == 0 {
				continue
			}
			bar := &bars[at-1]
			p.last[c] = lastBar{bar.Close, bar.Day}
			p.traded[r]++
			p.adjusted[r*width+c] = incomparable
			if a := bar.Adjusted(); a > 0 && !math.IsInf(a, 1) {
				p.adjusted[r*width+c] = a
			}
		}
	}
}

// givesVolumes reports whether at least half of a day's bars have a volume, so that a bar without one means something.
func givesVolumes(bars []market.Bar, cells []int) bool {
	with, all := 0, 0
	for _, at := range cells {
		if at == 0 {
			continue
		}
		all++
		if bars[at-1].Volume > 0 {
			with++
		}
	}
	return 2*with >= all && with > 0
}

func (p *Panel) fillExcess() {
	width := len(p.codes)
	p.excess = make([]float64, len(p.adjusted))
	for i := range p.excess {
		p.excess[i] = math.NaN()
	}
	for r := 1; r < len(p.days); r++ {
		m := p.mean(r-1, r)
		for c := range p.codes {
			if _, excess, void := p.move(m, c); void == "" {
				p.excess[r*width+c] = excess
			}
		}
	}
}

// crossSection is the sum of the returns of all stocks over one window, in percent.
type crossSection struct {
	base, target int // rows
	sum          float64
	stocks       int
}

func (p *Panel) mean(base, target int) crossSection {
	m := crossSection{base: base, target: target}
	for c := range p.codes {
		if ret, void := p.ret(base, target, c); void == "" {
			m.sum += ret
			m.stocks++
		}
	}
	return m
}

func (p *Panel) ret(base, target, c int) (pct float64, void string) {
	from, to := p.adjusted[base*len(p.codes)+c], p.adjusted[target*len(p.codes)+c]
	switch {
	case from == notTraded || to == notTraded:
		return 0, VoidHalted
	case from == incomparable || to == incomparable:
		return 0, VoidCorporateAction
	}
	return market.ReturnPct(from, to), ""
}

// move returns a stock's return over m's window, and the part of it that the mean of the other stocks does not have.
func (p *Panel) move(m crossSection, c int) (ret, excess float64, void string) {
	ret, void = p.ret(m.base, m.target, c)
	switch {
	case void != "":
		return 0, 0, void
	case m.stocks-1 < MinPanel:
		return 0, 0, VoidThinPanel
	}
	return ret, ret - (m.sum-ret)/float64(m.stocks-1), ""
}

// Days returns the panel's trading days, ascending: those on which any stock has a bar.
func (p *Panel) Days() []market.Day { return slices.Clone(p.days) }

// LastDay returns the panel's last day, the zero Day for an empty panel.
func (p *Panel) LastDay() market.Day {
	if len(p.days) == 0 {
		return 0
	}
	return p.days[len(p.days)-1]
}
