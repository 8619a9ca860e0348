package forecast

import (
	"math"
	"slices"

	"tickerwire/internal/market"
)

// What a panel's figures rest on.
const (
	MinPanel = 30 // other stocks with both closes that an excess return needs

	sigmaDays = 20 // trailing days of a sigma
	sigmaMin  = 10 // of which so many must have a return
	priorRate = 0.45
	priorDays = 10   // pseudo-days that pull a base rate towards priorRate
	notTraded = 0    // in Panel.adjusted: no bar, or one without a trade
	breakPct  = 30.5 // no trading moves an adjusted close further: the price limit of 30 %, and half a percent for a tick
)

// Panel is the daily closes of all tracked stocks, days by stocks, with everything that models ask of it worked out
// when it is made. It never changes afterwards and is safe for concurrent use. It sees exactly the bars it was made
// from: whoever makes one chooses the versions that were known by his as_of.
type Panel struct {
	days     []market.Day // ascending; the days on which any stock has a bar
	codes    []market.Code
	row      map[market.Day]int
	column   map[market.Code]int
	adjusted []float64 // [row*len(codes)+column], won; notTraded where there is no close
	breaks   []int     // like adjusted: how often the stock's closes had ceased to compare up to and including the day
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
// halted stock: the exchange repeats the old close, which is no price. Where a stock's adjusted close lies further from
// its last one than the price limit allows, something other than trading moved it, a split say: closes before and after
// do not compare, and no return spans that day. A stock's first day has none before it.
func NewPanel(bars []market.Bar) *Panel {
	p := &Panel{row: make(map[market.Day]int), column: make(map[market.Code]int)}
	for i := range bars {
		p.row[bars[i].Day], p.column[bars[i].Code] = 0, 0
	}
	p.days, p.codes = sortedKeys(p.row), sortedKeys(p.column)
	p.last = make([]lastBar, len(p.codes))
	p.traded = make([]int, len(p.days))
	p.fill(bars)
	p.fillBreaks()
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
			if at == 0 || bars[at-1].Adjusted() <= 0 || volumes && bars[at-1].Volume == 0 {
				continue
			}
			bar := &bars[at-1]
			p.last[c] = lastBar{bar.Close, bar.Day}
			p.traded[r]++
			p.adjusted[r*width+c] = bar.Adjusted()
		}
	}
}

func (p *Panel) fillBreaks() {
	width := len(p.codes)
	p.breaks = make([]int, len(p.adjusted))
	before := make([]float64, width) // the last close, notTraded before the first
	count := make([]int, width)
	for i, a := range p.adjusted {
		c := i % width
		if a != notTraded {
			if before[c] != notTraded && math.Abs(market.ReturnPct(before[c], a)) > breakPct {
				count[c]++
			}
			before[c] = a
		}
		p.breaks[i] = count[c]
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
	from, to := base*len(p.codes)+c, target*len(p.codes)+c
	switch {
	case p.breaks[from] != p.breaks[to]:
		return 0, VoidCorporateAction
	case p.adjusted[from] == notTraded || p.adjusted[to] == notTraded:
		return 0, VoidHalted
	}
	return market.ReturnPct(p.adjusted[from], p.adjusted[to]), ""
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
