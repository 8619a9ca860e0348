package simulator

import (
	"math"
	"math/rand/v2"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
)

const (
	marketMean, marketNoise = 0.03, 0.9 // of the one common factor, percent a day
	ownNoise                = 1.2       // of each stock alone, percent a day
	mostEffect              = 8.0       // stories move a stock by no more than this a day, percent
)

// prices is the state of all prices after the last day that was made. Each day's return of a stock is its beta times
// the common factor, noise of its own, and what the stories of this and the last days do.
type prices struct {
	seed     int64
	calendar *market.Calendar
	stocks   []priced
	sessions int                // made so far
	number   map[market.Day]int // which session a day was
	moving   []effect           // of stories whose horizon is not over
	levels   map[string]float64 // of the indices
}

type priced struct {
	company Company
	beta    float64
	close   int64
	usual   float64 // shares on a quiet day
}

// effect is a story's influence on one stock.
type effect struct {
	stock     int
	base      market.Day
	inSession bool
	jump      float64
	drift     [horizon]float64
}

func newPrices(seed int64, calendar *market.Calendar, companies []Company) *prices {
	r := source(seed, "stocks", 0)
	p := &prices{seed: seed, calendar: calendar, number: map[market.Day]int{}, levels: map[string]float64{"KOSPI": 2900, "KOSDAQ": 850, "KOSPI200": 390}}
	for _, c := range companies {
		start := math.Exp(9 + 3.2*r.Float64()) // 8,100 to 200,000 won
		p.stocks = append(p.stocks, priced{company: c, beta: 0.6 + 0.8*r.Float64(), close: toTick(start), usual: math.Exp(10 + 3*r.Float64())})
	}
	return p
}

// tell takes a story into account. It must come before the bar of the day in which the story breaks is made.
func (p *prices) tell(s story) error {
	if !s.kind.moves() {
		return nil
	}
	base, err := p.calendar.BaseDay(s.at)
	if err != nil {
		return err
	}
	phase, err := p.calendar.PhaseAt(s.at)
	if err != nil {
		return err
	}
	e := effect{base: base, inSession: phase == market.InSession, jump: s.kind.jump * s.size, drift: s.kind.drift}
	for i := range p.stocks {
		if p.stocks[i].company.Code == s.company.Code {
			e.stock = i
		}
	}
	for i := range e.drift {
		e.drift[i] *= s.size
	}
	p.moving = append(p.moving, e)
	return nil
}

// busy reports whether a story still moves the company's price on a later day.
func (p *prices) busy(code market.Code) bool {
	for _, e := range p.moving {
		if p.stocks[e.stock].company.Code == code {
			return true
		}
	}
	return false
}

// session makes the bars and index levels of the next trading day.
func (p *prices) session(day market.Day) ([]market.Bar, []archive.Index) {
	r := source(p.seed, "bars", int(day))
	p.number[day] = p.sessions
	p.sessions++
	effects := p.effects(day)
	factor := marketMean + marketNoise*r.NormFloat64()
	bars := make([]market.Bar, len(p.stocks))
	for i := range p.stocks {
		s := &p.stocks[i]
		move := s.beta*factor + ownNoise*r.NormFloat64() + max(-mostEffect, min(mostEffect, effects[i]))
		bars[i] = s.bar(r, day, max(-29.5, min(29.5, move)))
		s.close = bars[i].Close
	}
	return bars, p.indices(r, day, factor)
}

// effects sums up what stories do to each stock on a day and forgets those that are over.
func (p *prices) effects(day market.Day) []float64 {
	sums := make([]float64, len(p.stocks))
	kept := p.moving[:0]
	for _, e := range p.moving {
		base, known := p.number[e.base]
		after := p.number[day] - base
		switch {
		case e.base == day && e.inSession:
			sums[e.stock] += e.jump
		case e.base == day || !known:
		case after <= horizon:
			sums[e.stock] += e.drift[after-1]
		}
		if after < horizon {
			kept = append(kept, e)
		}
	}
	p.moving = kept
	return sums
}

// bar makes a day that ends move percent away from the last close.
func (s *priced) bar(r *rand.Rand, day market.Day, move float64) market.Bar {
	before := float64(s.close)
	end := before * (1 + move/100)
	start := before + (end-before)*r.Float64()*0.5
	wick := before * 0.006
	b := market.Bar{Code: s.company.Code, Day: day, AdjFactor: 1, Source: "simulated", Open: toTick(start), Close: toTick(end),
		High: toTick(max(start, end) + wick*r.ExpFloat64()), Low: toTick(max(100, min(start, end)-wick*r.ExpFloat64())),
		Volume: int64(s.usual * (0.6 + math.Abs(move)/2) * math.Exp(0.3*r.NormFloat64()))}
	b.High, b.Low = max(b.High, b.Open, b.Close), min(b.Low, b.Open, b.Close)
	return b
}

func (p *prices) indices(r *rand.Rand, day market.Day, factor float64) []archive.Index {
	var out []archive.Index
	for _, name := range []string{"KOSPI", "KOSDAQ", "KOSPI200"} {
		before := p.levels[name]
		end := before * (1 + (factor+0.2*r.NormFloat64())/100)
		start := before + (end-before)*r.Float64()*0.5
		p.levels[name] = end
		out = append(out, archive.Index{Name: name, Day: day, Open: start, Close: end,
			High: max(start, end) * (1 + 0.002*r.Float64()), Low: min(start, end) * (1 - 0.002*r.Float64())})
	}
	return out
}

// toTick rounds a price to the exchange's tick, at least 100 won.
func toTick(price float64) int64 {
	tick := 1000.0
	for _, t := range []struct{ below, tick float64 }{{2_000, 1}, {5_000, 5}, {20_000, 10}, {50_000, 50}, {200_000, 100}, {500_000, 500}} {
		if price < t.below {
			tick = t.tick
			break
		}
	}
	return int64(max(100, math.Round(price/tick)*tick))
}
