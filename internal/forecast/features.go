package forecast

import (
	"math"
	"slices"

	"tickerwire/internal/fault"
	"tickerwire/internal/market"
)

// ExcessPct returns the stock's return from base's close to target's, and its excess over the equal-weight mean of the
// other stocks that have both closes, in percent. A day that the panel lacks is Unavailable; a stock it lacks, one
// without a comparable close on both days, or fewer than MinPanel others is NotFound with the void reason.
func (p *Panel) ExcessPct(code market.Code, base, target market.Day) (ret, excess float64, err error) {
	for _, day := range []market.Day{base, target} {
		if _, ok := p.row[day]; !ok {
			return 0, 0, fault.New(fault.Unavailable, "panel has no bars of %s", day)
		}
	}
	ret, excess, void := p.window(code, base, target)
	if void != "" {
		return 0, 0, fault.New(fault.NotFound, "excess return of %s from %s to %s: %s", code, base, target, void)
	}
	return ret, excess, nil
}

// window is ExcessPct over two days that the panel has.
func (p *Panel) window(code market.Code, base, target market.Day) (ret, excess float64, void string) {
	c, ok := p.column[code]
	if !ok {
		return 0, 0, VoidHalted
	}
	return p.move(p.mean(p.row[base], p.row[target]), c)
}

// SigmaPct returns the sample standard deviation of the stock's one-day excess returns over the last 20 panel days up
// to and including at, in percent; 0 when fewer than 10 of them have a return.
func (p *Panel) SigmaPct(code market.Code, at market.Day) float64 {
	c, ok := p.column[code]
	if !ok {
		return 0
	}
	end, found := slices.BinarySearch(p.days, at)
	if found {
		end++
	}
	var values [sigmaDays]float64
	n, sum := 0, 0.0
	for r := max(0, end-sigmaDays); r < end; r++ {
		if v := p.excess[r*len(p.codes)+c]; !math.IsNaN(v) {
			values[n] = v
			sum += v
			n++
		}
	}
	if n < sigmaMin {
		return 0
	}
	squares := 0.0
	for _, v := range values[:n] {
		squares += (v - sum/float64(n)) * (v - sum/float64(n))
	}
	return math.Sqrt(squares / float64(n-1))
}

// BaseRate returns the share of positive h-day excess returns, 0..1, and on how many days (windows' ends) it rests.
// A day counts once, however many stocks it has, and ten pseudo-days pull the rate towards .45, which is also the
// answer of a panel with no window in it.
func (p *Panel) BaseRate(h int) (rate float64, days int) {
	if i := slices.Index(Horizons[:], h); i >= 0 {
		return p.rates[i].rate, p.rates[i].days
	}
	b := p.baseRate(h)
	return b.rate, b.days
}

func (p *Panel) baseRate(h int) baseRate {
	shares, days := 0.0, 0
	for r := h; h > 0 && r < len(p.days); r++ {
		m := p.mean(r-h, r)
		if m.stocks-1 < MinPanel {
			continue
		}
		up := 0
		for c := range p.codes {
			if _, excess, void := p.move(m, c); void == "" && excess > 0 {
				up++
			}
		}
		shares += float64(up) / float64(m.stocks)
		days++
	}
	return baseRate{(shares + priorDays*priorRate) / float64(days+priorDays), days}
}

// Features returns what models are told of the stock: base rates of all Horizons, sigma as of the panel's last day,
// the stock's last raw close in won and its day. For a stock that the panel lacks only the base rates are set.
func (p *Panel) Features(code market.Code) Features {
	f := Features{BaseRate: make(map[int]float64, len(Horizons)), PanelDays: p.rates[0].days, PanelStock: len(p.codes)}
	for i, h := range Horizons {
		f.BaseRate[h] = p.rates[i].rate
	}
	if c, ok := p.column[code]; ok {
		f.SigmaPct = p.SigmaPct(code, p.LastDay())
		f.LastClose, f.LastDay = p.last[c].close, p.last[c].day
	}
	return f
}
