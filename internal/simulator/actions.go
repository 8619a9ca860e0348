package simulator

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"tickerwire/internal/market"
)

// actions is a world with what is announced while it runs: stock splits, and holidays at short notice. Both are made
// through the controls and show wherever prices do.
type actions struct {
	World
	calendar *market.Calendar

	mu       sync.Mutex
	splits   map[market.Code][]split
	holidays []market.OpenDay
}

// split is one share becoming several at the beginning of a day.
type split struct {
	day  market.Day
	into int64
}

func newActions(world World) *actions {
	return &actions{World: world, calendar: market.NewCalendar(), splits: map[market.Code][]split{}}
}

// split announces that each share becomes that many on a day.
func (a *actions) split(code market.Code, day market.Day, into int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.splits[code] = append(a.splits[code], split{day, into})
}

// close announces that the exchange stays closed on a day.
func (a *actions) close(day market.Day) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.holidays = append(a.holidays, market.OpenDay{Day: day})
	a.calendar.Lay(a.holidays)
}

// none reports whether nothing was announced.
func (a *actions) none() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.splits) == 0 && len(a.holidays) == 0
}

// divisor returns by how much the splits from a day on up to another, that one included, thin out a share.
func (a *actions) divisor(code market.Code, after, upTo market.Day) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	by := int64(1)
	for _, s := range a.splits[code] {
		if s.day > after && s.day <= upTo {
			by *= s.into
		}
	}
	return by
}

// Bars returns the bars as they were traded: after a split, of thinner shares. A day that was closed has none.
func (a *actions) Bars(code market.Code, now time.Time) ([]market.Bar, error) {
	bars, err := a.World.Bars(code, now)
	if err != nil || a.none() {
		return bars, err
	}
	shown := slices.Clone(bars)
	for i, b := range shown {
		shown[i] = thinned(b, a.divisor(code, 0, b.Day))
	}
	shown = slices.DeleteFunc(shown, func(b market.Bar) bool {
		open, err := a.calendar.IsOpen(b.Day)
		return err == nil && !open
	})
	return shown, nil
}

// Bar returns the bar of a day that may be in trade, whole; false when there is none.
func (a *actions) Bar(code market.Code, day market.Day, now time.Time) (market.Bar, bool, error) {
	b, ok, err := a.World.Bar(code, day, now)
	if open, closed := a.calendar.IsOpen(day); closed == nil && !open {
		return market.Bar{}, false, err
	}
	return thinned(b, a.divisor(code, 0, day)), ok, err
}

func thinned(b market.Bar, by int64) market.Bar {
	if by > 1 {
		for _, price := range []*int64{&b.Open, &b.High, &b.Low, &b.Close} {
			*price = max(1, (*price+by/2)/by)
		}
		b.Volume *= by
	}
	return b
}

// findBar returns the bar of a day from bars that are ordered by day.
func findBar(bars []market.Bar, day market.Day) (market.Bar, bool) {
	i, ok := slices.BinarySearchFunc(bars, day, func(b market.Bar, d market.Day) int { return int(b.Day - d) })
	if !ok {
		return market.Bar{}, false
	}
	return bars[i], true
}

// controlSplit announces a split: PUT /_sim/splits/900001 {"day": "2026-11-25", "into": 5}.
func (s *Server) controlSplit(r *request, text string) answer {
	var in struct {
		Day  string `json:"day"`
		Into int64  `json:"into"`
	}
	code, err := market.ParseCode(text)
	if err == nil {
		err = decode(r.body, &in)
	}
	day, errDay := market.ParseDay(in.Day)
	if err != nil || errDay != nil || in.Into < 2 || in.Into > 1000 {
		return refuse(400, fmt.Sprintf("PUT a day and into, 2 to 1000, for a code: %v %v", err, errDay))
	}
	s.world.split(code, day, in.Into)
	return told(in)
}

// controlHoliday closes the exchange on a day: PUT /_sim/holidays/2026-11-25.
func (s *Server) controlHoliday(text string) answer {
	day, err := market.ParseDay(text)
	if err != nil {
		return refuse(400, err.Error())
	}
	s.world.close(day)
	return told(map[string]string{"closed": day.String()})
}
