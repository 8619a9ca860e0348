package simulator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
)

const (
	historySessions = 150 // trading days of bars before the start
	quietSessions   = 20  // the first of them have no news, so that every story has a trailing volatility
	wireSize        = 2000
)

// MarketOptions are the settings of an invented market.
type MarketOptions struct {
	Seed  int64
	Start time.Time // when its live part begins; zero: 2026-11-23 10:00 KST
}

// DefaultStart is a Monday in session, well inside of the calendar.
func DefaultStart() time.Time { return market.NewDay(2026, time.November, 23).At(10, 0) }

// Market is an invented stock market: 42 companies, seven months of bars and news before its start, and a steady flow
// of news after it. Days are made one after another as the clock reaches them; what a day's stories do shows in the
// bars of that and the next sessions.
type Market struct {
	seed      int64
	start     time.Time
	calendar  *market.Calendar
	companies []Company

	mu      sync.Mutex
	prices  *prices
	teller  *teller
	live    *live
	made    market.Day // the last day that was made
	history []archive.Article
	pending []archive.Article // told already, to be seen on a later day
	items   []Item            // of the live part, by SeenAt
	bars    map[market.Code][]market.Bar
	indices []archive.Index
}

// NewMarket makes the market's past up to its start. It fails when the calendar does not cover that past.
func NewMarket(o MarketOptions) (*Market, error) {
	if o.Start.IsZero() {
		o.Start = DefaultStart()
	}
	m := &Market{seed: o.Seed, start: o.Start.In(market.KST), calendar: market.NewCalendar(), companies: listCompanies(o.Seed, marketCompanies),
		teller: newTeller(), bars: map[market.Code][]market.Bar{}}
	m.prices = newPrices(o.Seed, m.calendar, m.companies)
	m.live = newLive(o.Seed, m.start, m.companies)
	startDay := market.DayOf(m.start)
	first, err := m.calendar.Add(startDay, -historySessions)
	if err != nil {
		return nil, fmt.Errorf("simulator: the history before %s: %w", startDay, err)
	}
	m.made = first - 1
	for m.made < startDay {
		if err := m.nextDay(); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Start returns the instant at which the live part begins.
func (m *Market) Start() time.Time { return m.start }

// FeedSize returns 2,000: the live part never ends.
func (m *Market) FeedSize() int { return wireSize }

// Companies returns the 42 companies and one halted one.
func (m *Market) Companies() []Company { return append(slices.Clone(m.companies), haltedCompany()) }

// Items returns the live part's items up to now. What came before the start is history: WriteArchive.
func (m *Market) Items(now time.Time) ([]Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.reach(now); err != nil {
		return nil, err
	}
	return visible(m.items, now), nil
}

// Bars returns a company's bars up to now, history included.
func (m *Market) Bars(code market.Code, now time.Time) ([]market.Bar, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.reach(now); err != nil {
		return nil, err
	}
	return closedBars(m.calendar, m.bars[code], now)
}

// Bar returns a company's bar of a day that has begun.
func (m *Market) Bar(code market.Code, day market.Day, now time.Time) (market.Bar, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.reach(now); err != nil {
		return market.Bar{}, false, err
	}
	b, ok := findBar(m.bars[code], day)
	return b, ok && day <= market.DayOf(now), nil
}

// Indices returns the levels of the days that have begun, history included.
func (m *Market) Indices(now time.Time) ([]archive.Index, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.reach(now); err != nil {
		return nil, err
	}
	return begunIndices(m.indices, now), nil
}

// reach makes all days up to the one of now.
func (m *Market) reach(now time.Time) error {
	for day := market.DayOf(now); m.made < day; {
		if err := m.nextDay(); err != nil {
			return err
		}
	}
	return nil
}

// nextDay makes one calendar day: its stories, and its bars when it has a session. A bar is made together with the
// stories that move it and is served only after its close.
func (m *Market) nextDay() error {
	day := m.made + 1
	open, err := m.calendar.IsOpen(day)
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	var stories []story
	if day <= market.DayOf(m.start) && m.prices.sessions >= quietSessions {
		stories = slices.DeleteFunc(m.pastStories(day, open), func(s story) bool { return !s.at.Before(m.start) })
	}
	r := source(m.seed, "telling", int(day))
	told := m.pending
	for _, s := range stories {
		told = append(told, m.teller.tell(r, s)...)
	}
	if day >= market.DayOf(m.start) {
		liveStories, filings := m.live.day(day, m.teller)
		told = append(told, filings...)
		for _, s := range liveStories {
			told = append(told, m.teller.tell(r, s)...)
		}
		stories = append(stories, liveStories...)
	}
	for _, s := range stories {
		if err := m.prices.tell(s); err != nil {
			return fmt.Errorf("simulator: %w", err)
		}
	}
	m.keep(told, (day+1).At(0, 0))
	if open {
		bars, indices := m.prices.session(day)
		for _, b := range bars {
			m.bars[b.Code] = append(m.bars[b.Code], b)
		}
		m.indices = append(m.indices, indices...)
	}
	m.made = day
	return nil
}

// keep sorts a day's articles by when they are seen, into history or the live part; those of a later day wait.
func (m *Market) keep(told []archive.Article, end time.Time) {
	slices.SortStableFunc(told, func(a, b archive.Article) int { return a.FirstSeenAt.Compare(b.FirstSeenAt) })
	m.pending = nil
	find := func(name string) Company { return companyNamed(m.companies, name) }
	for _, a := range told {
		switch {
		case !a.FirstSeenAt.Before(end):
			m.pending = append(m.pending, a)
		case a.FirstSeenAt.Before(m.start):
			m.history = append(m.history, a)
		default:
			item := newItem(a, find)
			for _, o := range outlets() {
				if o.name == a.Press {
					item.Feed = o.feed
				}
			}
			m.items = append(m.items, item)
		}
	}
}

// pastStories draws the stories of a day of history. A company whose price is still being moved has none of a moving
// kind, so that most outcomes have one cause.
func (m *Market) pastStories(day market.Day, open bool) []story {
	r := source(m.seed, "stories", int(day))
	count := between(r, 6, 9)
	if !open {
		count = between(r, 0, 2)
	}
	taken := map[market.Code]bool{}
	var out []story
	for range count {
		kind := drawKind(r)
		company := pick(r, m.companies)
		for try := 0; try < 20 && (taken[company.Code] || kind.moves() && m.prices.busy(company.Code)); try++ {
			company = pick(r, m.companies)
		}
		taken[company.Code] = true
		at := pastTime(r, day, open)
		out = append(out, story{company: company, kind: kind, at: at, size: 0.6 + 0.8*r.Float64(), pace: [2]int{180, 3600}, lag: [2]int{30, 300},
			values: values(r, company, kind.kind, at)})
	}
	return out
}

func drawKind(r *rand.Rand) kindRow {
	table := kindTable()
	at := r.IntN(100)
	for _, row := range table {
		if at < row.weight {
			return row
		}
		at -= row.weight
	}
	return table[len(table)-1]
}

// pastTime draws when a story is seen first, to the second: before the session, within it or after it.
func pastTime(r *rand.Rand, day market.Day, open bool) time.Time {
	from, to := 10*60, 18*60 // minutes of a closed day
	if open {
		switch p := r.Float64(); {
		case p < .35:
			from, to = 7*60, 9*60
		case p < .80:
			from, to = 9*60, 15*60+30
		default:
			from, to = 15*60+31, 19*60
		}
	}
	return day.At(0, 0).Add(time.Duration(from*60+r.IntN((to-from)*60)) * time.Second)
}
