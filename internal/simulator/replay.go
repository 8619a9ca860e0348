package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
)

// lead is how long before its first article a replay begins.
const lead = time.Minute

// Replay is an archive folder played back: each article becomes visible at its first_seen_at.
type Replay struct {
	start     time.Time
	items     []Item // by SeenAt, then by line
	companies []Company
	bars      map[market.Code][]market.Bar // by day
	indices   []archive.Index              // by day
	calendar  *market.Calendar
	refused   []error
}

// OpenArchive reads an archive folder. Of several lines with the same identity (a filing's receipt number, else source,
// press, title and time) the first one counts. Lines that cannot be used are told by Refused. It fails when the folder
// cannot be read or holds no usable article.
func OpenArchive(dir string) (*Replay, error) {
	folder, err := archive.Open(dir)
	if err != nil {
		return nil, err
	}
	r := &Replay{bars: map[market.Code][]market.Bar{}, calendar: market.NewCalendar()}
	if err := errors.Join(r.readCompanies(folder), r.readBars(folder), r.readIndices(folder)); err != nil {
		return nil, err
	}
	if err := r.readArticles(folder); err != nil {
		return nil, err
	}
	if len(r.items) == 0 {
		return nil, fmt.Errorf("simulator: archive %s has no usable article", dir)
	}
	r.start = r.items[0].SeenAt.Add(-lead)
	return r, nil
}

func (r *Replay) refuse(e *archive.LineError) { r.refused = append(r.refused, e) }

func (r *Replay) readCompanies(folder archive.Folder) error {
	_, err := folder.Stocks(archive.Sink[archive.Stock]{Refuse: r.refuse, Take: func(s archive.Stock, _ archive.Place) error {
		r.companies = append(r.companies, Company{Code: s.Code, Name: s.Name, Market: cmp.Or(s.Market, "KOSPI"), Priority: s.Priority})
		return nil
	}})
	if !slices.ContainsFunc(r.companies, func(c Company) bool { return c.Halted || c.Code == haltedCompany().Code }) {
		r.companies = append(r.companies, haltedCompany())
	}
	slices.SortFunc(r.companies, func(a, b Company) int { return cmp.Compare(a.Code, b.Code) })
	return err
}

func (r *Replay) readBars(folder archive.Folder) error {
	_, err := folder.Bars(archive.Sink[archive.Bar]{Refuse: r.refuse, Take: func(b archive.Bar, _ archive.Place) error {
		for _, p := range []*int64{&b.Open, &b.High, &b.Low} {
			if *p == 0 {
				*p = b.Close
			}
		}
		r.bars[b.Code] = append(r.bars[b.Code], b)
		return nil
	}})
	for _, bars := range r.bars {
		slices.SortStableFunc(bars, func(a, b market.Bar) int { return cmp.Compare(a.Day, b.Day) })
	}
	return err
}

func (r *Replay) readIndices(folder archive.Folder) error {
	_, err := folder.Indices(archive.Sink[archive.Index]{Refuse: r.refuse, Take: func(x archive.Index, _ archive.Place) error {
		r.indices = append(r.indices, x)
		return nil
	}})
	slices.SortStableFunc(r.indices, func(a, b archive.Index) int { return cmp.Compare(a.Day, b.Day) })
	return err
}

func (r *Replay) readArticles(folder archive.Folder) error {
	known := map[string]bool{}
	find := func(name string) Company { return companyNamed(r.companies, name) }
	_, err := folder.Articles(archive.Sink[archive.Article]{Refuse: r.refuse, Take: func(a archive.Article, _ archive.Place) error {
		item := newItem(a, find)
		if known[item.ID] {
			return nil
		}
		known[item.ID] = true
		switch {
		case a.Source == "hankyung" || a.Source == "maeil":
			item.Feed = a.Source
		case strings.Contains(a.Link(), "hankyung.com/") || a.Press == "한국경제":
			item.Feed = "hankyung"
		}
		r.items = append(r.items, item)
		return nil
	}})
	slices.SortStableFunc(r.items, func(a, b Item) int { return a.SeenAt.Compare(b.SeenAt) })
	return err
}

// Refused returns the lines that were passed over, as "file:line: why".
func (r *Replay) Refused() []error { return r.refused }

// Start returns the minute before the first article.
func (r *Replay) Start() time.Time { return r.start }

// FeedSize returns 0: the wire lists everything.
func (r *Replay) FeedSize() int { return 0 }

// Companies returns the archive's stocks and one halted company.
func (r *Replay) Companies() []Company { return r.companies }

// Items returns the articles first seen at or before now.
func (r *Replay) Items(now time.Time) ([]Item, error) { return visible(r.items, now), nil }

// Bars returns the archive's closes up to now.
func (r *Replay) Bars(code market.Code, now time.Time) ([]market.Bar, error) {
	return closedBars(r.calendar, r.bars[code], now)
}

// Bar returns the archive's bar of a day that has begun.
func (r *Replay) Bar(code market.Code, day market.Day, now time.Time) (market.Bar, bool, error) {
	b, ok := findBar(r.bars[code], day)
	return b, ok && day <= market.DayOf(now), nil
}

// Indices returns the archive's levels up to now.
func (r *Replay) Indices(now time.Time) ([]archive.Index, error) {
	return begunIndices(r.indices, now), nil
}

// begunIndices returns the head of indices, ordered by day, whose days have begun.
func begunIndices(indices []archive.Index, now time.Time) []archive.Index {
	today := market.DayOf(now)
	n := sort.Search(len(indices), func(i int) bool { return indices[i].Day > today })
	return indices[:n:n]
}

// visible returns the head of items, ordered by SeenAt, that may be seen at now.
func visible(items []Item, now time.Time) []Item {
	n := sort.Search(len(items), func(i int) bool { return items[i].SeenAt.After(now) })
	return items[:n:n]
}

// closedBars returns the head of bars, ordered by day, whose sessions were over at now.
func closedBars(calendar *market.Calendar, bars []market.Bar, now time.Time) ([]market.Bar, error) {
	today := market.DayOf(now)
	n := sort.Search(len(bars), func(i int) bool { return bars[i].Day >= today })
	if n < len(bars) && bars[n].Day == today {
		session, open, err := calendar.SessionOf(today)
		if err != nil {
			return nil, err
		}
		if open && !now.Before(session.Close) {
			n++
		}
	}
	return bars[:n:n], nil
}
