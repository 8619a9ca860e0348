package simulator

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"tickerwire/internal/archive"
	"tickerwire/internal/market"
	"tickerwire/internal/news"
)

// WriteArchive writes the market's past, everything known before its start, as an archive folder: articles, the bars
// and index levels of sessions that were over, and the companies.
func (m *Market) WriteArchive(dir string) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, err := archive.Create(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	for _, a := range m.history {
		if err := w.Article(a); err != nil {
			return err
		}
	}
	today := market.DayOf(m.start)
	for _, c := range m.companies {
		bars, err := closedBars(m.calendar, m.bars[c.Code], m.start)
		if err != nil {
			return err
		}
		if err := writeCompany(w, c, bars); err != nil {
			return err
		}
	}
	for _, x := range m.indices {
		if x.Day < today {
			if err := w.Index(x); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeCompany(w *archive.Writer, c Company, bars []market.Bar) error {
	stock := archive.Stock{Stock: market.Stock{Code: c.Code, Name: c.Name, Priority: c.Priority, Active: true}, Market: c.Market}
	if err := w.Stock(stock); err != nil {
		return err
	}
	for _, b := range bars {
		if err := w.Bar(b); err != nil {
			return err
		}
	}
	return nil
}

// The shape of a generated archive.
const (
	generatedBefore = 30 // sessions of closes before the first article
	generatedDays   = 8  // calendar days with articles
	generatedAfter  = 3  // sessions of closes after the last article
)

// ArchiveOptions are the settings of a generated archive.
type ArchiveOptions struct {
	Seed     int64
	Articles int // lines of articles.ndjson, 1 to 5,000,000; 0 means 1,900
}

// WriteGenerated writes an archive of a given size to run tests on: 49 invented companies, articles over eight days
// from Monday, 2026-10-26 on, closes from six weeks before until three sessions after. Like a real one it repeats some
// filings, lacks addresses, and has times that are a day or the crawl's own. The same options make the same bytes.
func WriteGenerated(dir string, o ArchiveOptions) (err error) {
	if o.Articles == 0 {
		o.Articles = 1900
	}
	if o.Articles < 1 || o.Articles > 5_000_000 {
		return fmt.Errorf("simulator: %d articles: want 1 to 5000000", o.Articles)
	}
	w, err := archive.Create(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	calendar := market.NewCalendar()
	companies := listCompanies(o.Seed, len(inventedCompanies()))
	p := newPrices(o.Seed, calendar, companies)
	g := generator{w: w, seed: o.Seed, companies: companies, prices: p, teller: newTeller(), bars: map[market.Code][]market.Bar{}}
	first := market.NewDay(2026, time.October, 26)
	from, err := calendar.Add(first, -generatedBefore)
	if err != nil {
		return err
	}
	to, err := calendar.Add(first+generatedDays-1, generatedAfter)
	if err != nil {
		return err
	}
	for day := from; day <= to; day++ {
		quota := 0
		if i := int(day - first); i >= 0 && i < generatedDays {
			quota = o.Articles*(i+1)/generatedDays - o.Articles*i/generatedDays
		}
		if err := g.day(day, quota); err != nil {
			return err
		}
	}
	for _, c := range companies {
		if err := writeCompany(w, c, g.bars[c.Code]); err != nil {
			return err
		}
	}
	return nil
}

type generator struct {
	w         *archive.Writer
	seed      int64
	companies []Company
	prices    *prices
	teller    *teller
	bars      map[market.Code][]market.Bar
}

// day writes exactly quota lines and the day's index levels, and keeps its bars.
func (g *generator) day(day market.Day, quota int) error {
	open, err := g.prices.calendar.IsOpen(day)
	if err != nil {
		return err
	}
	lines, err := g.articles(day, open, quota)
	if err != nil {
		return err
	}
	for _, a := range lines {
		if err := g.w.Article(a); err != nil {
			return err
		}
	}
	if !open {
		return nil
	}
	bars, indices := g.prices.session(day)
	for _, b := range bars {
		g.bars[b.Code] = append(g.bars[b.Code], b)
	}
	for _, x := range indices {
		if err := g.w.Index(x); err != nil {
			return err
		}
	}
	return nil
}

func (g *generator) articles(day market.Day, open bool, quota int) ([]archive.Article, error) {
	r := source(g.seed, "generated", int(day))
	var lines []archive.Article
	for len(lines) < quota {
		kind, company := drawKind(r), pick(r, g.companies)
		at := pastTime(r, day, open)
		s := story{company: company, kind: kind, at: at, size: 0.6 + 0.8*r.Float64(), pace: [2]int{60, 1800}, lag: [2]int{30, 600},
			values: values(r, company, kind.kind, at)}
		if !g.prices.busy(company.Code) {
			if err := g.prices.tell(s); err != nil {
				return nil, err
			}
		}
		for _, a := range g.teller.tell(r, s) {
			a.FirstSeenAt = a.FirstSeenAt.Truncate(time.Second)
			switch {
			case a.Source == archive.SourceDART:
				for range r.IntN(6) {
					again := a
					again.FirstSeenAt = a.FirstSeenAt.Add(time.Duration(between(r, 60, 5400)) * time.Second)
					lines = append(lines, again)
				}
			case r.IntN(5) > 0: // a search result often names no address
				a.URL = ""
			}
			if a.Source == "maeil" && a.URL == "" {
				a.TimeQuality, a.PublishedAt = news.TimeCrawl, a.FirstSeenAt
			}
			lines = append(lines, a)
		}
	}
	lines = lines[:quota]
	slices.SortStableFunc(lines, func(a, b archive.Article) int { return a.FirstSeenAt.Compare(b.FirstSeenAt) })
	return lines, nil
}
